"""Who waits for something to happen in a run of this server is told at once; whoever waits for another server's looks
again every second."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_LOOK_AGAIN = 1.0


class Subscription:
    """News of one run. Subscribe first, then look: nothing is missed in between."""

    def __init__(self) -> None:
        self._news = asyncio.Event()

    def tell(self) -> None:
        self._news.set()

    async def wait(self, seconds: float) -> None:
        """Until there are news, at most ``seconds``, and never much longer than a second."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, min(seconds, _LOOK_AGAIN))):
                await self._news.wait()
        self._news.clear()


class News:
    """Used from one event loop."""

    def __init__(self) -> None:
        self._of: defaultdict[str, set[Subscription]] = defaultdict(set)

    def tell(self, run_id: str) -> None:
        """Something of the run was written down."""
        for each in self._of.get(run_id, ()):
            each.tell()

    def tell_all(self) -> None:
        for run_id in self._of:
            self.tell(run_id)

    @contextmanager
    def of(self, run_id: str) -> Iterator[Subscription]:
        """News of the run, until the block ends."""
        mine = Subscription()
        self._of[run_id].add(mine)
        try:
            yield mine
        finally:
            self._of[run_id].discard(mine)
            if not self._of[run_id]:
                del self._of[run_id]
