"""The items of one op, worked on side by side. Runs on an event loop; knows nothing of Dagster.

An item never raises: its failure is recorded and told, and the others go on. What does raise is what concerns the
whole batch: the run was cancelled, or the outcome of an item cannot be recorded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from flow_compiler.assets.batch_events import BatchEvent, ItemEnded, ItemFailed
from flow_compiler.assets.blueprint import Blueprint
from flow_compiler.assets.carried import Carried
from flow_compiler.assets.item_watch import ItemWatch, Scope
from flow_compiler.assets.partitions import AssetReport, ItemEnd, ItemInput, ItemRefusal
from flow_compiler.assets.runtime import FlowRuntime
from flow_compiler.engine.engine import ItemResult, ItemRun
from flow_compiler.engine.outcomes import Failure, FlowResult
from flow_compiler.errors import FlowCompilerError, LeaseLost, RunCancelled

_SECONDS_BETWEEN_LOOKS = 0.5
_ENDING_AT_ONCE = 64
"""Items that may wait for their events to be written; it keeps the event log from falling far behind."""


class Outbox(Protocol):
    """Where events go to be written, in order."""

    def put(self, event: BatchEvent) -> None: ...

    async def written(self) -> None:
        """Returns when everything put before is in the event log."""
        ...


@dataclass
class Tally:
    """How the items of the op ended so far."""

    ended: dict[str, FlowResult] = field(default_factory=dict)
    refused: dict[str, Failure] = field(default_factory=dict)
    failures: dict[str, dict[str, Failure]] = field(default_factory=dict)
    counts: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict)

    @property
    def failed(self) -> dict[str, Failure]:
        return {key: result for key, result in self.ended.items() if isinstance(result, Failure)}


class Batch:
    """One op's work on its items."""

    def __init__(
        self,
        blueprint: Blueprint,
        scope: Scope,
        runtime: FlowRuntime,
        outbox: Outbox,
        carried: Carried,
        tally: Tally,
    ) -> None:
        self.tally = tally
        self._blueprint = blueprint
        self._scope = scope
        self._runtime = runtime
        self._outbox = outbox
        self._carried = carried
        self._ending: set[asyncio.Task[None]] = set()
        self._room_to_end = asyncio.Semaphore(_ENDING_AT_ONCE)

    async def run(self, at_once: int) -> Carried:
        """Work on all items, ``at_once`` at a time. Raises RunCancelled when somebody asked the run to stop: items under
        way are let go, finished ones stay finished."""
        keys = self._carried.keys
        waiting = iter(keys)
        workers = [asyncio.create_task(self._work(waiting)) for _ in range(min(at_once, len(keys)))]
        asked = asyncio.create_task(self._until_cancelled())
        try:
            await _all_unless(workers, asked)
        finally:
            for task in (*workers, asked):
                task.cancel()
            await asyncio.gather(*workers, asked, return_exceptions=True)
            ended = await asyncio.gather(*self._ending, return_exceptions=True)
        for outcome in ended:
            if outcome is not None:
                raise outcome
        return Carried(
            keys=keys,
            refresh=self._carried.refresh,
            refused=self.tally.refused,
            failures=self.tally.failures,
            counts=self.tally.counts,
        )

    async def _until_cancelled(self) -> None:
        """Somebody may ask from another process, so the journal is looked at again and again."""
        while not await self._runtime.stores.journal.is_cancelled(self._scope.run_id):  # noqa: ASYNC110
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)

    async def _work(self, waiting: Iterator[str]) -> None:
        for key in waiting:
            await self._item(key)

    async def _item(self, key: str) -> None:
        self._runtime.progress.started(key)
        taken = await self._taken(key)
        if isinstance(taken, ItemRefusal):
            self.tally.refused[key] = taken.failure
            await self._end(key, taken.failure, None, {})
            return
        watch = ItemWatch(
            self._blueprint,
            self._scope,
            taken,
            self._runtime,
            self._outbox.put,
            refused=self._carried.failures.get(key, {}),
            counts=self._carried.counts.get(key, {}),
        )
        try:
            await self._evaluate(taken, watch)
        except (asyncio.CancelledError, RunCancelled):
            await self._let_go(key, RunCancelled("the run was stopped"))
            raise
        except LeaseLost as error:
            await self._let_go(key, error)

    async def _taken(self, key: str) -> ItemInput | ItemRefusal:
        if key in self._carried.refused:
            return ItemRefusal(key, self._carried.refused[key])
        taking = asyncio.ensure_future(self._runtime.inputs.take(self._scope.run_id, [key]))
        try:
            (taken,) = await asyncio.shield(taking)
        except asyncio.CancelledError:
            # A thread that takes cannot be stopped: what it takes now would stay in hand of a run that is over.
            await asyncio.gather(taking, return_exceptions=True)
            await self._let_go(key, RunCancelled("the run was stopped"))
            raise
        return taken

    async def _evaluate(self, taken: ItemInput, watch: ItemWatch) -> None:
        item = self._runtime.engine.item(
            self._blueprint.flow,
            run_id=self._scope.run_id,
            key=taken.key,
            input=taken.input,
            variables=taken.variables,
            hooks=watch,
            refresh=self._carried.refresh,
        )
        try:
            result = await self._advance(item)
        except (LeaseLost, RunCancelled):
            raise
        except FlowCompilerError as error:
            await self._end(taken.key, Failure.of(error), None, watch.reports)
            return
        watch.ended(result)
        if not self._scope.last:
            self._carry(taken.key, watch, result)
        await self._end(taken.key, self._verdict(result), result, watch.reports)

    async def _advance(self, item: ItemRun) -> ItemResult:
        """To the flow's end in the last op of a whole run; else as far as the steps lead that this op may call."""
        if self._scope.complete and self._scope.last:
            return await item.evaluate()
        within = self._blueprint.steps_until(self._scope.segment)
        return await item.advance(
            within if self._scope.complete else within & self._blueprint.steps_for(self._scope.wanted)
        )

    def _verdict(self, result: ItemResult) -> FlowResult:
        """When only some assets are wanted, they decide: the output may depend on steps that were left alone."""
        if self._scope.complete or isinstance(result.result, Failure):
            return result.result
        outcomes = (result.records[step].outcome for step in self._blueprint.assets if step in result.records)
        wanted = (outcome for outcome in outcomes if isinstance(outcome, Failure))
        return next(wanted, result.result)

    def _carry(self, key: str, watch: ItemWatch, result: ItemResult) -> None:
        failed = {
            step_id: record.outcome for step_id, record in result.records.items() if isinstance(record.outcome, Failure)
        }
        self.tally.failures[key] = {**watch.refused, **failed}
        self.tally.counts[key] = {name: (report.computed, report.reused) for name, report in watch.reports.items()}

    async def _end(
        self, key: str, result: FlowResult, item: ItemResult | None, reports: dict[str, AssetReport]
    ) -> None:
        if not self._scope.last:
            return
        if isinstance(result, Failure):
            self._outbox.put(ItemFailed(key, result, self._unreached(item, reports)))
        end = ItemEnd(
            key=key,
            result=result,
            seconds=item.seconds if item else 0.0,
            assets=list(reports.values()),
            memo_keys=item.memo_keys if item else frozenset(),
            artifacts=item.artifacts if item else frozenset(),
            complete=self._scope.complete,
        )
        await self._room_to_end.acquire()
        self._ending.add(asyncio.create_task(self._tell_end(end)))

    async def _tell_end(self, end: ItemEnd) -> None:
        """Events are written before the inputs hear of the end: whoever calls an item finished has its history. The
        worker does not wait for that and takes the next item."""
        self._outbox.put(ItemEnded(end.key))
        try:
            await self._outbox.written()
            await self._runtime.inputs.ended(self._scope.run_id, end)
        except asyncio.CancelledError:
            await self._let_go(end.key, RunCancelled("its events could not be written"))
            raise
        finally:
            self._room_to_end.release()
        self.tally.ended[end.key] = end.result
        self._runtime.progress.ended(end)

    def _unreached(self, item: ItemResult | None, reports: dict[str, AssetReport]) -> tuple[str, ...]:
        records = item.records if item else {}
        failed = {step_id for step_id, record in records.items() if isinstance(record.outcome, Failure)}
        return self._blueprint.unreached(self._scope.wanted, reports, failed)

    async def _let_go(self, key: str, error: FlowCompilerError) -> None:
        """The item stays undecided: a later run, or the runner that took it over, finishes it."""
        end = ItemEnd(key, Failure.of(error), 0.0, [], frozenset(), frozenset(), complete=False)
        await self._runtime.inputs.ended(self._scope.run_id, end)
        self._runtime.progress.ended(end)


async def _all_unless(workers: Sequence[asyncio.Task[None]], asked: asyncio.Task[None]) -> None:
    """Until all workers are done. Raises what one of them raises, or RunCancelled once ``asked`` is done."""
    working = set(workers)
    while working:
        done, _ = await asyncio.wait({*working, asked}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        if asked in done:
            raise RunCancelled("the run was asked to stop")
        working -= done
