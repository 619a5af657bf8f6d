"""Attempts: noted before a component with an effect is called, under the lease; what ended below a step is not run again."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from flow_compiler.engine.components import ComponentContext, component
from flow_compiler.engine.outcomes import Failure, StepRecord, Success
from flow_compiler.engine.storage import memory_stores
from flow_compiler.engine.stores import Stores, Trying
from flow_compiler.errors import ComponentError, LeaseLost
from flow_compiler.language.reading import flow_from_json

from .running import Flows, MakeEngine, step

ONE = {"steps": [step("a", 1, "/t/looks")], "output": {"$step": "a"}}


async def tried(stores: Stores) -> dict[str, int]:
    """Attempts begun, by step, as a runner would find them after a kill now."""
    left = await stores.journal.resume("run", "item")
    return {name: trying.attempts for (_, name), trying in left.trying.items()}


async def test_a_component_with_an_effect_is_called_once_its_attempt_is_committed(evaluate: Flows) -> None:
    stores, found = memory_stores(), []

    @component("/t/looks")
    async def look(given: Any, context: ComponentContext) -> Any:
        found.append(await tried(stores))

    await evaluate(ONE, None, look, stores=stores)
    assert found == [{"a": 1}]
    assert await tried(stores) == {}


@pytest.mark.parametrize("effect", ["pure", "read"])
async def test_a_call_without_effect_is_noted_once_it_takes_a_moment(evaluate: Flows, effect: str) -> None:
    stores, found = memory_stores(), []

    @component("/t/looks", effect=effect)
    async def look(given: Any, context: ComponentContext) -> Any:
        found.append(await tried(stores))
        while not await tried(stores):  # noqa: ASYNC110  the journal rings no bell
            await asyncio.sleep(0.001)
        found.append(await tried(stores))

    await evaluate(ONE, None, look, stores=stores)
    assert found == [{}, {"a": 1}]
    assert await tried(stores) == {}


async def test_a_runner_that_lost_its_lease_calls_nothing_with_an_effect_any_more(make_engine: MakeEngine) -> None:
    stores, calls = memory_stores(), []

    @component("/t/looks")
    async def look(given: Any, context: ComponentContext) -> Any:
        calls.append(context.step_id)

    class TakenOver:
        async def gate(self, step_id: str) -> Failure | None:
            held = stores.leases._held["item:run:item"]  # type: ignore[attr-defined]
            await stores.leases.release(held)
            await stores.leases.acquire("item:run:item", "another", 60)
            return None

        async def finished(self, step_id: str, record: StepRecord) -> None: ...

        def progressed(self, item: str, step_id: str, record: StepRecord) -> None: ...

    async with make_engine(look, stores=stores) as engine:
        with pytest.raises(LeaseLost):
            await engine.item(flow_from_json(ONE), run_id="run", key="item", input=None, hooks=TakenOver()).evaluate()
    assert calls == []


async def test_a_call_that_goes_on_after_a_kill_knows_how_long_ago_it_was_begun(evaluate: Flows) -> None:
    stores, elapsed = memory_stores(), []

    @component("/t/looks")
    async def look(given: Any, context: ComponentContext) -> Any:
        elapsed.append((context.attempt, context.elapsed))
        if context.attempt == 4:
            raise ComponentError("once more")

    await stores.journal.note("run", "item", "a", Trying(3, age=100.0))
    again = {**ONE, "steps": [step("a", 1, "/t/looks", onError={"action": "retry"})]}
    await evaluate(again, None, look, stores=stores)
    (_, first), last = elapsed
    assert 100 <= first < 160
    assert last == (5, 0.0)  # another call, begun by this runner


async def test_a_retried_step_finds_what_ended_below_it_and_calls_only_what_failed(evaluate: Flows) -> None:
    stores, calls = memory_stores(), Counter[str]()

    @component("/t/work")
    async def work(given: Any, context: ComponentContext) -> Any:
        calls[f"{context.item}:{context.step_id}:{context.attempt}"] += 1
        if given == 2 and context.attempt == 1:
            raise ComponentError("not yet")
        return given

    @component("/t/loop")
    async def loop(given: Any, context: ComponentContext) -> Any:
        assert context.run_flow is not None
        inner = {"steps": [step("w", {"$input": "$"}, "/t/work")], "output": {"$step": "w"}}
        ended = [await context.run_flow(inner, number) for number in (1, 2, 3)]
        if any(isinstance(one, Failure) for one in ended):
            raise ComponentError("a run below failed")
        return len(ended)

    flow = {"steps": [step("l", 1, "/t/loop", onError={"action": "retry"})], "output": {"$step": "l"}}
    ended = await evaluate(flow, None, work, loop, stores=stores)
    assert ended.result == Success(result=3)
    assert calls == {"item/l[0]:w:1": 1, "item/l[1]:w:1": 1, "item/l[1]:w:2": 1, "item/l[2]:w:1": 1}
