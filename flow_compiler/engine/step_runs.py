"""One step to its end: gate, replay, memo, attempts, ``onError``, and the record that makes it finished."""

from __future__ import annotations

import asyncio

from flow_compiler.engine.attempt_log import log_failed_attempt
from flow_compiler.engine.attempts import Attempts, Note
from flow_compiler.engine.calling import Caller
from flow_compiler.engine.cancelling import Cancelling
from flow_compiler.engine.components import Component, ComponentContext, Effect, Resources
from flow_compiler.engine.enforcing import EnforcedStep
from flow_compiler.engine.failures import CallFailed, too_deep, unroutable
from flow_compiler.engine.flow_plan import FlowPlan, FlowPlans
from flow_compiler.engine.flow_run import FlowRun
from flow_compiler.engine.leasing import HeldLease
from flow_compiler.engine.outcomes import Failure, FlowResult, Json, Reuse, StepRecord, Success
from flow_compiler.engine.registry import Components
from flow_compiler.engine.remembering import Remembering
from flow_compiler.engine.retrying import Budgets
from flow_compiler.engine.settings import EngineSettings
from flow_compiler.engine.step_hooks import HearsAdvance, StepHooks
from flow_compiler.engine.stores import ItemPath, Lease, Resumption, Stores, Trying, depth_of, nested_path
from flow_compiler.engine.sub_flows import SubFlows
from flow_compiler.engine.tally import Tally, artifact_refs
from flow_compiler.errors import UnknownComponent
from flow_compiler.language.model import ErrorAction, Step

_MAX_DEPTH = 100
"""Flows inside flows. Deeper there is most likely one that runs itself."""


class Machinery:
    """The parts of an engine that steps need, shared by all its items."""

    def __init__(
        self,
        components: Components,
        stores: Stores,
        resources: Resources,
        settings: EngineSettings,
        owner: str,
    ) -> None:
        self.components = components
        self.stores = stores
        self.resources = resources
        self.settings = settings
        self.owner = owner
        self.caller = Caller(settings.threads, settings.batch_wait, settings.calls)
        self.remembering = Remembering(stores.memo, stores.leases, self.caller.activity, owner, settings.lease_ttl)
        self.cancelling = Cancelling(stores.journal)
        self.plans = FlowPlans(enforce=settings.enforce_schemas)


class StepRuns:
    """The steps of one root item in one run, nested ones included."""

    def __init__(self, machinery: Machinery, run_id: str, hooks: StepHooks | None, refresh: bool) -> None:
        self.memo_keys: set[str] = set()
        self.artifacts: set[str] = set()
        self._parts = machinery
        self._run_id = run_id
        self._hooks = hooks
        self._refresh = refresh
        self._lease: HeldLease | None = None
        self._journaled: dict[tuple[ItemPath, str], StepRecord] = {}
        self._unfinished: dict[tuple[ItemPath, str], tuple[Trying, float]] = {}  # with the time it was read

    def under(self, lease: HeldLease, left: Resumption) -> None:
        """From now on records carry this lease, and what runners before left is replayed or gone on with."""
        self._lease = lease
        self._journaled, self._unfinished = {}, {}
        self._take_up(left)
        for record in self._journaled.values():
            self._note(record)

    def _take_up(self, left: Resumption) -> None:
        read_at = asyncio.get_running_loop().time()
        self._journaled.update(left.records)
        self._unfinished.update({name: (trying, read_at) for name, trying in left.trying.items()})

    def flow_run(
        self, plan: FlowPlan, path: ItemPath, given: Json, variables: dict[str, Json], tally: Tally, *, top: bool
    ) -> FlowRun:
        """A flow at ``path``; ``top`` is the root item's own flow, whose steps the hooks hear of."""

        async def run_step(step: Step, value: Json | Failure, *, allowed: bool) -> StepRecord | None:
            record = await self._run_step(path, step, value, self._hooks if top else None, allowed=allowed)
            if record is not None:
                tally.add(record)
            return record

        return FlowRun(plan, given, variables, run_step, self._parts.caller.activity)

    async def _run_step(
        self, path: ItemPath, step: Step, value: Json | Failure, hooks: StepHooks | None, *, allowed: bool
    ) -> StepRecord | None:
        if isinstance(value, Failure):  # neither retried nor replaced by a default (notes/stepflow 1.3)
            record = StepRecord(outcome=value, attempts=0)
        else:
            earlier = self._journaled.get((path, step.id))
            if earlier is not None and isinstance(earlier.outcome, Failure):
                finished, attempts = None, earlier.attempts
            else:
                finished, attempts = earlier, 0
            if finished is None and not allowed:
                return None
            refusal = await hooks.gate(step.id) if hooks is not None else None
            if refusal is not None:
                record = StepRecord(outcome=refusal, attempts=0)
            elif finished is not None:
                reused = finished.computed + finished.reused
                record = finished.model_copy(update={"reuse": Reuse.JOURNAL, "computed": 0, "reused": reused})
                if step.component in self._parts.components:
                    self._tell_progress(path, step, self._parts.components.get(step.component), record)
            else:
                record = await self._call_and_record(path, step, value, attempts)
        self._note(record)
        if hooks is not None:
            await hooks.finished(step.id, record)
        return record

    async def _call_and_record(self, path: ItemPath, step: Step, value: Json, attempts: int) -> StepRecord:
        try:
            component = self._parts.components.find(step.component, value)
        except UnknownComponent as error:
            return await self._record(path, step, StepRecord(outcome=unroutable(error), attempts=attempts))
        record = await self._attempts(path, step, component, value, attempts)
        self._tell_progress(path, step, component, record)
        return await self._record(path, step, record)

    async def _attempts(
        self, path: ItemPath, step: Step, component: Component, value: Json, earlier: int
    ) -> StepRecord:
        """Call until it succeeds or ``onError`` gives up."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        on_error = step.on_error
        left, read_at = self._unfinished.pop((path, step.id), (None, began))
        retries = on_error.max_retries if on_error.action is ErrorAction.RETRY else 0
        budgets = Budgets(retries, self._parts.settings, left)
        attempts = Attempts(self._noting(path, step), budgets, self._parts.caller.activity, earlier=earlier)
        if left is not None:
            await attempts.take_up(left, left.age + began - read_at)
        while True:
            attempts.count += 1
            tally = Tally()
            try:
                record = await self._obtain(path, step, component, value, attempts, tally)
                return record.model_copy(update={"attempts": attempts.count, "seconds": loop.time() - began})
            except CallFailed as failed:
                failure = failed.failure
                log_failed_attempt(self._run_id, path, step.id, attempts.count, failed)
            seconds = loop.time() - began
            if on_error.action is ErrorAction.USE_DEFAULT:
                tally.mark_degraded()
                return _ended(Success(result=on_error.default_value), component, tally, attempts.count, seconds)
            if not await attempts.again(failure):
                return _ended(failure, component, tally, attempts.count, seconds)
            if attempts.ran_flows:  # what ended below this step is replayed, as after a kill
                self._take_up(await self._parts.stores.journal.resume(self._run_id, path))

    async def _obtain(
        self, path: ItemPath, step: Step, component: Component, value: Json, attempts: Attempts, tally: Tally
    ) -> StepRecord:
        """One attempt: from the memo, from somebody who computes it now, or by calling. Raises CallFailed."""
        parts = self._parts
        accepted = parts.caller.accept(component, value, step.id)

        async def compute() -> StepRecord:
            loop = asyncio.get_running_loop()
            began = loop.time()
            async with attempts.under_way(durably=component.effect is Effect.WRITE):
                context = self._context(path, step, attempts, tally)
                result = await parts.caller.call(component, accepted, context)
            if isinstance(step, EnforcedStep):
                step.require(result)
            return _ended(Success(result=result), component, tally, attempts.count, loop.time() - began)

        if component.builtin or component.effect is Effect.WRITE:
            return await compute()
        key = parts.caller.memo_key(component, accepted, value, parts.resources)
        refresh = self._run_id if self._refresh else None
        found = await parts.remembering.obtain(key, component.path, compute, lease=component.lease, refresh=refresh)
        if isinstance(step, EnforcedStep) and isinstance(found.outcome, Success):
            step.require(found.outcome.result)  # another flow may have asked for less
        return found

    def _context(self, path: ItemPath, step: Step, attempts: Attempts, tally: Tally) -> ComponentContext:
        parts = self._parts

        async def run_below(plan: FlowPlan, given: Json, index: int, below: Tally) -> FlowResult:
            attempts.ran_flows = True
            if depth_of(path) >= _MAX_DEPTH:
                raise CallFailed(too_deep(_MAX_DEPTH))
            run = self.flow_run(plan, nested_path(path, step.id, index), given, {}, below, top=False)
            result = await run.output()
            assert result is not None  # nothing is left out of a nested run
            return result

        hears: object = self._hooks

        def advance(done: int, total: int | None = None) -> None:
            if isinstance(hears, HearsAdvance):
                hears.advanced(path, step.id, done, total)

        return ComponentContext(
            run_id=self._run_id,
            item=path,
            step_id=step.id,
            attempt=attempts.count,
            elapsed=attempts.elapsed,
            artifacts=parts.stores.artifacts,
            resources=parts.resources,
            report=tally.report,
            mark_degraded=tally.mark_degraded,
            run_flow=SubFlows(run_below, parts.plans, parts.caller.activity, tally, parts.settings.map_concurrency),
            progress=advance,
        )

    async def _record(self, path: ItemPath, step: Step, record: StepRecord) -> StepRecord:
        await self._parts.stores.journal.record(self._run_id, path, step.id, record, self._fence)
        return record

    def _noting(self, path: ItemPath, step: Step) -> Note:
        async def note(trying: Trying) -> None:
            await self._parts.stores.journal.note(self._run_id, path, step.id, trying, self._fence)

        return note

    @property
    def _fence(self) -> Lease | None:
        return self._lease.current if self._lease is not None else None

    def _note(self, record: StepRecord) -> None:
        if record.memo_key is not None:
            self.memo_keys.add(record.memo_key)
        self.artifacts.update(record.refs)

    def _tell_progress(self, path: ItemPath, step: Step, component: Component, record: StepRecord) -> None:
        if self._hooks is not None and record.attempts and not component.builtin:
            self._hooks.progressed(path, step.id, record)


def _ended(outcome: FlowResult, component: Component, tally: Tally, attempts: int, seconds: float) -> StepRecord:
    return StepRecord(
        outcome=outcome,
        attempts=attempts,
        seconds=seconds,
        numbers=tally.numbers,
        refs=artifact_refs(outcome.result) if isinstance(outcome, Success) else (),
        degraded=tally.degraded,
        computed=tally.computed + (0 if component.builtin else 1),
        reused=tally.reused,
    )
