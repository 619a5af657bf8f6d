"""Runs that somebody asked to stop, in this process or another one: the journal is looked at twice a second, once for all
items of a run that are worked on here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from flow_compiler.engine.stores import Journal
from flow_compiler.errors import StoreError

SECONDS_BETWEEN_LOOKS = 0.5


@dataclass
class _Watch:
    items: int = 0
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    looking: asyncio.Task[None] | None = None


class Cancelling:
    """The requests to stop as one engine sees them."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._watches: dict[str, _Watch] = {}

    @asynccontextmanager
    async def watched(self, run_id: str) -> AsyncIterator[asyncio.Event]:
        """The event is set when the run is to stop; at once when that was asked before."""
        watch = self._watches.setdefault(run_id, _Watch())
        watch.items += 1
        if watch.looking is None:
            watch.looking = asyncio.create_task(self._look(run_id, watch.asked))
        try:
            yield watch.asked
        finally:
            watch.items -= 1
            if not watch.items:
                del self._watches[run_id]
                watch.looking.cancel()
                await asyncio.wait([watch.looking])

    async def _look(self, run_id: str, asked: asyncio.Event) -> None:
        while not asked.is_set():
            try:
                if await self._journal.is_cancelled(run_id):
                    asked.set()
            except StoreError:
                pass  # steps meet the same when they record, and say so; it may be back by the next look
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
