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

    def __init__(self, *, only_its_end: bool) -> None:
        self.only_its_end = only_its_end
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

    def tell(self, run_id: str, *, ended: bool) -> None:
        """Something of the run was written down, or it is no longer at work here (``ended``)."""
        for each in self._of.get(run_id, ()):
            if ended or not each.only_its_end:
                each.tell()

    def tell_all(self) -> None:
        for run_id in self._of:
            self.tell(run_id, ended=True)

    @contextmanager
    def of(self, run_id: str, *, only_its_end: bool = False) -> Iterator[Subscription]:
        """News of the run, until the block ends."""
        mine = Subscription(only_its_end=only_its_end)
        self._of[run_id].add(mine)
        try:
            yield mine
        finally:
            self._of[run_id].discard(mine)
            if not self._of[run_id]:
                del self._of[run_id]
