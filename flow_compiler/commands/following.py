"""Waiting for a server's run: what a person sees on stderr meanwhile."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from flow_compiler.commands.progress import QUIET_SECONDS, count
from flow_compiler.commands.server_client import Happened, ServerClient

_EVERY = 1.0


def follow(
    server: ServerClient, run_id: str, deadline: float | None, *, quiet: bool, stream: TextIO | None = None
) -> int:
    """The status with which the run ended. Nothing is told of a short run, a line a second of a long one. Raises
    OutOfTime, ServerUnavailable."""
    told = _Told(stream or sys.stderr, enabled=not quiet)
    try:
        for happened in server.follow(run_id, deadline):
            told.event(happened)
            if happened is not None and happened.kind == "RunCompleted":
                return int(happened.fields["status"])
    finally:
        told.end()
    raise AssertionError("a run that is followed ends, or an error says why not")


class _Told:
    def __init__(self, stream: TextIO, *, enabled: bool) -> None:
        self._stream = stream
        self._enabled = enabled
        self._began = time.monotonic()
        self._next = self._began + QUIET_SECONDS
        self._said = False
        self._steps = 0
        self._items = 0
        self._all = 0
        self._latest = ""

    def event(self, happened: Happened | None) -> None:
        if happened is not None:
            self._count(happened)
        if not self._enabled or time.monotonic() < self._next:
            return
        seconds = time.monotonic() - self._began
        items = f"{self._items} of {count(self._all, 'item')} and " if self._all > 1 else ""
        latest = f", latest {self._latest}" if self._latest else ""
        line = f"{seconds:.0f} s: {items}{count(self._steps, 'step')} finished{latest}"
        self._stream.write(f"\r\x1b[K{line}" if self._stream.isatty() else f"{line}\n")
        self._stream.flush()
        self._said = True
        self._next = time.monotonic() + _EVERY

    def end(self) -> None:
        if self._said and self._stream.isatty():
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def _count(self, happened: Happened) -> None:
        match happened.kind:
            case "RunCreated":
                self._all = int(happened.fields["itemCount"])
            case "ItemCompleted":
                self._items += 1
            case "StepCompleted":
                self._steps += 1
                self._latest = str(happened.fields["stepId"])
