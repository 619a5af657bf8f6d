"""A worker process: ``python worker.py answer|hold|die VALUE``. It says that it has begun; one that holds ends when whoever
started it has gone."""

import json
import os
import signal
import sys

does, value = sys.argv[1:]
print("begun", flush=True)
if does == "die":
    os.kill(os.getpid(), signal.SIGKILL)
if does == "hold":
    sys.stdin.read()
print(json.dumps({"worker": json.loads(value)}))
