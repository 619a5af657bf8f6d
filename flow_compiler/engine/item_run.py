"""One root item of a run: under its lease, from what its journal holds, to its result."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from flow_compiler.engine.flow_run import FlowRun
from flow_compiler.engine.leasing import held, new_owner, while_held
from flow_compiler.engine.outcomes import FlowResult, Json, StepRecord, Success
from flow_compiler.engine.step_hooks import StepHooks
from flow_compiler.engine.step_runs import Machinery, StepRuns
from flow_compiler.engine.stores import root_path
from flow_compiler.engine.tally import Tally
from flow_compiler.language.model import Flow


@dataclass(frozen=True)
class ItemResult:
    """How an item stands after an evaluation.

    ``records`` holds every top-level step that ended, those that failed because something before them failed included
    (with ``attempts`` 0). ``memo_keys`` and ``artifacts`` are what the item has used so far, nested steps included.
    ``decided`` is false after :meth:`ItemRun.advance` while the output still depends on steps that were not called.
    """

    result: FlowResult
    records: Mapping[str, StepRecord]
    seconds: float
    memo_keys: frozenset[str]
    artifacts: frozenset[str]
    decided: bool = True


class ItemRun:
    """A root item. Evaluations of it run one after the other and share what has finished."""

    def __init__(
        self,
        machinery: Machinery,
        flow: Flow,
        *,
        run_id: str,
        key: str,
        given: Json,
        variables: Mapping[str, Json],
        hooks: StepHooks | None,
        refresh: bool,
        waiting: Callable[[float], None] | None = None,
    ) -> None:
        self.key = key
        self._waiting = waiting
        self._machinery = machinery
        self._run_id = run_id
        self._path = root_path(key)
        self._steps = StepRuns(machinery, run_id, hooks, refresh)
        self._flow = self._steps.flow_run(
            machinery.plans.of(flow), self._path, given, dict(variables), Tally(), top=True
        )
        self._one_at_a_time = asyncio.Lock()

    async def evaluate(self, steps: Sequence[str] | None = None) -> ItemResult:
        """The flow's output and its ``mustExecute`` steps; or exactly ``steps`` and what they need, then ``result`` is
        their first failure, or a success without a value.

        Waits while another runner works on this item of this run, and replays what that one finished. Raises LeaseLost
        when the work was taken over, RunCancelled when the run was asked to stop, StoreError when what was done cannot
        be recorded; failures of steps are results.
        """
        if steps is None:
            return await self._under_lease(lambda flow: flow.output())
        return await self._under_lease(lambda flow: flow.steps(steps))

    async def advance(self, within: Collection[str]) -> ItemResult:
        """Go towards the flow's output, but call no step outside ``within``: what laziness leaves out stays out.
        Steps outside are replayed where the journal has them. See ``decided``."""
        return await self._under_lease(lambda flow: flow.output(frozenset(within)))

    async def _under_lease(self, evaluation: Callable[[FlowRun], Awaitable[FlowResult | None]]) -> ItemResult:
        parts = self._machinery
        loop = asyncio.get_running_loop()
        began = loop.time()
        name = f"item:{self._run_id}:{self.key}"
        async with (
            self._one_at_a_time,
            parts.cancelling.watched(self._run_id) as asked,
            held(parts.stores.leases, name, new_owner(), parts.settings.lease_ttl, self._waiting) as lease,
        ):
            self._steps.under(lease, await parts.stores.journal.resume(self._run_id, self._path))
            result = await while_held(lease, asked, self._evaluated(evaluation))
        return ItemResult(
            result=Success() if result is None else result,
            records=dict(self._flow.records),
            seconds=loop.time() - began,
            memo_keys=frozenset(self._steps.memo_keys),
            artifacts=frozenset(self._steps.artifacts),
            decided=result is not None,
        )

    async def _evaluated(self, evaluation: Callable[[FlowRun], Awaitable[FlowResult | None]]) -> FlowResult | None:
        return await evaluation(self._flow)
