"""What a person sees on stderr while a flow runs: nothing for a short run, one line a second for a long one."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TextIO

from flow_compiler.engine.outcomes import Failure, StepRecord
from flow_compiler.engine.stores import ItemPath

QUIET_SECONDS = 2.0
_EVERY = 1.0
_OFTEN, _SELDOM = 15.0, 10.0
"""After so many seconds, what is written into a log is told so seldom."""


class Progress:
    """Counts steps and calls (an engine's ``StepHooks``), or the inputs of a run over many, and tells about them."""

    def __init__(self, stream: TextIO | None = None, *, many: bool = False, inputs: int | None = None) -> None:
        """``inputs``: how many there are, where that is known."""
        self._stream = stream or sys.stderr
        self._many = many
        self._inputs = inputs
        self._ended = 0
        self.failed = 0
        self._advance: tuple[str, int, int | None] | None = None
        self._steps = 0
        self._calls = 0
        self._latest = ""
        self._told = False

    async def gate(self, _step_id: str) -> Failure | None:
        return None

    async def finished(self, step_id: str, _record: StepRecord) -> None:
        self._steps += 1
        self._latest = step_id

    def progressed(self, _item: ItemPath, step_id: str, _record: StepRecord) -> None:
        self._calls += 1
        self._latest = step_id

    def advanced(self, _item: ItemPath, step_id: str, done: int, total: int | None) -> None:
        self._advance = (step_id, done, total)

    def ended(self, *, failed: bool) -> None:
        """An input has ended."""
        self._ended += 1
        self.failed += failed

    @property
    def summary(self) -> str:
        """How the inputs of a run over many ended."""
        if not self._ended:
            return "no inputs"
        return f"{count(self._ended, 'input')}: {self._ended - self.failed} succeeded, {self.failed} failed"

    def waiting(self, seconds: float) -> None:
        """Another runner has the item: nothing is finished meanwhile, so it is told at once."""
        self._stream.write(
            f"waiting for another runner of this run; should it be gone, this one takes over in {seconds:.0f} s\n"
        )
        self._stream.flush()

    @asynccontextmanager
    async def shown(self, *, enabled: bool = True) -> AsyncIterator[None]:
        """Tell the counts, until the block ends."""
        telling = asyncio.create_task(self._tell()) if enabled else None
        try:
            yield
        finally:
            if telling is not None:
                telling.cancel()
                await asyncio.gather(telling, return_exceptions=True)
            if self._told and self._stream.isatty():
                self._stream.write("\r\x1b[K")
                self._stream.flush()

    async def _tell(self) -> None:
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(QUIET_SECONDS)
        while True:
            seconds = asyncio.get_running_loop().time() - began
            line = f"{seconds:.0f} s: {self._inputs_told() if self._many else self._steps_told()}{self._advance_told()}"
            self._stream.write(f"\r\x1b[K{line}" if self._stream.isatty() else f"{line}\n")
            self._stream.flush()
            self._told = True
            in_a_log = seconds > _OFTEN and not self._stream.isatty()
            await asyncio.sleep(_SELDOM if in_a_log else _EVERY)

    def _inputs_told(self) -> str:
        of = f" of {self._inputs}" if self._inputs is not None else ""
        return f"{self._ended}{of} inputs finished, {self.failed} failed"

    def _steps_told(self) -> str:
        latest = f", latest {self._latest}" if self._latest else ""
        calls = f" and {count(self._calls, 'call')}" if self._calls else ""
        return f"{count(self._steps, 'step')}{calls} finished{latest}"

    def _advance_told(self) -> str:
        """Of the call that told last how far it is."""
        if self._advance is None:
            return ""
        step_id, done, total = self._advance
        return f"; {step_id}: {done}" + (f" of {total}" if total is not None else "")


def count(number: int, what: str) -> str:
    """``1 step``, ``2 steps``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
