"""Working on one claimed run, from wherever it stands to its end."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Mapping

from flow_compiler.engine.engine import Engine
from flow_compiler.engine.outcomes import Failure, FlowResult, Json, TaskErrorCode
from flow_compiler.engine.run_batch import item_key
from flow_compiler.engine.stores import Journal, Resumption, root_path
from flow_compiler.errors import FlowError, StoreError
from flow_compiler.http_api.running.item_hooks import ItemHooks
from flow_compiler.http_api.running.news import News
from flow_compiler.http_api.running.run_log import RunLog
from flow_compiler.http_api.running.waiting_items import WaitingItems
from flow_compiler.http_api.statuses import Status
from flow_compiler.http_api.storage.claims import ClaimedRun, ClaimTable
from flow_compiler.http_api.storage.flows import FlowTable
from flow_compiler.language.loader import flow_from_json
from flow_compiler.language.model import Flow
from flow_compiler.language.overrides import apply_overrides

MOST_CLAIMS = 5
"""Claims of a run without anything of it being finished, before it counts as one that ends its servers."""

_log = logging.getLogger(__name__)


class Working:
    """What work on runs needs, shared by all runs of a server."""

    def __init__(
        self,
        engine: Engine,
        journal: Journal,
        flows: FlowTable,
        claims: ClaimTable,
        news: News,
        items_at_once: int,
    ) -> None:
        self._engine = engine
        self._journal = journal
        self._flows = flows
        self._claims = claims
        self._news = news
        self._items = asyncio.Semaphore(items_at_once)

    async def on(self, run: ClaimedRun) -> None:
        """Bring the run to its end. Raises LeaseLost when it was cancelled or taken over, StoreError when nothing can be
        recorded; failures inside the flow are its results."""
        log = RunLog(self._claims, self._news, run)
        try:
            if run.claims > MOST_CLAIMS:
                raise _never_gets_on(run)
            flow = await self._flow(run)
        except FlowError as error:
            await self._give_up(run, log, Failure.of(error, TaskErrorCode.ORCHESTRATOR_ERROR))
            return
        items = asyncio.create_task(self._all_items(flow, run, log))
        writing = asyncio.create_task(log.flush_as_it_fills())
        try:
            await asyncio.wait([items, writing], return_when=asyncio.FIRST_COMPLETED)
            if writing.done():
                writing.result()
            await items
        finally:
            for task in (items, writing):
                task.cancel()
            await asyncio.wait([items, writing])
        await log.run_ended()

    async def _flow(self, run: ClaimedRun) -> Flow:
        written = await self._flows.get(run.flow_id)
        if written is None:
            raise FlowError(f"the flow {run.flow_id} of the run is no longer there", code="run.flow_missing")
        return apply_overrides(flow_from_json(written), run.overrides)

    async def _give_up(self, run: ClaimedRun, log: RunLog, failure: Failure) -> None:
        _log.warning("run %s cannot be gone on with: %s", run.claim.run_id, failure.error)
        waiting = WaitingItems(self._claims, run.claim.run_id)
        while (item := await waiting.take()) is not None:
            log.item_ended(item[0], failure)
        await log.run_ended(Status.RECOVERY_FAILED)

    async def _all_items(self, flow: Flow, run: ClaimedRun, log: RunLog) -> None:
        waiting = WaitingItems(self._claims, run.claim.run_id)
        workers = [asyncio.create_task(self._some_items(waiting, flow, run, log)) for _ in range(run.at_once)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.wait(workers)

    async def _some_items(self, waiting: WaitingItems, flow: Flow, run: ClaimedRun, log: RunLog) -> None:
        while True:
            async with self._items:
                item = await waiting.take()
                if item is None:
                    return
                log.item_ended(item[0], await self._item(*item, flow, run, log))

    async def _item(self, item: int, given: Json, flow: Flow, run: ClaimedRun, log: RunLog) -> FlowResult:
        run_id = run.claim.run_id
        hooks = await self._hooks(item, run, log)
        variables: Mapping[str, Json] = run.variables
        work = self._engine.item(flow, run_id=run_id, key=item_key(item), input=given, variables=variables, hooks=hooks)
        try:
            return (await work.evaluate()).result
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001  a mistake of ours must not end every run of the server
            _log.error("run %s, item %d: unexpected %s in %s", run_id, item, type(error).__name__, _place(error))
            return _unexpected(error)

    async def _hooks(self, item: int, run: ClaimedRun, log: RunLog) -> ItemHooks:
        if not run.last_event:  # nobody has worked on the run before
            return ItemHooks(log, item, Resumption(), ())
        run_id = run.claim.run_id
        left = await self._journal.resume(run_id, root_path(item_key(item)))
        return ItemHooks(log, item, left, await self._claims.earlier(run_id, item))


def _never_gets_on(run: ClaimedRun) -> FlowError:
    return FlowError(
        f"the run was begun {run.claims - 1} times, and each time its server ended before anything was finished",
        code="run.ends_its_server",
        next_step="Look at what its next steps need (memory, native libraries), then submit it again.",
    )


def _unexpected(error: Exception) -> Failure:
    return Failure(
        code=TaskErrorCode.ORCHESTRATOR_ERROR,
        message=f"unexpected {type(error).__name__} while the flow was evaluated",
        error="internal.error",
        next_step="Report this with the flow; the server's log says where it happened.",
    )


def _place(error: Exception) -> str:
    """Where it was raised: its message, or a line of the code around it, might quote an input."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "?"
