"""Module-level functions that the tests run in workers (imported there by name)."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from stepflow_assets.errors import DocumentDamaged


def pid() -> int:
    return os.getpid()


def add(left: int, right: int) -> int:
    return left + right


def take(bytes: int) -> int:
    return len(bytearray(bytes))


def environment(name: str) -> str | None:
    return os.environ.get(name)


def hang(_: object = None) -> None:
    """A native loop that no signal handler interrupts would look the same to the parent."""
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    while True:
        time.sleep(3600)


def die(signal_number: int) -> None:
    os.kill(os.getpid(), signal_number)


def damaged() -> None:
    raise DocumentDamaged("the cross-reference table is cut off", next_step="Fetch it again.")


def leak_text() -> None:
    raise ValueError("secret words of the document")


class Unpicklable(Exception):
    def __init__(self, left: int, right: int) -> None:
        super().__init__("cannot be rebuilt from its arguments")


def unpicklable() -> None:
    raise Unpicklable(1, 2)


def wait_for(file: str) -> int:
    """Announce this process beside ``file`` and wait until ``file`` exists."""
    Path(file).with_suffix(".started").write_text(str(os.getpid()))
    while not Path(file).exists():
        time.sleep(0.01)
    return os.getpid()


def announced(file: str) -> int:
    """The pid that :func:`wait_for` announced beside ``file``."""
    started = Path(file).with_suffix(".started")
    while not (started.exists() and started.read_text()):
        time.sleep(0.01)
    return int(started.read_text())


def sigint_is_ignored() -> bool:
    return signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def fail_to_start() -> None:
    os._exit(3)
