"""The runs of one server: it takes what is free in the order of acceptance, keeps its claims, and lets go when it stops."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from flow_compiler.engine.leasing import new_owner
from flow_compiler.errors import LeaseLost, StoreError
from flow_compiler.http_api.limits import Limits
from flow_compiler.http_api.running.news import News
from flow_compiler.http_api.running.working import Working
from flow_compiler.http_api.storage.claims import Claim, ClaimedRun, ClaimTable
from flow_compiler.http_api.storage.runs import Run, RunTable

_LOOK_SECONDS = 1.0
"""How often the server looks for runs that others accepted or left, and for cancellations given to others."""

_log = logging.getLogger(__name__)


class ServerRuns:
    """Lives in one event loop, inside :meth:`at_work`."""

    def __init__(self, working: Working, claims: ClaimTable, runs: RunTable, news: News, limits: Limits) -> None:
        self.owner = new_owner()
        self.stopping = asyncio.Event()
        self._working = working
        self._claims = claims
        self._runs = runs
        self._news = news
        self._limits = limits
        self._tasks: dict[Claim, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Work on runs until the block ends; what is not finished by then can be gone on with at once, here or
        elsewhere."""
        background = [asyncio.create_task(each) for each in (self._take_runs(), self._keep_claims())]
        try:
            yield
        finally:
            self.stop()
            for task in background:
                task.cancel()
            await asyncio.wait(background)
            await self._let_go()

    def stop(self) -> None:
        """Take no more runs; streams end. Requests that wait for a run go on for a while."""
        self.stopping.set()
        self._wake.set()
        self._news.tell_all()

    def accepted(self) -> None:
        """A run is new in the queue."""
        self._wake.set()

    def cancelled(self, run_id: str) -> None:
        """The run has ended in the database: what is at work on it here stops."""
        for claim, task in self._tasks.items():
            if claim.run_id == run_id:
                task.cancel()
        self._news.tell(run_id, ended=True)

    async def until_ended(self, run_id: str, seconds: float) -> Run | None:
        """The run when it has ended, or as it stands after ``seconds``, or when the server has stopped for a while."""
        deadline = time.monotonic() + seconds
        with self._news.of(run_id, only_its_end=True) as news:
            while True:
                run = await self._runs.get(run_id)
                if self.stopping.is_set():
                    deadline = min(deadline, time.monotonic() + self._limits.stop_seconds)
                left = deadline - time.monotonic()
                if run is None or run.ended or left <= 0:
                    return run
                await news.wait(left)

    async def _take_runs(self) -> None:
        while not self.stopping.is_set():
            try:
                await self._take_what_fits()
            except StoreError as error:
                _log.warning("no run can be taken: %s", error)
            try:
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                continue
            self._wake.clear()

    async def _take_what_fits(self) -> None:
        while len(self._tasks) < self._limits.runs_at_once and not self.stopping.is_set():
            if not await self._claims.any_free():
                return
            run = await self._claims.take(self.owner, self._limits.lease_seconds)
            if run is None:
                return
            task = asyncio.create_task(self._work_on(run))
            self._tasks[run.claim] = task
            task.add_done_callback(lambda _, claim=run.claim: self._done(claim))  # type: ignore[misc]

    def _done(self, claim: Claim) -> None:
        del self._tasks[claim]
        self._wake.set()
        self._news.tell(claim.run_id, ended=True)

    async def _work_on(self, run: ClaimedRun) -> None:
        try:
            await self._working.on(run)
        except LeaseLost:
            _log.info("run %s was cancelled, or another server took it over", run.claim.run_id)
        except StoreError as error:  # its claim expires, and whoever can write goes on with it
            _log.warning("run %s stopped for now: %s", run.claim.run_id, error)
        except Exception as error:  # noqa: BLE001  one run never ends the server
            _log.error("run %s stopped for now: unexpected %s", run.claim.run_id, type(error).__name__)

    async def _keep_claims(self) -> None:
        """Claims are renewed in time; work on a run that is no longer ours stops."""
        renewed = time.monotonic()
        ttl = self._limits.lease_seconds
        while True:
            await asyncio.sleep(min(_LOOK_SECONDS, ttl / 4))
            claims = frozenset(self._tasks)
            if not claims:
                renewed = time.monotonic()
                continue
            try:
                if time.monotonic() - renewed >= ttl / 4:
                    await self._claims.renew(claims, ttl)
                    renewed = time.monotonic()
                gone = claims - await self._claims.held(claims)
            except StoreError as error:
                _log.warning("claims cannot be renewed: %s", error)
                gone = claims if time.monotonic() - renewed >= ttl else frozenset()
            for claim in gone:
                if claim in self._tasks:
                    self._tasks[claim].cancel()

    async def _let_go(self) -> None:
        claims = frozenset(self._tasks)
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        try:
            await self._claims.give_back(claims)
        except StoreError as error:
            _log.warning("claims cannot be given back, and expire by themselves: %s", error)
