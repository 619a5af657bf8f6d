"""One runner at a time per item of a run: waiting, taking over, fencing off, resuming, stopping."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flow_compiler.engine.components import ComponentContext, component
from flow_compiler.engine.outcomes import Failure, Reuse, StepRecord, Success
from flow_compiler.engine.settings import EngineSettings
from flow_compiler.engine.storage import memory_stores, open_stores
from flow_compiler.engine.storage.memory import MemoryLeases
from flow_compiler.engine.stores import Lease
from flow_compiler.errors import Category, LeaseLost
from flow_compiler.language.reading import flow_from_json

from .running import QUICK, Flows, MakeEngine, mapping, step

TWO = {
    "steps": [step("a", 1, "/t/work"), step("b", {"$step": "a"}, "/t/work")],
    "output": {"$step": "b"},
}


class Work:
    """Stops at the steps named in ``hold`` until told to go on."""

    def __init__(self, *hold: str) -> None:
        self.calls: list[str] = []
        self.attempts: list[int] = []
        self.reached, self.go = asyncio.Event(), asyncio.Event()

        @component("/t/work")
        async def work(given: Any, context: ComponentContext) -> Any:
            self.calls.append(f"{context.item}:{context.step_id}")
            self.attempts.append(context.attempt)
            if context.step_id in hold or context.item in hold:
                self.reached.set()
                await self.go.wait()
            return given

        self.component = work


async def test_a_second_runner_waits_and_replays_what_the_first_finished(make_engine: MakeEngine) -> None:
    stores, first, second = memory_stores(), Work("b"), Work()
    told: list[float] = []
    async with make_engine(first.component, stores=stores) as one, make_engine(second.component, stores=stores) as two:
        flow = flow_from_json(TWO)
        running = asyncio.create_task(one.item(flow, run_id="r", key="k", input=None).evaluate())
        await first.reached.wait()
        late = two.item(flow, run_id="r", key="k", input=None, waiting=told.append)
        waiting = asyncio.create_task(late.evaluate())
        await asyncio.sleep(0.05)
        assert second.calls == []
        assert told == [QUICK.lease_ttl]
        first.go.set()
        await running
        ended = await waiting
    assert second.calls == []
    assert {record.reuse for record in ended.records.values()} == {Reuse.JOURNAL}


async def test_the_same_engine_does_not_run_an_item_twice_at_once(make_engine: MakeEngine) -> None:
    work = Work()
    async with make_engine(work.component) as engine:
        items = [engine.item(flow_from_json(TWO), run_id="r", key="k", input=None) for _ in range(3)]
        await asyncio.gather(*(item.evaluate() for item in items))
    assert work.calls == ["k:a", "k:b"]


async def test_a_late_runner_is_fenced_off(make_engine: MakeEngine) -> None:
    """The first runner stalls past its lease (its renewals do not arrive); what it then records is refused."""
    stores, first, second = memory_stores(), Work("a"), Work()
    stalled = EngineSettings(backoff=QUICK.backoff, lease_ttl=600)
    async with (
        make_engine(first.component, stores=stores, settings=stalled) as one,
        make_engine(second.component, stores=stores) as two,
    ):
        flow = flow_from_json(TWO)
        late = asyncio.create_task(one.item(flow, run_id="r", key="k", input=None).evaluate())
        await first.reached.wait()
        held = stores.leases._held  # type: ignore[attr-defined]
        await stores.leases.release(held["item:r:k"])  # as if it had expired
        ended = await two.item(flow, run_id="r", key="k", input=None).evaluate()
        first.go.set()
        with pytest.raises(LeaseLost):
            await late
    assert ended.result == Success(result=1)
    assert second.calls == ["k:a", "k:b"]


async def test_a_runner_that_lost_its_lease_stops_by_itself(make_engine: MakeEngine) -> None:
    stores, work = memory_stores(), Work("a")
    settings = EngineSettings(backoff=QUICK.backoff, lease_ttl=0.15)
    async with make_engine(work.component, stores=stores, settings=settings) as engine:
        running = asyncio.create_task(engine.item(flow_from_json(TWO), run_id="r", key="k", input=None).evaluate())
        await work.reached.wait()
        lease = stores.leases._held["item:r:k"]  # type: ignore[attr-defined]
        await stores.leases.release(lease)
        assert await stores.leases.acquire("item:r:k", "another", 60) is not None
        with pytest.raises(LeaseLost):
            await running


async def test_a_runner_that_cannot_renew_its_lease_stops_whatever_the_reason(make_engine: MakeEngine) -> None:
    class Odd(MemoryLeases):
        async def renew(self, lease: Lease, ttl: float) -> Lease:
            raise RuntimeError("odd")

    stores, work = memory_stores(), Work("a")
    settings = EngineSettings(backoff=QUICK.backoff, lease_ttl=0.15)
    async with make_engine(work.component, stores=replace(stores, leases=Odd()), settings=settings) as engine:
        with pytest.raises(LeaseLost):
            await asyncio.wait_for(engine.item(flow_from_json(TWO), run_id="r", key="k", input=None).evaluate(), 10)


async def test_a_lease_is_kept_while_a_step_takes_longer_than_it_lasts(make_engine: MakeEngine) -> None:
    stores, work = memory_stores(), Work("a")
    settings = EngineSettings(backoff=QUICK.backoff, lease_ttl=0.2)
    async with make_engine(work.component, stores=stores, settings=settings) as engine:
        running = asyncio.create_task(engine.item(flow_from_json(TWO), run_id="r", key="k", input=None).evaluate())
        await work.reached.wait()
        began = time.monotonic()
        while time.monotonic() - began < 0.5:
            assert await stores.leases.acquire("item:r:k", "another", 60) is None
            await asyncio.sleep(0.05)
        work.go.set()
        assert (await running).result == Success(result=1)


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_a_stopped_run_goes_on_where_it_was(make_engine: MakeEngine, tmp_path: Path, kind: str) -> None:
    async def go(stores: Any) -> None:
        first, second = Work("k/m[5]"), Work()
        flow = flow_from_json(mapping("/t/work", max_concurrency=1))
        async with make_engine(first.component, stores=stores) as engine:
            running = asyncio.create_task(engine.item(flow, run_id="r", key="k", input=list(range(9))).evaluate())
            await first.reached.wait()
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
        async with make_engine(second.component, stores=stores) as engine:
            ended = await engine.item(flow, run_id="r", key="k", input=list(range(9))).evaluate()
        assert second.calls == [f"k/m[{index}]:each" for index in range(5, 9)]
        assert (ended.records["m"].computed, ended.records["m"].reused) == (4, 5)
        assert isinstance(ended.result, Success)
        assert [item["result"] for item in ended.result.result["results"]] == list(range(9))
        # and once more: the whole map is replayed
        third = Work()
        async with make_engine(third.component, stores=stores) as engine:
            again = await engine.item(flow, run_id="r", key="k", input=list(range(9))).evaluate()
        assert third.calls == []
        assert (again.records["m"].computed, again.records["m"].reused) == (0, 9)

    if kind == "memory":
        await go(memory_stores())
    else:
        async with open_stores(f"sqlite:///{tmp_path}/journal.sqlite", tmp_path / "artifacts") as stores:
            await go(stores)


async def test_a_failure_is_not_replayed_and_attempts_go_on_counting(evaluate: Flows) -> None:
    stores = memory_stores()
    flow = {"steps": [step("a", {"succeed_on": 3}, "/py/flaky")], "output": {"$step": "a"}}
    for attempt in (1, 2):
        ended = await evaluate(flow, None, stores=stores)
        assert isinstance(ended.result, Failure)
        assert ended.result.message == f"attempt {attempt} failed"
    ended = await evaluate(flow, None, stores=stores)
    assert ended.result == Success(result={"attempt": 3})


async def test_stopping_releases_the_lease_at_once(make_engine: MakeEngine) -> None:
    stores, work, second = memory_stores(), Work("a"), Work()
    async with make_engine(work.component, stores=stores) as engine:
        running = asyncio.create_task(engine.item(flow_from_json(TWO), run_id="r", key="k", input=None).evaluate())
        await work.reached.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert await stores.leases.acquire("item:r:k", "another", 60) is not None
        assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []
    assert second.calls == []


async def test_a_synchronous_step_never_blocks_the_loop_and_is_left_behind_when_stopped(
    make_engine: MakeEngine,
) -> None:
    began, may_end = threading.Event(), threading.Event()

    @component("/t/sync")
    def block(given: Any, context: ComponentContext) -> Any:
        began.set()
        may_end.wait(20)
        context.report(pages=1)  # nobody listens any more
        return given

    flow = flow_from_json(
        {"steps": [step("a", 1, "/t/sync"), step("b", 2)], "output": [{"$step": "a"}, {"$step": "b"}]}
    )
    async with make_engine(block) as engine:
        running = asyncio.create_task(engine.item(flow, run_id="r", key="k", input=None).evaluate())
        await asyncio.to_thread(began.wait, 20)  # the loop is free: this very line runs on it
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    may_end.set()


class Gate:
    """Refuses one step, and notes what it hears."""

    def __init__(self, refused: str | None = None) -> None:
        self.refused = refused
        self.finished_steps: list[tuple[str, str]] = []

    async def gate(self, step_id: str) -> Failure | None:
        if step_id != self.refused:
            return None
        return Failure(message="recall is too low", error="quality.recall", category=Category.QUALITY)

    async def finished(self, step_id: str, record: StepRecord) -> None:
        self.finished_steps.append((step_id, type(record.outcome).__name__))

    def progressed(self, item: str, step_id: str, record: StepRecord) -> None: ...


async def test_a_gate_keeps_a_step_from_being_called_and_what_follows_fails_with_its_reason(evaluate: Flows) -> None:
    work, gate = Work(), Gate("b")
    flow = {"steps": [*TWO["steps"], step("c", {"$step": "b"})], "output": {"$step": "c"}}
    ended = await evaluate(flow, None, work.component, hooks=gate)
    assert work.calls == ["item:a"]
    assert isinstance(ended.result, Failure)
    assert ended.result.category is Category.QUALITY
    assert gate.finished_steps == [("a", "Success"), ("b", "Failure"), ("c", "Failure")]


async def test_a_gate_also_stands_before_a_replay(evaluate: Flows) -> None:
    stores, work = memory_stores(), Work()
    await evaluate(TWO, None, work.component, stores=stores)
    ended = await evaluate(TWO, None, work.component, stores=stores, hooks=Gate("b"))
    assert isinstance(ended.result, Failure)


async def test_a_step_is_finished_once_its_record_is_committed(evaluate: Flows) -> None:
    stores = memory_stores()

    class Looks(Gate):
        async def finished(self, step_id: str, record: StepRecord) -> None:
            assert ("item", step_id) in await stores.journal.load("run", "item")
            await super().finished(step_id, record)

    looks = Looks()
    await evaluate(TWO, None, Work().component, stores=stores, hooks=looks)
    assert [step_id for step_id, _ in looks.finished_steps] == ["a", "b"]
