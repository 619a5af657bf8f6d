"""At most so many component calls at once in one engine, those of flows inside flows included."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class HeldSlot:
    """The slot of one call. While flows below the call run it is given back: their own calls need it."""

    def __init__(self, slots: asyncio.Semaphore) -> None:
        self._slots = slots
        self._below = 0
        self._holds = False
        self._one_at_a_time = asyncio.Lock()

    async def take(self) -> None:
        async with self._one_at_a_time:
            if self._holds or self._waits():
                return
            await self._slots.acquire()
            self._holds = True
            if self._waits():  # another flow below began meanwhile
                self.give_back()

    def _waits(self) -> bool:
        return self._below > 0

    def give_back(self) -> None:
        if self._holds:
            self._holds = False
            self._slots.release()

    @asynccontextmanager
    async def aside(self) -> AsyncIterator[None]:
        """While the call waits for a flow below it; it may wait for several at once."""
        self._below += 1
        self.give_back()
        try:
            yield
        finally:
            self._below -= 1
        await self.take()


class CallSlots:
    """The slots of one engine. ``limit`` None: calls are not counted."""

    def __init__(self, limit: int | None) -> None:
        self._slots = asyncio.Semaphore(limit) if limit is not None else None

    @asynccontextmanager
    async def held(self) -> AsyncIterator[HeldSlot | None]:
        """For the length of a call; waits until there is one."""
        if self._slots is None:
            yield None
            return
        slot = HeldSlot(self._slots)
        await slot.take()
        try:
            yield slot
        finally:
            slot.give_back()
