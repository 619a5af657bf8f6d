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


class Progress:
    """Counts steps and calls of one item (an engine's ``StepHooks``) and tells about them."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
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
            latest = f", latest {self._latest}" if self._latest else ""
            calls = f" and {count(self._calls, 'call')}" if self._calls else ""
            line = f"{seconds:.0f} s: {count(self._steps, 'step')}{calls} finished{latest}"
            self._stream.write(f"\r\x1b[K{line}" if self._stream.isatty() else f"{line}\n")
            self._stream.flush()
            self._told = True
            await asyncio.sleep(_EVERY)


def count(number: int, what: str) -> str:
    """``1 step``, ``2 steps``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
