"""A file per run that says whether anybody works on it: locked while an op of the run lives, free when it died.

The operating system releases the lock of a killed process, so nothing has to be cleaned up. Several holders share the
lock: the ops of a run, and whoever started it. It serves runs on this host only.
"""

from __future__ import annotations

import fcntl
import os
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

_WIDTH = 32  # bytes, written in place: letting go, and saying that a run broke, need no room on a full disk


class RunLock:
    """Held for as long as somebody works on the run: ``with RunLock(folder, run_id): …``."""

    def __init__(self, folder: Path, run_id: str) -> None:
        self._path = folder / run_id
        self._file: int | None = None
        self._left = ""

    def __enter__(self) -> RunLock:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        fcntl.flock(self._file, fcntl.LOCK_SH)
        pid = str(os.getpid())
        # Whoever started the run in this process holds it still when an op of it lets go.
        self._left = pid if _read(self._file) == pid else ""
        _write(self._file, pid)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._file is not None
        _write(self._file, self._left)  # let go in order: whoever finds the lock free knows that nobody died holding it
        os.close(self._file)
        self._file = None


@dataclass(frozen=True)
class Abandoned:
    """Nobody holds the lock. ``pid`` died holding it; None: the last holder let go in order, ``seconds`` ago."""

    pid: int | None
    seconds: float


def abandon(folder: Path, run_id: str) -> None:
    """The run broke and its end could not be recorded: whoever looks next closes it, as if its process had died."""
    try:
        file = os.open(folder / run_id, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:  # it broke before anybody held the lock
        return
    try:
        _write(file, str(os.getpid()))
    finally:
        os.close(file)


def look(folder: Path, run_id: str) -> Abandoned | None:
    """None while the run's lock is held. Raises FileNotFoundError when nobody on this host ever held it."""
    file = os.open(folder / run_id, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        text = _read(file)
        return Abandoned(int(text) if text.isdigit() else None, max(0.0, time.time() - os.fstat(file).st_mtime))
    except BlockingIOError:
        return None
    finally:
        os.close(file)


def remove(folder: Path, run_id: str) -> None:
    """The run is over."""
    (folder / run_id).unlink(missing_ok=True)


def _read(file: int) -> str:
    return os.pread(file, _WIDTH, 0).decode().strip()


def _write(file: int, text: str) -> None:
    os.pwrite(file, text.ljust(_WIDTH).encode(), 0)
    os.utime(file)
