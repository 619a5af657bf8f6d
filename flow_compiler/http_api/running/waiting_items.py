"""The items of a run that have not ended, handed out one by one and read a few at a time."""

from __future__ import annotations

import asyncio
from collections import deque

from flow_compiler.engine.outcomes import Json
from flow_compiler.http_api.storage.claims import ClaimTable

_AHEAD = 64


class WaitingItems:
    """Taken from by many tasks; memory does not grow with the number of items."""

    def __init__(self, claims: ClaimTable, run_id: str) -> None:
        self._claims = claims
        self._run_id = run_id
        self._read: deque[tuple[int, Json]] = deque()
        self._last = -1
        self._one_reads = asyncio.Lock()

    async def take(self) -> tuple[int, Json] | None:
        """The next item and its input; None when all are taken. Raises StoreUnavailable."""
        async with self._one_reads:
            if not self._read:
                self._read.extend(await self._claims.unfinished(self._run_id, self._last, _AHEAD))
            if not self._read:
                return None
            found = self._read.popleft()
            self._last = max(self._last, found[0])
            return found
