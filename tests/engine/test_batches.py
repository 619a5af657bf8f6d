"""``batch=N`` components: who travels together, when a batch leaves, and that nobody suffers for a neighbour."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic import BaseModel

from flow_compiler.engine.components import BatchContext, component
from flow_compiler.engine.outcomes import Failure, Success
from flow_compiler.engine.settings import EngineSettings
from flow_compiler.errors import ComponentError
from flow_compiler.language.reading import flow_from_json

from .running import QUICK, Flows, MakeEngine, mapping, step

PATIENT = EngineSettings(backoff=QUICK.backoff, batch_wait=60)


class Batched:
    def __init__(self, size: int = 4, effect: str = "write") -> None:
        self.batches: list[list[Any]] = []
        self.items: list[list[str]] = []

        @component("/t/batch", batch=size, effect=effect)
        async def work(given: list[int], context: BatchContext) -> list[int | ComponentError]:
            self.batches.append(list(given))
            self.items.append([one.item for one in context.items])
            if "poison" in map(str, given) or -1 in given:
                raise RuntimeError("poisoned")
            for one in context.items:
                one.report(pages=1)
            return [ComponentError("odd one") if value == 13 else value * 10 for value in given]

        self.component = work


async def test_a_batch_leaves_when_it_is_full_and_the_rest_when_nothing_else_can_join(evaluate: Flows) -> None:
    batched = Batched(4)
    ended = await evaluate(mapping("/t/batch"), list(range(10)), batched.component, settings=PATIENT)
    assert isinstance(ended.result, Success)
    assert [item["result"] for item in ended.result.result["results"]] == [n * 10 for n in range(10)]
    assert [len(batch) for batch in batched.batches] == [4, 4, 2]
    assert ended.records["m"].numbers == {"pages": 10}


async def test_items_of_several_documents_travel_together(make_engine: MakeEngine) -> None:
    batched = Batched(8)
    async with make_engine(batched.component, settings=PATIENT) as engine:
        items = [engine.item(flow_from_json(mapping("/t/batch")), run_id="r", key=key, input=[1, 2, 3]) for key in "ab"]
        await asyncio.gather(*(item.evaluate() for item in items))
    assert [len(batch) for batch in batched.batches] == [6]
    assert batched.items[0] == [f"{key}/m[{index}]" for key in "ab" for index in range(3)]


async def test_a_batch_does_not_wait_long_for_work_that_may_never_join(evaluate: Flows) -> None:
    batched, may_end = Batched(4), asyncio.Event()

    @component("/t/long")
    async def long(given: Any, context: Any) -> Any:
        await may_end.wait()
        return given

    @component("/t/after")
    async def after(given: Any, context: Any) -> Any:
        may_end.set()
        return given

    steps = [step("long", 1, "/t/long"), step("b", 5, "/t/batch"), step("after", {"$step": "b"}, "/t/after")]
    ended = await evaluate(
        {"steps": steps, "output": [{"$step": "long"}, {"$step": "after"}]}, None, batched.component, long, after
    )
    assert ended.result == Success(result=[1, 50])


@pytest.mark.parametrize("in_a_thread", [False, True])
async def test_an_answer_given_early_ends_its_step_while_the_batch_goes_on(evaluate: Flows, in_a_thread: bool) -> None:
    first_ended = asyncio.Event()

    @component("/t/early", batch=2)
    async def early(given: list[int], context: BatchContext) -> list[int]:
        place = given.index(1)
        if in_a_thread:
            await asyncio.to_thread(context.answer, place, 10)
        else:
            context.answer(place, 10)
        await first_ended.wait()
        return [value * 10 if value != 1 else -1 for value in given]

    @component("/t/after")
    async def after(given: Any, context: Any) -> Any:
        first_ended.set()
        return given

    steps = [step("a", 1, "/t/early"), step("b", 2, "/t/early"), step("after", {"$step": "a"}, "/t/after")]
    ended = await evaluate({"steps": steps, "output": [{"$step": "after"}, {"$step": "b"}]}, None, early, after)
    assert ended.result == Success(result=[10, 20])


async def test_who_was_answered_early_is_not_asked_again_when_the_batch_fails(evaluate: Flows) -> None:
    calls: list[list[int]] = []

    @component("/t/early", batch=2)
    async def early(given: list[int], context: BatchContext) -> list[int]:
        calls.append(given)
        if len(given) == 1:
            return given
        context.answer(0, 10)
        await asyncio.sleep(0)
        raise RuntimeError("the rest failed")

    ended = await evaluate(mapping("/t/early"), [1, 2], early)
    assert isinstance(ended.result, Success)
    assert [item["result"] for item in ended.result.result["results"]] == [10, 2]
    assert calls == [[1, 2], [2]]


async def test_an_error_in_the_list_is_one_members_failure(evaluate: Flows) -> None:
    batched = Batched()
    ended = await evaluate(mapping("/t/batch"), [1, 13, 3], batched.component)
    assert isinstance(ended.result, Success)
    assert [item["outcome"] for item in ended.result.result["results"]] == ["success", "failed", "success"]
    assert len(batched.batches) == 1


async def test_a_poisoned_member_fails_alone(evaluate: Flows) -> None:
    batched = Batched(3)
    ended = await evaluate(mapping("/t/batch"), [1, -1, 3], batched.component)
    assert isinstance(ended.result, Success)
    assert [item["outcome"] for item in ended.result.result["results"]] == ["success", "failed", "success"]
    assert batched.batches == [[1, -1, 3], [1], [-1], [3]]


@pytest.mark.parametrize("answer", [[], [1, 2, 3, 4, 5], None, 7])
async def test_a_wrong_number_of_answers_fails_the_members(evaluate: Flows, answer: Any) -> None:
    @component("/t/batch", batch=4)
    def wrong(given: list[int], context: BatchContext) -> list[int]:
        return answer  # type: ignore[no-any-return]

    flow = {"steps": [step("a", 1, "/t/batch")], "output": {"$step": "a"}}
    ended = await evaluate(flow, None, wrong)
    assert isinstance(ended.result, Failure)
    assert ended.result.error == "component.broken_output"


async def test_a_bad_input_never_enters_a_batch(evaluate: Flows) -> None:
    batched = Batched()
    ended = await evaluate(mapping("/t/batch"), [1, "no number", 3], batched.component)
    assert isinstance(ended.result, Success)
    assert ended.result.result["failed"] == 1
    assert batched.batches == [[1, 3]]


async def test_equal_inputs_take_one_place(evaluate: Flows) -> None:
    batched = Batched(4, effect="pure")
    await evaluate(mapping("/t/batch"), [1, 1, 2, 2, 3], batched.component, settings=PATIENT)
    assert batched.batches == [[1, 2, 3]]


async def test_a_member_that_was_stopped_leaves_the_others_in_peace(make_engine: MakeEngine) -> None:
    batched, in_batch, go = Batched(2), asyncio.Event(), asyncio.Event()

    @component("/t/batch", batch=2)
    async def slow(given: list[int], context: BatchContext) -> list[int]:
        in_batch.set()
        await go.wait()
        return given

    flow = flow_from_json({"steps": [step("a", {"$input": "$"}, "/t/batch")], "output": {"$step": "a"}})
    async with make_engine(slow) as engine:
        runs = [asyncio.create_task(engine.item(flow, run_id="r", key=str(n), input=n).evaluate()) for n in (1, 2)]
        await in_batch.wait()
        runs[0].cancel()
        go.set()
        assert (await runs[1]).result == Success(result=2)
    assert batched.batches == []


class Text(BaseModel):
    text: str


class Picture(BaseModel):
    pixels: int


@component("/t/either", batch=4)
async def either(given: list[int], context: BatchContext) -> list[Text | Picture | ComponentError]:
    return [Text(text="none") if pixels == 0 else Picture(pixels=pixels) for pixels in given]


async def test_a_batch_may_answer_with_models_of_several_kinds(evaluate: Flows) -> None:
    ended = await evaluate(mapping("/t/either"), [0, 5], either)
    assert isinstance(ended.result, Success)
    assert [item["result"] for item in ended.result.result["results"]] == [{"text": "none"}, {"pixels": 5}]
