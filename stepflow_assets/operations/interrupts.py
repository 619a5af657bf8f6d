"""An interrupt during Dagster's last steps of a run: Dagster notes it, and forgets it when the run is over."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_STOPPING = frozenset({signal.SIGINT, signal.SIGTERM})


@dataclass
class Noted:
    """``stop``: a signal to stop arrived, whoever handled it; known when the context is left."""

    stop: bool = False


@contextmanager
def interrupts_noted() -> Iterator[Noted]:
    """Handlers are afterwards what they were. Outside the main thread nothing is noted: no signal arrives there."""
    noted = Noted()
    if threading.current_thread() is not threading.main_thread():
        yield noted
        return
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    terminate = signal.getsignal(signal.SIGTERM)
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield noted
    finally:
        noted.stop = bool(_STOPPING.intersection(_arrived(reader)))
        signal.set_wakeup_fd(before)
        signal.signal(signal.SIGTERM, terminate)  # Dagster leaves its handler of SIGINT there
        os.close(reader)
        os.close(writer)


def _arrived(reader: int) -> bytes:
    try:
        return os.read(reader, 4096)
    except BlockingIOError:
        return b""
