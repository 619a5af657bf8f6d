"""Results of pure and read components: looked up before they are computed, computed once at a time, kept.

Inside one process the second caller of a key waits for the first one (single flight). Between processes a
component declared with ``lease=True`` is computed under the lease ``memo:<key>``: the others watch the memo and
take over when the lease expires.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from flow_compiler.engine.batching import Activity
from flow_compiler.engine.coalescing import MemoTraffic
from flow_compiler.engine.failures import CallFailed
from flow_compiler.engine.leasing import HeldLease, poll_delay
from flow_compiler.engine.outcomes import Reuse, StepRecord
from flow_compiler.engine.stores import Leases, Memo, MemoEntry

Compute = Callable[[], Awaitable[StepRecord]]
"""Calls the component; raises CallFailed."""


class Remembering:
    """The memo as one engine uses it."""

    def __init__(self, memo: Memo, leases: Leases, activity: Activity, owner: str, ttl: float) -> None:
        self._memo = memo
        self._traffic = MemoTraffic(memo)
        self._leases = leases
        self._activity = activity
        self._owner = owner
        self._ttl = ttl
        self._flights: dict[str, asyncio.Future[StepRecord]] = {}
        self._refreshed: set[tuple[str, str]] = set()

    async def close(self) -> None:
        await self._traffic.close()

    async def obtain(
        self, key: str, component: str, compute: Compute, *, lease: bool, refresh: str | None
    ) -> StepRecord:
        """The record under ``key``, wherever it comes from; ``reuse`` says where. ``refresh`` names the run that does
        not want what others left: it computes the key once. Raises CallFailed."""
        while (flight := self._flights.get(key)) is not None:
            with self._activity.aside():
                await asyncio.wait([flight])
            if not flight.cancelled():  # else its caller was stopped: one of those who waited goes on
                return _again(flight.result(), Reuse.WAITED)
        flight = self._flights[key] = asyncio.get_running_loop().create_future()
        try:
            record = await self._lookup_or_compute(key, component, compute, lease=lease, refresh=refresh)
            flight.set_result(record)
            return record
        except CallFailed as failed:
            flight.set_exception(failed)
            flight.exception()  # nobody has to be waiting for it
            raise
        finally:
            del self._flights[key]
            flight.cancel()

    async def _lookup_or_compute(
        self, key: str, component: str, compute: Compute, *, lease: bool, refresh: str | None
    ) -> StepRecord:
        if refresh is not None and (refresh, key) not in self._refreshed:
            record = await self._compute(key, component, compute, overwrite=True)
            self._refreshed.add((refresh, key))
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
