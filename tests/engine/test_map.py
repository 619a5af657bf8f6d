"""``/builtin/map``: concurrency that holds, order, isolation, numbers, bounded memory."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from flow_compiler.engine.components import ComponentContext, component
from flow_compiler.engine.outcomes import Failure, StepRecord, Success
from flow_compiler.engine.settings import EngineSettings
from flow_compiler.engine.storage import memory_stores
from flow_compiler.language.reading import flow_from_json

from .running import QUICK, Flows, MakeEngine, mapping, step


class Watched:
    """Knows how many of its calls are under way."""

    def __init__(self) -> None:
        self.now = self.most = 0

        @component("/t/watched")
        async def watched(given: int, context: ComponentContext) -> int:
            self.now += 1
            self.most = max(self.most, self.now)
            for _ in range(5 - given % 5):
                await asyncio.sleep(0)
            self.now -= 1
            context.report(pages=1, longest_max=given)
            return given * 2

        self.component = watched


@pytest.mark.parametrize("limit", [1, 3, 100])
async def test_concurrency_holds_and_results_keep_their_order(evaluate: Flows, limit: int) -> None:
    watched = Watched()
    ended = await evaluate(mapping("/t/watched", max_concurrency=limit), list(range(40)), watched.component)
    assert isinstance(ended.result, Success)
    assert watched.most == min(limit, 40)
    assert ended.result.result == {
        "results": [{"outcome": "success", "result": n * 2} for n in range(40)],
        "successful": 40,
        "failed": 0,
    }


async def test_without_a_limit_the_engines_width_holds(evaluate: Flows) -> None:
    watched = Watched()
    settings = EngineSettings(backoff=QUICK.backoff, map_concurrency=7)
    await evaluate(mapping("/t/watched"), list(range(30)), watched.component, settings=settings)
    assert watched.most == 7


async def test_counts_and_numbers_of_items_show_on_the_map(evaluate: Flows) -> None:
    ended = await evaluate(mapping("/t/watched"), list(range(5)), Watched().component)
    record = ended.records["m"]
    assert (record.computed, record.reused, record.numbers) == (5, 0, {"pages": 5, "longest_max": 4})


async def test_items_are_isolated_and_failures_tell_their_reason(evaluate: Flows) -> None:
    ended = await evaluate(mapping("/py/boom"), [{"message": "one"}, {}])
    assert isinstance(ended.result, Success)
    first, second = ended.result.result["results"]
    assert first["error"]["message"] == "one"
    assert second["error"]["data"]["error"] == "component.raised"
    assert ended.result.result["failed"] == 2


async def test_items_are_journaled_under_the_map(evaluate: Flows) -> None:
    stores = memory_stores()
    nested = {"steps": [step("m2", {"items": {"$input": "$"}, "workflow": {"$literal": {"steps": [step("leaf", {"$input": "$"})], "output": {"$step": "leaf"}}}}, "/builtin/map")], "output": {"$step": "m2"}}  # fmt: skip
    flow = {"steps": [step("m", {"items": [[1, 2], [3]], "workflow": {"$literal": nested}}, "/builtin/map")], "output": {"$step": "m"}}  # fmt: skip
    await evaluate(flow, None, stores=stores, key="doc")
    journaled = await stores.journal.load("run", "doc")
    assert set(journaled) == {
        ("doc", "m"),
        ("doc/m[0]", "m2"),
        ("doc/m[1]", "m2"),
        ("doc/m[0]/m2[0]", "leaf"),
        ("doc/m[0]/m2[1]", "leaf"),
        ("doc/m[1]/m2[0]", "leaf"),
    }


async def test_progress_is_told_for_each_leaf_call(make_engine: MakeEngine) -> None:
    told: list[tuple[str, str]] = []

    class Hooks:
        async def gate(self, step_id: str) -> Failure | None:
            return None

        async def finished(self, step_id: str, record: StepRecord) -> None: ...

        def progressed(self, item: str, step_id: str, record: StepRecord) -> None:
            told.append((item, step_id))

    async with make_engine() as engine:
        flow = flow_from_json(mapping("/py/ident"))
        await engine.item(flow, run_id="r", key="k", input=[1, 2], hooks=Hooks()).evaluate()
    assert sorted(told) == [("k/m[0]", "each"), ("k/m[1]", "each")]


async def test_a_flow_that_cannot_be_read_fails_the_step(evaluate: Flows) -> None:
    flow = {"steps": [step("m", {"items": [], "workflow": {"steps": [{"id": "x"}]}}, "/builtin/map")], "output": {"$step": "m"}}  # fmt: skip
    ended = await evaluate(flow)
    assert isinstance(ended.result, Failure)
    assert (ended.result.code, ended.result.message) == ("UNREACHABLE", 'step "m" failed')
    assert "component" in ended.result.next_step


async def test_many_items_are_never_many_tasks(evaluate: Flows) -> None:
    most = 0

    @component("/t/count_tasks")
    async def count_tasks(given: int, context: Any) -> None:
        nonlocal most
        if given % 500 == 0:
            most = max(most, len(asyncio.all_tasks()))

    ended = await evaluate(mapping("/t/count_tasks"), list(range(5000)), count_tasks)
    assert ended.records["m"].computed == 5000
    assert most < 4 * QUICK.map_concurrency
    gc.collect()


async def test_a_store_that_fails_ends_the_run_and_not_just_an_item(make_engine: MakeEngine) -> None:
    from dataclasses import replace

    from flow_compiler.errors import StoreUnavailable

    stores = memory_stores()

    class Full:
        def __getattr__(self, name: str) -> Any:
            return getattr(stores.journal, name)

        async def record(self, *args: Any) -> None:
            raise StoreUnavailable("the disk is full")

    async with make_engine(stores=replace(stores, journal=Full())) as engine:  # type: ignore[arg-type]
        with pytest.raises(StoreUnavailable):
            await engine.item(flow_from_json(mapping("/py/ident")), run_id="r", key="k", input=[1, 2, 3]).evaluate()


@pytest.mark.parametrize("value", ["\ud800", float("nan")])
async def test_a_flow_inside_that_is_not_json_fails_the_step_with_the_place(evaluate: Flows, value: Any) -> None:
    given = {"items": [1], "workflow": {"$variable": "flow"}}
    flow = {"steps": [step("m", given, "/builtin/map")], "output": {"$step": "m"}}
    ended = await evaluate(flow, variables={"flow": {"steps": [], "output": value}})
    assert isinstance(ended.result, Failure)
    assert (ended.result.error, "$.output" in ended.result.next_step) == ("flow.unreadable", True)


async def test_the_order_of_keys_of_a_result_does_not_depend_on_what_ran_before(evaluate: Flows) -> None:
    def over(items: Any, output: dict[str, int]) -> dict[str, Any]:
        return {"items": items, "workflow": {"$literal": {"output": output}}}

    first = step("first", over([1], {"a": 1, "b": 2}), "/builtin/map")
    second = step("second", over([{"$step": "first"}], {"b": 2, "a": 1}), "/builtin/map")
    ended = await evaluate({"steps": [first, second], "output": {"$step": "second", "path": "$.results[0].result"}})
    assert isinstance(ended.result, Success)
    assert list(ended.result.result) == ["b", "a"]
