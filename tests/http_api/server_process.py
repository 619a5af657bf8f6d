"""A real server on a port of its own, ended by its id."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent
_SECONDS = 60


@dataclass(frozen=True)
class ServerProcess:
    url: str
    process: subprocess.Popen[str]

    def kill(self) -> None:
        """As the kernel does it: nothing can be cleaned up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(_SECONDS)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Asks it to stop; its exit code."""
        self.process.send_signal(how)
        return self.process.wait(_SECONDS)


def environment() -> dict[str, str]:
    """Of commands under test: their components are found, and nothing of this process's settings."""
    known = {name: value for name, value in os.environ.items() if not name.startswith(("FLOW_COMPILER_", "STEPFLOW_"))}
    return known | {"PYTHONPATH": str(_HERE)}


def compiler(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).parent / "flow-compiler"), *arguments]


@contextmanager
def server(home: Path, *arguments: str, **variables: str) -> Iterator[ServerProcess]:
    """Serves until the block ends, at the latest."""
    options = ("--port", "0", "--home", str(home), "--module", "served_steps", *arguments)
    process = subprocess.Popen(
        compiler("serve", *options), env=environment() | variables, stdout=subprocess.PIPE, stderr=None, text=True
    )
    try:
        yield ServerProcess(_printed_url(process), process)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(_SECONDS)
        assert process.stdout is not None
        process.stdout.close()


def _printed_url(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], _SECONDS)
    line = process.stdout.readline().strip() if ready else ""
    assert line.startswith("http://"), f"the server printed {line!r}"
    return line


def until(condition: object, what: str) -> None:
    """Waits for something that another process does; fails when it does not."""
    assert callable(condition)
    deadline = time.monotonic() + _SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.01)
