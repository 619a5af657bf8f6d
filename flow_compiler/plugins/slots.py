"""Places for calls in flight: a call that only waits for flows it runs gives its place away, or they would wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType


class Slot:
    """The place of one call, taken from ``places`` and given back at the end."""

    def __init__(self, places: asyncio.Semaphore) -> None:
        self._places = places
        self._held = False
        self._over = False
        self._aside = 0

    async def __aenter__(self) -> Slot:
        await self._places.acquire()
        self._held = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over = True
        self._give_back()

    @asynccontextmanager
    async def aside(self) -> AsyncIterator[None]:
        """While a flow runs below the call. Overlapping ones count as one."""
        self._aside += 1
        self._give_back()
        try:
            yield
        finally:
            self._aside -= 1
            if self._is_back():
                await self._places.acquire()
                if self._is_back():  # meanwhile it may have run another flow, or ended
                    self._held = True
                else:
                    self._places.release()

    def _is_back(self) -> bool:
        return self._aside == 0 and not self._held and not self._over

    def _give_back(self) -> None:
        if self._held:
            self._held = False
            self._places.release()
