"""A file per run that says whether anybody works on it: locked while an op of the run lives, free when it died.

The operating system releases the lock of a killed process, so nothing has to be cleaned up and no clock is trusted.
Several ops of one run hold it together (shared lock). It serves runs on this host only.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType


class RunLock:
    """Held by an op for as long as it works: ``with RunLock(folder, run_id): …``."""

    def __init__(self, folder: Path, run_id: str) -> None:
        self._path = folder / run_id
        self._file: int | None = None

    def __enter__(self) -> RunLock:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        fcntl.flock(self._file, fcntl.LOCK_SH)
        os.ftruncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._file is not None
        os.utime(self._file)  # the next op of the run may take a while to start
        os.close(self._file)
        self._file = None


def seconds_free(folder: Path, run_id: str) -> float | None:
    """How long ago the file was last touched by a holder, when nobody holds it now; None when it is held, or when no op
    of the run has begun on this host (see :func:`was_locked`)."""
    try:
        file = os.open(folder / run_id, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return max(0.0, time.time() - os.fstat(file).st_mtime)
    except BlockingIOError:
        return None
    finally:
        os.close(file)


def was_locked(folder: Path, run_id: str) -> bool:
    """Whether an op of the run ever began here."""
    return (folder / run_id).exists()


def forget_lock(folder: Path, run_id: str) -> None:
    """Remove the file of a run that is over."""
    (folder / run_id).unlink(missing_ok=True)
