"""A run that somebody asked to stop: its steps stop soon, whatever is being waited for, and nothing else does."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from flow_compiler.engine.components import ComponentContext, component
from flow_compiler.engine.engine import EngineSettings
from flow_compiler.engine.outcomes import Success
from flow_compiler.engine.run_batch import run_batch
from flow_compiler.engine.settings import Backoff
from flow_compiler.engine.storage import memory_stores, open_stores
from flow_compiler.errors import ComponentError, RunCancelled
from flow_compiler.language.reading import flow_from_json

from .running import MakeEngine, step


class Held:
    """A component that is never done."""

    def __init__(self) -> None:
        self.reached, self.left = asyncio.Event(), 0

        @component("/t/held")
        async def hold(given: Any, context: ComponentContext) -> Any:
            self.reached.set()
            try:
                await asyncio.Event().wait()
            finally:
                self.left += 1

        self.component = hold


HELD = flow_from_json({"steps": [step("a"), step("b", {"$step": "a"}, "/t/held")], "output": {"$step": "b"}})


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flow_compiler.engine.cancelling.SECONDS_BETWEEN_LOOKS", 0.01)


async def test_a_step_under_way_is_stopped_when_another_process_asks(make_engine: MakeEngine, tmp_path: Path) -> None:
    place, held = (f"sqlite:///{tmp_path}/journal.db", tmp_path / "artifacts"), Held()
    async with open_stores(*place) as stores, open_stores(*place) as other:
        async with make_engine(held.component, stores=stores) as engine:
            running = asyncio.create_task(engine.item(HELD, run_id="r", key="k", input=None).evaluate())
            await held.reached.wait()
            await other.journal.cancel("r")
            with pytest.raises(RunCancelled) as caught:
                await asyncio.wait_for(running, 30)
        assert caught.value.next_step.startswith("Begin a new run")
        assert held.left == 1
        assert set(await other.journal.load("r", "k")) == {("k", "a")}
        assert await other.leases.acquire("item:r:k", "another", 60) is not None


async def test_a_back_off_is_stopped_too(make_engine: MakeEngine) -> None:
    stores, failed = memory_stores(), asyncio.Event()

    @component("/t/fails")
    async def fail(given: Any, context: ComponentContext) -> Any:
        failed.set()
        raise ComponentError("no")

    flow = flow_from_json({"steps": [step("a", 1, "/t/fails", onError={"action": "retry"})], "output": {"$step": "a"}})
    settings = EngineSettings(backoff=Backoff(min_seconds=600, max_seconds=600))
    async with make_engine(fail, stores=stores, settings=settings) as engine:
        running = asyncio.create_task(engine.item(flow, run_id="r", key="k", input=None).evaluate())
        await failed.wait()
        await stores.journal.cancel("r")
        with pytest.raises(RunCancelled):
            await asyncio.wait_for(running, 30)


async def test_a_cancelled_run_is_not_taken_up_again_and_others_go_on(make_engine: MakeEngine) -> None:
    stores, held = memory_stores(), Held()
    await stores.journal.cancel("r")
    quick = flow_from_json({"steps": [step("a", 1)], "output": {"$step": "a"}})
    async with make_engine(held.component, stores=stores) as engine:
        with pytest.raises(RunCancelled):
            await asyncio.wait_for(engine.item(HELD, run_id="r", key="k", input=None).evaluate(), 30)
        assert (await engine.item(quick, run_id="other", key="k", input=None).evaluate()).result == Success(result=1)


async def test_all_inputs_of_a_cancelled_run_are_let_go(make_engine: MakeEngine) -> None:
    stores, held = memory_stores(), Held()

    async def ended(index: int, result: Any) -> None:
        raise AssertionError("no input has ended")

    async with make_engine(held.component, stores=stores) as engine:
        running = asyncio.create_task(run_batch(engine, HELD, range(100), ended, run_id="r", at_once=4))
        await held.reached.wait()
        await stores.journal.cancel("r")
        with pytest.raises(RunCancelled):
            await asyncio.wait_for(running, 30)
    assert 1 <= held.left <= 4
