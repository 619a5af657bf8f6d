"""An interrupt during Dagster's last steps of a run: Dagster notes it, and forgets it when the run is over."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_STOPPING = frozenset({signal.SIGINT, signal.SIGTERM})


@contextmanager
def interrupts_obeyed() -> Iterator[None]:
    """Raises KeyboardInterrupt at its end when a signal to stop arrived inside, whoever handled it there, and nothing else
    was raised. Handlers are what they were. Outside the main thread it does nothing: no signal arrives there."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    terminate = signal.getsignal(signal.SIGTERM)
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield
        if _STOPPING.intersection(_arrived(reader)):
            raise KeyboardInterrupt
    finally:
        signal.set_wakeup_fd(before)
        signal.signal(signal.SIGTERM, terminate)  # Dagster leaves its handler of SIGINT there
        os.close(reader)
        os.close(writer)


def _arrived(reader: int) -> bytes:
    try:
        return os.read(reader, 4096)
    except BlockingIOError:
        return b""
