"""Running flows below a step: what ``context.run_flow`` is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from flow_compiler.engine.batching import Activity
from flow_compiler.engine.call_slots import HeldSlot
from flow_compiler.engine.flow_plan import FlowPlan, FlowPlans
from flow_compiler.engine.outcomes import FlowResult, Json
from flow_compiler.engine.tally import Tally

RunItem = Callable[[FlowPlan, Json, int, Tally], Awaitable[FlowResult]]
"""Runs a plan on an input as item ``index`` below the step."""


class SubFlows:
    """The runs of one step's call."""

    def __init__(self, run: RunItem, plans: FlowPlans, activity: Activity, tally: Tally, width: int) -> None:
        self._run = run
        self._plans = plans
        self._activity = activity
        self._tally = tally
        self._width = width
        self._inside = 0
        self._next = 0
        self._last: tuple[Any, FlowPlan] | None = None
        self._slot: HeldSlot | None = None

    def during(self, slot: HeldSlot) -> None:
        """The call has this slot, and gives it back while it waits for its flows."""
        self._slot = slot

    @property
    def width(self) -> int:
        return self._width

    def check(self, flow: Json) -> None:
        self._plan(flow)

    async def __call__(self, flow: Json, given: Json, index: int | None = None) -> FlowResult:
        plan = self._plan(flow)
        index = self._next if index is None else index
        self._next = index + 1
        # While its sub-flows run, the step itself cannot add to a batch.
        self._inside += 1
        if self._inside == 1:
            self._activity.end()
        try:
            if self._slot is None:
                return await self._run(plan, given, index, self._tally)
            async with self._slot.aside():
                return await self._run(plan, given, index, self._tally)
        finally:
            self._inside -= 1
            if self._inside == 0:
                self._activity.begin()

    def _plan(self, flow: Json) -> FlowPlan:
        """A map gives the same object for each of its items: it is read once."""
        if self._last is None or self._last[0] is not flow:
            self._last = (flow, self._plans.of_json(flow))
        return self._last[1]
