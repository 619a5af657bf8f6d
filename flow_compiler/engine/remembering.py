"""Results of pure and read components: looked up before they are computed, computed once at a time, kept.

Inside one process the second caller of a key waits for the first one (single flight). Between processes a
component declared with ``lease=True`` is computed under the lease ``memo:<key>``: the others watch the memo and
take over when the lease expires.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from flow_compiler.engine.batching import Activity
from flow_compiler.engine.coalescing import MemoTraffic
from flow_compiler.engine.failures import CallFailed
from flow_compiler.engine.leasing import HeldLease, poll_delay
from flow_compiler.engine.outcomes import Reuse, StepRecord
from flow_compiler.engine.stores import Leases, Memo, MemoEntry

Compute = Callable[[], Awaitable[StepRecord]]
"""Calls the component; raises CallFailed."""

_RUNS_KEPT = 16
"""Runs with refresh whose keys are known. An engine that serves many more at once computes a key of theirs again."""


class _Flight(NamedTuple):
    landing: asyncio.Future[StepRecord]
    refresh: str | None


class Remembering:
    """The memo as one engine uses it."""

    def __init__(self, memo: Memo, leases: Leases, activity: Activity, owner: str, ttl: float) -> None:
        self._memo = memo
        self._traffic = MemoTraffic(memo)
        self._leases = leases
        self._activity = activity
        self._owner = owner
        self._ttl = ttl
        self._flights: dict[str, _Flight] = {}
        self._refreshed: OrderedDict[str, set[str]] = OrderedDict()  # run → keys it has computed anew

    async def close(self) -> None:
        await self._traffic.close()

    async def obtain(
        self, key: str, component: str, compute: Compute, *, lease: bool, refresh: str | None
    ) -> StepRecord:
        """The record under ``key``, wherever it comes from; ``reuse`` says where. ``refresh`` names the run that does
        not want what others left: it computes the key once. Raises CallFailed."""
        while (flight := self._flights.get(key)) is not None:
            with self._activity.aside():
                await asyncio.wait([flight.landing])
            if flight.landing.cancelled():  # its caller was stopped: one of those who waited goes on
                continue
            if flight.refresh == refresh or not self._wants_anew(key, refresh):
                return _again(flight.landing.result(), Reuse.WAITED)
        landing: asyncio.Future[StepRecord] = asyncio.get_running_loop().create_future()
        self._flights[key] = _Flight(landing, refresh)
        try:
            record = await self._lookup_or_compute(key, component, compute, lease=lease, refresh=refresh)
            landing.set_result(record)
            return record
        except CallFailed as failed:
            landing.set_exception(failed)
            landing.exception()  # nobody has to be waiting for it
            raise
        finally:
            del self._flights[key]
            landing.cancel()

    def _wants_anew(self, key: str, refresh: str | None) -> bool:
        return refresh is not None and key not in self._refreshed.get(refresh, ())

    def _note_refreshed(self, key: str, run_id: str) -> None:
        self._refreshed.setdefault(run_id, set()).add(key)
        if len(self._refreshed) > _RUNS_KEPT:
            self._refreshed.popitem(last=False)

    async def _lookup_or_compute(
        self, key: str, component: str, compute: Compute, *, lease: bool, refresh: str | None
    ) -> StepRecord:
        if refresh is not None and self._wants_anew(key, refresh):
            record = await self._compute(key, component, compute, overwrite=True)
            self._note_refreshed(key, refresh)
            return record
        if (entry := await self._traffic.get(key)) is not None:
            return _again(entry.record, Reuse.MEMO)
        if lease:
            return await self._compute_alone(key, component, compute)
        return await self._compute(key, component, compute)

    async def _compute_alone(self, key: str, component: str, compute: Compute) -> StepRecord:
        turn = 0
        while True:
            claimed = await self._leases.acquire(f"memo:{key}", self._owner, self._ttl)
            entry = await self._traffic.get(key)  # also after a claim: the winner may just have finished
            if claimed is None and entry is None:
                with self._activity.aside():
                    await asyncio.sleep(poll_delay(turn))
                turn += 1
                continue
            if claimed is None and entry is not None:
                return _again(entry.record, Reuse.WAITED)
            assert claimed is not None
            holding = HeldLease(self._leases, claimed, self._ttl)
            try:
                if entry is not None:
                    return _again(entry.record, Reuse.WAITED if turn else Reuse.MEMO)
                # Should the lease be lost meanwhile, somebody else computes the same pure result: the first entry stays.
                return await self._compute(key, component, compute)
            finally:
                await holding.give_back()

    async def _compute(self, key: str, component: str, compute: Compute, *, overwrite: bool = False) -> StepRecord:
        record = (await compute()).model_copy(update={"memo_key": key})
        if overwrite:
            await self._memo.delete([key])
        await self._traffic.put(MemoEntry(key, component, record))
        return record


def _again(record: StepRecord, reuse: Reuse) -> StepRecord:
    """A remembered record as the next run has it: nothing was computed now."""
    return record.model_copy(update={"reuse": reuse, "computed": 0, "reused": record.computed + record.reused})
