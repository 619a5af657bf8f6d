"""A worker that does one thing wrong, or one thing at a given moment: ``scripted.py WHAT``."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

HELLO: dict[str, Any] = {"type": "hello", "protocol": 1, "maxCalls": 8}


def tell(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


def served(*paths: str, **more: Any) -> dict[str, Any]:
    return {**HELLO, "components": [{"path": path, **more} for path in paths]}


def calls() -> Any:
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] in ("call", "cancel"):
            yield message


def main(what: str, *rest: str) -> None:
    sys.stdin.readline()  # the engine's hello
    if what == "silent":
        sys.stdin.read()
    elif what == "exits":
        sys.exit("no licence for this host")
    elif what == "noise":
        print("Loading model…", flush=True)
        sys.stdin.read()
    elif what == "old":
        tell({**served("/a"), "protocol": 0})
    elif what == "hello":
        tell({**HELLO, "components": json.loads(rest[0])})
        sys.stdin.read()
    elif what == "noisy":
        tell(served("/a"))
        for _ in calls():
            print("progress: 10 %", flush=True)
    elif what == "endless_line":
        tell(served("/a"))
        for _ in calls():
            sys.stdout.write("x" * (17 << 20))
            sys.stdout.flush()
    elif what == "dies":
        tell(served("/a"))
        for _ in calls():
            os.kill(os.getpid(), signal.SIGKILL)
    elif what == "changes":  # another version each time it is started
        tell(served("/a", version=str(os.getpid())))
        for _ in calls():
            os._exit(1)
    elif what == "waits":  # answers nothing; says in a named pipe that it has a call, and that it was cancelled
        tell(served("/a"))
        with Path(rest[0]).open("w") as pipe:
            for message in calls():
                print(message["type"], file=pipe, flush=True)
    elif what == "stubborn":  # ends neither at the end of its input nor when it is asked to; has a child
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        ignore = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.pause()"
        child = subprocess.Popen([sys.executable, "-c", ignore])
        tell(served("/a"))
        for message in calls():
            tell({"type": "result", "id": message["id"], "result": [os.getpid(), child.pid]})
        while True:
            signal.pause()
    elif what == "leaves_a_child":  # dies, while a child of it keeps its streams open
        tell(served("/a"))
        for _ in calls():
            subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
            os.kill(os.getpid(), signal.SIGKILL)
    elif what == "floods":
        tell(served("/a"))
        for message in calls():
            for number in range(20_000):
                print(f"line {number}", file=sys.stderr)
            tell({"type": "result", "id": message["id"], "result": None})
    elif what == "asks":  # one request for each call, as the input says
        tell(served("/a"))
        for line in sys.stdin:
            message = json.loads(line)
            if message["type"] == "call":
                tell({"type": "request", "id": "r", "call": message["id"], **message["input"]})
                current = message["id"]
            elif message["type"] == "reply":
                tell({"type": "result", "id": current, "result": message.get("result") or message["error"]["error"]})


if __name__ == "__main__":
    main(*sys.argv[1:])
