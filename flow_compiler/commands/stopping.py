"""SIGTERM ends a command as Ctrl-C does: what it has in hand is let go, and leases are given back at once, so that another
runner need not wait for them to expire. Only the exit code differs.

An interrupt lands wherever the program is. SQLAlchemy, while it closes a connection, logs it as an error and raises it again;
in a finalizer Python prints and forgets it. A person who pressed Ctrl-C sees no traceback of either, and is obeyed in both.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
from types import FrameType

INTERRUPTED, TERMINATED = 130, 143
_SOON = 0.05  # seconds
_received: list[int] = []


def prepare() -> None:
    """For the rest of the process; called in its main thread."""
    signal.signal(signal.SIGTERM, _interrupt)
    if logging.lastResort is not None:
        logging.lastResort.addFilter(_is_no_interrupt)
    sys.unraisablehook = _raised_where_nothing_can_be


def exit_code() -> int:
    """Of a command that was stopped."""
    return TERMINATED if _received else INTERRUPTED


def _is_no_interrupt(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], KeyboardInterrupt))


def _raised_where_nothing_can_be(unraisable: sys.UnraisableHookArgs) -> None:
    if isinstance(unraisable.exc_value, KeyboardInterrupt):
        # Again once the finalizer is left; from here it would only be raised in this hook.
        threading.Timer(_SOON, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT)).start()
        return
    sys.__unraisablehook__(unraisable)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    _received.append(number)
    if signal.getsignal(signal.SIGINT) in (
        signal.SIG_IGN,
        signal.SIG_DFL,
        None,
    ):  # as jobs in a shell's background are begun
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)  # whoever handles that one now (asyncio, Dagster) ends its work in order
