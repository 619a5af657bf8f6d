"""Holding a lease for as long as a piece of work takes: wait for it, renew it in the background, give it back."""

from __future__ import annotations

import asyncio
import logging
import os
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

from flow_compiler.engine.stores import Lease, Leases
from flow_compiler.errors import LeaseLost, RunCancelled, StoreUnavailable

T = TypeVar("T")

_log = logging.getLogger(__name__)
_FIRST_POLL, _LAST_POLL = 0.02, 1.0


def new_owner() -> str:
    """A name no other engine has, in this process or any other."""
    return f"{os.getpid()}-{uuid.uuid4().hex}"


def poll_delay(turn: int) -> float:
    """Seconds to wait before looking the ``turn``-th time (from 0): 20 ms, doubling, at most a second."""
    return min(_FIRST_POLL * 2.0 ** min(turn, 8), _LAST_POLL)


class HeldLease:
    """A lease that is ours until it is given back or lost. ``current`` is what writes carry."""

    def __init__(self, leases: Leases, lease: Lease, ttl: float) -> None:
        self.current = lease
        self.lost = asyncio.Event()
        self._leases = leases
        self._ttl = ttl
        self._renewing = asyncio.create_task(self._renew())

    async def _renew(self) -> None:
        loop = asyncio.get_running_loop()
        renewed = loop.time()
        while not self.lost.is_set():
            await asyncio.sleep(self._ttl / 3)
            try:
                self.current = await self._leases.renew(self.current, self._ttl)
                renewed = loop.time()
            except LeaseLost:
                self.lost.set()
            except Exception as error:  # noqa: BLE001  whatever it is, the lease runs on, and nobody else would be told
                if not isinstance(error, StoreUnavailable):
                    _log.warning("a lease could not be renewed: %s", type(error).__name__)
                # A store that is away for a moment costs nothing yet; past the expiry somebody else may own the work.
                if loop.time() - renewed >= self._ttl:
                    self.lost.set()

    async def give_back(self) -> None:
        self._renewing.cancel()
        await asyncio.wait([self._renewing])
        if not self.lost.is_set():
            with suppress(StoreUnavailable, LeaseLost):  # then it expires by itself
                await self._leases.release(self.current)


@asynccontextmanager
async def held(
    leases: Leases, name: str, owner: str, ttl: float, waiting: Callable[[float], None] | None = None
) -> AsyncIterator[HeldLease]:
    """Wait until the name is free or its owner's lease expired, then hold it. ``waiting`` is told once that another
    owner has it, and the seconds after which it is free if that one lives no more."""
    turn = 0
    while (lease := await leases.acquire(name, owner, ttl)) is None:
        if waiting is not None and not turn:
            waiting(ttl)
        await asyncio.sleep(poll_delay(turn))
        turn += 1
    holding = HeldLease(leases, lease, ttl)
    try:
        yield holding
    finally:
        await holding.give_back()


async def while_held(holding: HeldLease, asked: asyncio.Event, work: Coroutine[Any, Any, T]) -> T:
    """The work's result. Stops the work and raises LeaseLost as soon as the lease is lost, RunCancelled as soon as the
    run was ``asked`` to stop."""
    working = asyncio.create_task(work)
    losing = asyncio.create_task(holding.lost.wait())
    stopping = asyncio.create_task(asked.wait())
    try:
        await asyncio.wait([working, losing, stopping], return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        if holding.lost.is_set():
            raise LeaseLost(f"the lease {holding.current.name!r} was taken over by another runner")
        raise RunCancelled("the run was cancelled", next_step="Begin a new run: what has not changed is remembered.")
    finally:
        for task in (working, losing, stopping):
            task.cancel()
        await asyncio.wait([working, losing, stopping])
