"""Who waits for something to happen in a run of this server is told at once; whoever waits for another server's looks
again every second."""

from __future__ import annotations

import asyncio
from collections import defaultdict

_LOOK_AGAIN = 1.0


class News:
    """Used from one event loop."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    def tell(self, run_id: str) -> None:
        """Something of the run was written down."""
        for event in self._waiting.pop(run_id, ()):
            event.set()

    def tell_all(self) -> None:
        for run_id in list(self._waiting):
            self.tell(run_id)

    def subscribe(self, run_id: str) -> asyncio.Event:
        """Set with the next news. Subscribe first, then look: nothing is missed in between."""
        event = asyncio.Event()
        self._waiting[run_id].add(event)
        return event

    async def wait(self, run_id: str, event: asyncio.Event, seconds: float) -> None:
        """Until the news of :meth:`subscribe` come, at most ``seconds``, and never much longer than a second."""
        try:
            async with asyncio.timeout(max(0.0, min(seconds, _LOOK_AGAIN))):
                await event.wait()
        except TimeoutError:
            pass
        finally:
            waiting = self._waiting.get(run_id)
            if waiting is not None:
                waiting.discard(event)
                if not waiting:
                    del self._waiting[run_id]
