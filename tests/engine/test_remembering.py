"""Memo: what is computed once, reused by whom, and what is never reused (design, idea 2)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flow_compiler.engine.components import ComponentContext, Resources, component
from flow_compiler.engine.memo_key import memo_key
from flow_compiler.engine.outcomes import Failure, Reuse, Success
from flow_compiler.engine.settings import EngineSettings
from flow_compiler.engine.storage import memory_stores
from flow_compiler.language.reading import flow_from_json

from .running import QUICK, Flows, MakeEngine, mapping, step

ONE = {"steps": [step("a", {"$input": "$"}, "/t/work")], "output": {"$step": "a"}}


class Work:
    """A component that counts its calls."""

    def __init__(self, effect: str = "pure", **options: Any) -> None:
        self.calls = 0
        self.fail = False
        self.degraded = False

        @component("/t/work", effect=effect, **options)
        async def work(given: Any, context: ComponentContext) -> Any:
            self.calls += 1
            await asyncio.sleep(0)
            context.report(pages=2)
            if self.fail:
                raise RuntimeError("not today")
            if self.degraded:
                context.mark_degraded()
            return {"v": given, "call": self.calls}

        self.component = work


@pytest.mark.parametrize(("effect", "calls"), [("pure", 1), ("read", 1), ("write", 2)])
async def test_another_run_reuses_all_but_writes(evaluate: Flows, effect: str, calls: int) -> None:
    work, stores = Work(effect), memory_stores()
    first = await evaluate(ONE, 1, work.component, stores=stores, run_id="r1", key="x")
    second = await evaluate(ONE, 1, work.component, stores=stores, run_id="r2", key="y")
    assert work.calls == calls
    record = second.records["a"]
    assert (record.reuse, record.computed, record.reused) == (
        (Reuse.MEMO, 0, 1) if calls == 1 else (Reuse.COMPUTED, 1, 0)
    )
    assert record.numbers == first.records["a"].numbers == {"pages": 2}
    assert bool(second.memo_keys) is (calls == 1)


async def test_one_run_never_repeats_a_finished_step(evaluate: Flows) -> None:
    work, stores = Work("write"), memory_stores()
    await evaluate(ONE, 1, work.component, stores=stores)
    again = await evaluate(ONE, 1, work.component, stores=stores)
    assert work.calls == 1
    assert (again.records["a"].reuse, again.records["a"].numbers) == (Reuse.JOURNAL, {"pages": 2})


MISSES = [
    ("input", 2, {}),
    ("version", 1, {"version": "2"}),
    ("profile", 1, {"profile": lambda value, resources: "other weights"}),
]


@pytest.mark.parametrize(("what", "given", "options"), MISSES, ids=[case[0] for case in MISSES])
async def test_what_a_result_depends_on_is_in_its_key(
    evaluate: Flows, what: str, given: int, options: dict[str, Any]
) -> None:
    stores, before, after = memory_stores(), Work(), Work(**options)
    await evaluate(ONE, 1, before.component, stores=stores, run_id="r1")
    await evaluate(ONE, given, after.component, stores=stores, run_id="r2")
    assert (before.calls, after.calls) == (1, 1)


def test_neighbouring_parts_of_a_key_do_not_run_together() -> None:
    def named(path: str, version: str) -> Any:
        @component(path, version=version)
        async def nothing(given: Any, context: Any) -> Any: ...

        return nothing.__component__  # type: ignore[attr-defined]

    assert memo_key(named("/a", "12"), "", 1) != memo_key(named("/a1", "2"), "", 1)
    assert memo_key(named("/a", "1"), "", {"b": 1, "a": 2}) == memo_key(named("/a", "1"), "", {"a": 2, "b": 1})


async def test_failures_are_never_remembered(evaluate: Flows) -> None:
    work, stores = Work(), memory_stores()
    work.fail = True
    assert isinstance((await evaluate(ONE, 1, work.component, stores=stores, run_id="r1")).result, Failure)
    work.fail = False
    assert isinstance((await evaluate(ONE, 1, work.component, stores=stores, run_id="r2")).result, Success)
    assert work.calls == 2


async def test_a_default_is_not_remembered_for_others(evaluate: Flows) -> None:
    work, stores = Work(), memory_stores()
    work.fail = True
    replacing = {**ONE, "steps": [{**ONE["steps"][0], "onError": {"action": "useDefault"}}]}
    await evaluate(replacing, 1, work.component, stores=stores, run_id="r1")
    work.fail = False
    ended = await evaluate(ONE, 1, work.component, stores=stores, run_id="r2")
    assert ended.result == Success(result={"v": 1, "call": 2})


async def test_refresh_computes_anew_and_replaces_what_is_remembered(evaluate: Flows) -> None:
    work, stores = Work(), memory_stores()
    await evaluate(ONE, 1, work.component, stores=stores, run_id="r1")
    await evaluate(ONE, 1, work.component, stores=stores, run_id="r2", refresh=True)
    after = await evaluate(ONE, 1, work.component, stores=stores, run_id="r3")
    assert after.result == Success(result={"v": 1, "call": 2})
    assert work.calls == 2


async def test_refresh_computes_each_input_once(evaluate: Flows) -> None:
    work = Work()
    ended = await evaluate(mapping("/t/work", max_concurrency=1), [1, 1, 1], work.component, refresh=True)
    assert work.calls == 1
    assert (ended.records["m"].computed, ended.records["m"].reused) == (1, 2)


async def test_a_run_with_refresh_takes_no_result_that_another_run_is_just_looking_up(make_engine: MakeEngine) -> None:
    work = Work()
    async with make_engine(work.component) as engine:
        runs = [("r1", False), ("r2", False), ("r3", True), ("r4", True)]
        items = [
            engine.item(flow_from_json(ONE), run_id=run, key="a", input=1, refresh=refresh) for run, refresh in runs
        ]
        await items[0].evaluate()
        ended = await asyncio.gather(*(item.evaluate() for item in items[1:]))
    assert [one.records["a"].reuse for one in ended] == [Reuse.MEMO, Reuse.COMPUTED, Reuse.COMPUTED]
    assert work.calls == 3


async def test_callers_of_one_run_with_refresh_share_a_failure(evaluate: Flows) -> None:
    work = Work()
    work.fail = True
    await evaluate(mapping("/t/work"), [1] * 5, work.component, refresh=True)
    assert work.calls == 1


async def test_what_runs_with_refresh_computed_is_forgotten_after_some_runs(make_engine: MakeEngine) -> None:
    work = Work()
    async with make_engine(work.component) as engine:
        for number in range(40):
            await engine.item(flow_from_json(ONE), run_id=f"r{number}", key="a", input=1, refresh=True).evaluate()
        assert len(engine._machinery.remembering._refreshed) <= 16


async def test_a_degraded_result_is_reused_flagged_and_can_be_improved(evaluate: Flows) -> None:
    work, stores = Work(), memory_stores()
    work.degraded = True
    await evaluate(ONE, 1, work.component, stores=stores, run_id="r1")
    reused = await evaluate(ONE, 1, work.component, stores=stores, run_id="r2")
    assert (work.calls, reused.records["a"].degraded) == (1, True)
    work.degraded = False
    await evaluate(ONE, 1, work.component, stores=stores, run_id="r3", refresh=True)
    improved = await evaluate(ONE, 1, work.component, stores=stores, run_id="r4")
    assert improved.records["a"].degraded is False


async def test_degradation_shows_on_the_map_above(evaluate: Flows) -> None:
    work = Work()
    work.degraded = True
    assert (await evaluate(mapping("/t/work"), [1, 2], work.component)).records["m"].degraded


@pytest.mark.parametrize("lease", [False, True])
async def test_one_process_computes_a_key_once_at_a_time(evaluate: Flows, lease: bool) -> None:
    work = Work(lease=lease)
    ended = await evaluate(mapping("/t/work"), [1] * 20, work.component)
    assert work.calls == 1
    assert (ended.records["m"].computed, ended.records["m"].reused) == (1, 19)


async def test_who_waited_shares_the_failure_instead_of_repeating_it(evaluate: Flows) -> None:
    work = Work()
    work.fail = True
    ended = await evaluate(mapping("/t/work"), [1] * 5, work.component)
    assert work.calls == 1
    assert isinstance(ended.result, Success)
    assert ended.result.result["failed"] == 5


async def test_who_waited_goes_on_when_the_first_caller_is_stopped(make_engine: MakeEngine) -> None:
    calls, began = 0, asyncio.Event()

    @component("/t/work", effect="pure")
    async def work(given: Any, context: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            began.set()
            await asyncio.Event().wait()
        return given

    async with make_engine(work) as engine:
        items = [engine.item(flow_from_json(ONE), run_id="r", key=key, input=1) for key in "ab"]
        first = asyncio.create_task(items[0].evaluate())
        await began.wait()
        second = asyncio.create_task(items[1].evaluate())
        await asyncio.sleep(0.01)
        first.cancel()
        assert (await second).result == Success(result=1)
    assert calls == 2


SHORT = EngineSettings(backoff=QUICK.backoff, lease_ttl=0.3)


async def test_two_engines_compute_a_leased_key_once(make_engine: MakeEngine) -> None:
    stores, works = memory_stores(), [Work(lease=True), Work(lease=True)]
    async with (
        make_engine(works[0].component, stores=stores) as one,
        make_engine(works[1].component, stores=stores) as two,
    ):
        runs = [
            engine.item(flow_from_json(ONE), run_id=f"r{n}", key="k", input=1) for n, engine in enumerate((one, two))
        ]
        ended = await asyncio.gather(*(run.evaluate() for run in runs))
    assert works[0].calls + works[1].calls == 1
    assert ended[0].result == ended[1].result
    assert {item.records["a"].reuse for item in ended} == {Reuse.COMPUTED, Reuse.WAITED}


async def test_the_lease_of_a_dead_owner_expires_and_the_work_is_taken_over(evaluate: Flows) -> None:
    stores, work = memory_stores(), Work(lease=True)
    key = memo_key(work.component.__component__, "", 1)
    await stores.leases.acquire(f"memo:{key}", "dead", ttl=0.2)
    ended = await evaluate(ONE, 1, work.component, stores=stores)
    assert (work.calls, ended.result) == (1, Success(result={"v": 1, "call": 1}))


async def test_a_missing_resource_of_a_profile_fails_the_step(evaluate: Flows) -> None:
    work = Work(profile=lambda value, resources: resources.get(Work))
    ended = await evaluate(ONE, 1, work.component, resources=Resources())
    assert isinstance(ended.result, Failure)
    assert ended.result.error == "component.resource_missing"


async def test_a_result_names_the_artifacts_it_refers_to(evaluate: Flows) -> None:
    @component("/t/refer")
    async def refer(given: Any, context: ComponentContext) -> Any:
        first, second = await context.put_blob(b"1"), await context.put_blob(b"2")
        return {"deep": [{"a": first.to_json()}], "b": second.to_json(), "again": first.to_json()}

    flow = {"steps": [step("a", 1, "/t/refer")], "output": None}
    ended = await evaluate(flow, None, refer, steps=["a"])
    assert len(ended.records["a"].refs) == 2
    assert ended.artifacts == set(ended.records["a"].refs)
