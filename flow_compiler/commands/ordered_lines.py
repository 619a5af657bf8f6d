"""Results that come in any order, written in theirs as soon as it is their turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable

from flow_compiler.language.expressions import Json


class OrderedLines:
    """Holds back what came early. ``window`` bounds how far inputs may be ahead of the first result that is missing, and so
    what is held."""

    def __init__(self, write: Callable[[str], None], window: int) -> None:
        self._write = write
        self._window = window
        self._held: dict[int, str] = {}
        self._next = 0
        self._moved = asyncio.Event()

    def add(self, index: int, line: str) -> None:
        self._held[index] = line
        while (ready := self._held.pop(self._next, None)) is not None:
            self._next += 1
            self._write(ready)
        self._moved.set()

    async def paced(self, inputs: AsyncIterable[Json]) -> AsyncIterator[Json]:
        """The inputs, each when it is within the window."""
        index = 0
        async for given in inputs:
            while index >= self._next + self._window:
                self._moved.clear()
                await self._moved.wait()
            yield given
            index += 1
