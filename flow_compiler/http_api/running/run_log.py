"""What happens in a run, written down in its order and in few transactions."""

from __future__ import annotations

import asyncio

from flow_compiler.engine.outcomes import FlowResult, Success
from flow_compiler.errors import LeaseLost
from flow_compiler.http_api.running.news import News
from flow_compiler.http_api.statuses import EventKind, Status
from flow_compiler.http_api.storage.claims import Claim, ClaimedRun, ClaimTable, Event, Written

_GATHER_SECONDS = 0.02
"""What happens within it is written together: small items cost their journal, and hardly more."""


class RunLog:
    """The only writer of a claimed run. What has been said is committed when :meth:`flush` returns, or soon after."""

    def __init__(self, claims: ClaimTable, news: News, run: ClaimedRun) -> None:
        self._claims = claims
        self._news = news
        self._claim: Claim = run.claim
        self._last = run.last_event
        self._failed = run.failed
        self._events: list[Event] = []
        self._ended: dict[int, FlowResult] = {}
        self._status: Status | None = None
        self._something = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()

    def say(self, event: Event) -> None:
        self._events.append(event)
        self._something.set()

    def item_ended(self, item: int, result: FlowResult) -> None:
        """Should it be lost with this process, the journal still has what the item came from."""
        status = Status.COMPLETED if isinstance(result, Success) else Status.FAILED
        self._failed += status is Status.FAILED
        self._ended[item] = result
        self.say(Event(EventKind.ITEM_COMPLETED, status, item))

    async def run_ended(self, status: Status | None = None) -> None:
        """Without a status: failed when an item failed. Committed when it returns."""
        self._status = status or (Status.FAILED if self._failed else Status.COMPLETED)
        self.say(Event(EventKind.RUN_COMPLETED, self._status))
        await self.flush()

    async def flush_as_it_fills(self) -> None:
        """Until it is cancelled. Raises LeaseLost, StoreUnavailable."""
        while True:
            await self._something.wait()
            await asyncio.sleep(_GATHER_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """Raises LeaseLost when somebody else has the run, or it was cancelled; StoreUnavailable. What was begun to be
        written is written to its end, also when whoever asked for it is cancelled: what comes next builds on it."""
        writing = asyncio.create_task(self._write())
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await asyncio.gather(writing, return_exceptions=True)
            raise

    async def _write(self) -> None:
        async with self._one_at_a_time:
            if not self._events:
                return
            self._something.clear()
            events, self._events = self._events, []
            ended, self._ended = self._ended, {}
            status = self._status
            if not await self._claims.write(Written(self._claim, self._last, events, ended, status)):
                raise LeaseLost(f"the run {self._claim.run_id} was cancelled, or taken over by another server")
            self._last += len(events)
            self._news.tell(self._claim.run_id, ended=status is not None)
