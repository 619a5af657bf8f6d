"""SIGTERM ends a command as Ctrl-C does: what it has in hand is let go, and leases are given back at once, so that another
runner need not wait for them to expire. Only the exit code differs."""

from __future__ import annotations

import signal
from types import FrameType

INTERRUPTED, TERMINATED = 130, 143
_received: list[int] = []


def prepare() -> None:
    """For the rest of the process; called in its main thread."""
    signal.signal(signal.SIGTERM, _interrupt)


def exit_code() -> int:
    """Of a command that was stopped."""
    return TERMINATED if _received else INTERRUPTED


def _interrupt(number: int, _frame: FrameType | None) -> None:
    _received.append(number)
    if signal.getsignal(signal.SIGINT) in (
        signal.SIG_IGN,
        signal.SIG_DFL,
        None,
    ):  # as jobs in a shell's background are begun
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)  # whoever handles that one now (asyncio, Dagster) ends its work in order
