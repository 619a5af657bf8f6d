"""One flow at one item: which steps are needed, when each can start, what waits for what (notes/stepflow 1.7).

A step is *demanded* when the output, a ``mustExecute`` or a demanded step refers to it. What refers to steps is
looked at again when they have finished, so that the branch of an ``$if`` is demanded only once its condition is
known: in step inputs and in the flow's output alike.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import Any, Protocol

from flow_compiler.engine.batching import Activity
from flow_compiler.engine.evaluation import PENDING, Scope, resolve
from flow_compiler.engine.flow_plan import FlowPlan
from flow_compiler.engine.outcomes import Failure, FlowResult, Json, StepRecord, Success, TaskErrorCode
from flow_compiler.language.model import Step

_OUTPUT = None
"""The flow's output among the things that wait for steps."""


class RunStep(Protocol):
    """Brings one step to its end: replayed, remembered or called."""

    async def __call__(self, step: Step, value: Json | Failure, *, allowed: bool) -> StepRecord | None:
        """``value`` is the resolved input, or why there is none. None: the step has no record yet, and may not be
        called in this pass (``allowed`` is false)."""
        ...


class FlowRun:
    """The steps of one item and what came of them so far. One pass (:meth:`output`, :meth:`steps`) at a time."""

    def __init__(
        self, plan: FlowPlan, given: Json, variables: dict[str, Json], run_step: RunStep, activity: Activity
    ) -> None:
        self.records: dict[str, StepRecord] = {}
        self._plan = plan
        self._results: dict[str, FlowResult] = {}
        self._scope = Scope(given, variables, plan.variable_defaults, self._results, plan.steps.keys())
        self._run_step = run_step
        self._activity = activity
        self._within: Collection[str] | None = None
        self._output: Any = PENDING
        self._demanded: set[str] = set()
        self._waiters: dict[str, dict[str | None, None]] = {}
        self._missing: dict[str | None, set[str]] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._again: dict[str | None, None] = {}
        self._news = asyncio.Event()
        self._broken: BaseException | None = None
        self._stopping = False
        self._refused = plan.enforced.refusal(given, variables) if plan.enforced is not None else None

    async def output(self, within: Collection[str] | None = None) -> FlowResult | None:
        """The flow's output, after it and the ``mustExecute`` steps. With ``within``, only those steps are called; the
        result is None as long as the output depends on others."""
        if self._refused is not None:
            return self._refused
        await self._pass([*self._plan.must_execute, _OUTPUT], within)
        if self._output is PENDING:
            return self._stuck(_OUTPUT) if within is None else None
        if isinstance(self._output, Failure):
            return self._output
        broken = self._plan.enforced.broken_output(self._output) if self._plan.enforced is not None else None
        return broken or Success(result=self._output)

    async def steps(self, chosen: Iterable[str]) -> FlowResult:
        """Exactly the chosen steps and what they need: their first failure, or a success without a value."""
        if self._refused is not None:
            return self._refused
        chosen = list(chosen)
        await self._pass(chosen, None)
        for step_id in chosen:
            found = self._results.get(step_id) or self._stuck(step_id)
            if isinstance(found, Failure):
                return found
        return Success()

    async def _pass(self, goals: Sequence[str | None], within: Collection[str] | None) -> None:
        self._within = within
        self._output = PENDING
        self._demanded.clear()
        self._waiters.clear()
        self._missing.clear()
        self._again.clear()
        try:
            for goal in goals:
                if goal is _OUTPUT:
                    self._demand(self._examine(_OUTPUT))
                else:
                    self._demand([goal])
            while self._running and self._broken is None:
                self._news.clear()
                await self._news.wait()
                again, self._again = self._again, {}
                for waiter in again:
                    self._demand(self._examine(waiter))
        finally:
            await self._stop()
        if self._broken is not None:
            broken, self._broken = self._broken, None
            raise broken

    async def _stop(self) -> None:
        """Nothing of a pass outlives it."""
        self._stopping = True
        try:
            while self._running:
                for task in self._running.values():
                    task.cancel()
                await asyncio.wait(list(self._running.values()))
                await asyncio.sleep(0)  # their callbacks take them off the list
        finally:
            self._stopping = False

    def _demand(self, step_ids: Iterable[str]) -> None:
        waiting = list(step_ids)[::-1]
        while waiting:  # not recursive: chains of steps may be long
            step_id = waiting.pop()
            if step_id not in self._demanded and step_id not in self._results:
                self._demanded.add(step_id)
                waiting.extend(self._examine(step_id))

    def _examine(self, name: str | None) -> list[str]:
        """Look at a demanded step's input (or the output): it starts, or the steps it waits for are returned."""
        missing: dict[str, None] = {}
        expression = self._plan.flow.output if name is _OUTPUT else self._plan.steps[name].input
        value = resolve(expression, self._scope, missing)
        if value is PENDING:
            self._missing[name] = set(missing)
            for step_id in missing:
                self._waiters.setdefault(step_id, {})[name] = None
            return list(missing)[::-1]
        self._missing.pop(name, None)
        if name is _OUTPUT:
            self._output = value
        else:
            self._start(self._plan.steps[name], value)
        return []

    def _start(self, step: Step, value: Any) -> None:
        self._activity.begin()
        task = asyncio.get_running_loop().create_task(self._carry_out(step, value))
        self._running[step.id] = task
        task.add_done_callback(partial(self._ended, step.id))

    async def _carry_out(self, step: Step, value: Any) -> None:
        allowed = self._within is None or step.id in self._within
        record = await self._run_step(step, value, allowed=allowed)
        if record is None:
            return
        self.records[step.id] = record
        self._results[step.id] = record.outcome
        for waiter in self._waiters.pop(step.id, ()):
            missing = self._missing.get(waiter)
            if missing is None:
                continue
            missing.discard(step.id)
            if waiter in self._plan.choosing:  # looked at once for all steps that finish together
                self._again[waiter] = None
                self._news.set()
            elif not missing:  # without a choice inside, nothing can be learned earlier
                self._demand(self._examine(waiter))

    def _ended(self, step_id: str, task: asyncio.Task[None]) -> None:
        self._activity.end()
        del self._running[step_id]
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is not None and not self._stopping and self._broken is None:
            self._broken = error
        if not self._running or self._broken is not None:
            self._news.set()

    def _stuck(self, name: str | None) -> Failure:
        """Nothing runs, and yet something waits: the steps refer to each other in a circle."""
        waited = sorted(self._missing.get(name, ())) or [str(name)]
        return Failure(
            code=TaskErrorCode.ORCHESTRATOR_ERROR,
            message=f"Step {waited[0]} not completed",
            error="flow.circular",
            next_step="Run `flow-compiler validate` on the flow: its steps wait for each other.",
        )
