"""``@component`` on a typed function is all its author writes: path, contract, context."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from flow_compiler.engine.components import ComponentContext, component
from flow_compiler.engine.outcomes import Failure, StepRecord, Success
from flow_compiler.engine.registry import ComponentRegistry

from .running import Flows, step

INNER = {"steps": [step("each", {"$input": "$"}, "/t/double")], "output": {"$step": "each"}}


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid")
    article: str
    pieces: int


class Order(BaseModel):
    lines: list[Line]


class Total(BaseModel):
    pieces: int


@component
async def total(order: Order) -> Total:
    """Pieces of an order."""
    return Total(pieces=sum(line.pieces for line in order.lines))


@component("/t/double")
def double(number: int) -> int:
    return 2 * number


@component(effect="pure")
async def pure_one(number: int, context: ComponentContext) -> int:
    return number + context.attempt


def calling(path: str, given: Any = None) -> dict[str, Any]:
    return {"steps": [step("a", given, path)], "output": {"$step": "a"}}


def test_without_a_path_a_component_has_the_name_of_its_function() -> None:
    declared = ComponentRegistry.of(total, double, pure_one)
    assert [each.path for each in declared] == ["/total", "/t/double", "/pure_one"]
    assert declared.get("/pure_one").effect == "pure"
    assert declared.get("/total").description == "Pieces of an order."


@pytest.mark.parametrize(
    "function",
    [
        lambda: 1,
        lambda a, b, c: (a, b, c),
        lambda a, *b: (a, b),
        lambda a, *, b: (a, b),
    ],
    ids=["nothing", "three", "any number", "keyword"],
)
def test_a_function_that_takes_anything_but_one_input_and_a_context_is_refused(function: Any) -> None:
    with pytest.raises(TypeError, match="must take one input"):
        component("/t/odd")(function)


def test_a_path_without_a_slash_is_refused() -> None:
    with pytest.raises(TypeError, match="'odd' must start with /"):
        component("odd")(total)


async def test_it_is_called_with_and_without_a_context_on_the_loop_and_in_a_thread(evaluate: Flows) -> None:
    order = {"lines": [{"article": "a", "pieces": 2}, {"article": "b", "pieces": 3}]}
    assert (await evaluate(calling("/total", order), None, total)).result == Success(result={"pieces": 5})
    assert (await evaluate(calling("/t/double", 4), None, double)).result == Success(result=8)
    assert (await evaluate(calling("/pure_one", 4), None, pure_one)).result == Success(result=5)


BROKEN_INPUTS = [
    ({"lines": [{"article": "a"}]}, "field lines.0.pieces: Field required"),
    ({"lines": [{"article": "a", "pieces": "many"}]}, "field lines.0.pieces: Input should be a valid integer"),
    (
        {"lines": [{"article": "a", "pieces": 1, "colour": "scarlet"}]},
        "field lines.0.colour: Extra inputs are not permitted",
    ),
    ({"lines": {}}, "field lines: Input should be a valid list"),
    ("lines", "field (whole): Input should be a valid dictionary or instance of Order"),
]


@pytest.mark.parametrize(("given", "told"), BROKEN_INPUTS, ids=[case[1][:30] for case in BROKEN_INPUTS])
async def test_an_input_that_breaks_the_contract_names_step_component_and_field(
    evaluate: Flows, given: Any, told: str
) -> None:
    failure = (await evaluate(calling("/total", given), None, total)).result
    assert isinstance(failure, Failure)
    assert failure.code == "INVALID_INPUT"
    assert failure.message.startswith(f'input of step "a" does not fit /total: {told}')
    assert "scarlet" not in failure.message
    assert "many" not in failure.message


BROKEN_OUTPUTS: list[tuple[Any, str]] = [
    (None, "field (whole): "),
    ({}, "field pieces: Field required"),
    ({"pieces": "secret"}, "field pieces: Input should be a valid integer"),
]


@pytest.mark.parametrize(("returned", "told"), BROKEN_OUTPUTS, ids=[case[1] for case in BROKEN_OUTPUTS])
async def test_a_result_that_breaks_the_contract_names_step_component_and_field(
    evaluate: Flows, returned: Any, told: str
) -> None:
    @component("/t/broken")
    async def broken(_given: Any) -> Total:
        return returned  # type: ignore[no-any-return]

    failure = (await evaluate(calling("/t/broken"), None, broken)).result
    assert isinstance(failure, Failure)
    assert (failure.code, failure.error) == ("COMPONENT_FAILED", "component.broken_output")
    assert failure.message.startswith(f'/t/broken returned what it did not promise in step "a": {told}')
    assert "secret" not in failure.message


async def test_flows_below_a_step_run_many_at_a_time_and_answer_in_order(evaluate: Flows) -> None:
    @component("/t/all")
    async def run_all(inputs: list[Any], context: ComponentContext) -> list[Any]:
        ended = await context.run_flows(INNER, inputs, at_once=2)
        return [each.result if isinstance(each, Success) else str(each.code) for each in ended]

    ended = await evaluate(calling("/t/all", [1, "x", 3]), None, run_all, double)
    assert ended.result == Success(result=[2, "INVALID_INPUT", 6])


async def test_json_values_are_kept_under_the_ids_of_stepflow(evaluate: Flows) -> None:
    value = {"message": "Hello, blobs!", "number": 42, "nested": {"array": [1, 2, 3], "boolean": True}}

    @component("/t/keep")
    async def keep(given: Any, context: ComponentContext) -> Any:
        reference = await context.put_json(given)
        return [reference.id, await context.get_json(reference.id)]

    ended = await evaluate(calling("/t/keep", value), None, keep)
    assert ended.result == Success(result=["868591347a854ba1d0f4875b2dd44e1e8335052af03725a9819f89e0142318b0", value])


async def test_what_a_component_logs_names_run_and_step_and_is_bounded(
    evaluate: Flows, caplog: pytest.LogCaptureFixture
) -> None:
    @component("/t/talk")
    def talk(_given: Any, context: ComponentContext) -> None:
        context.log.info("read %d of %s", 3, "100%", extra={"pages": 3})
        context.log.warning("x" * 5000)
        context.log.info("too few %s %s", 1)  # noqa: PLE1206  the mistake is the case

    caplog.set_level(logging.INFO, "flow_compiler.components")
    await evaluate(calling("/t/talk"), None, talk)
    first, second, third = caplog.records
    assert first.getMessage() == "run run: step a, attempt 1: read 3 of 100%"
    assert {"run_id": "run", "step_id": "a", "attempt": 1, "pages": 3}.items() <= vars(first).items()
    assert second.getMessage().endswith("x… (5,000 characters)")
    assert len(second.getMessage()) < 2100
    assert "too few" in third.getMessage()


class Heard:
    def __init__(self) -> None:
        self.told: list[tuple[str, str, int, int | None]] = []

    async def gate(self, step_id: str) -> Failure | None:
        return None

    async def finished(self, step_id: str, record: StepRecord) -> None: ...

    def progressed(self, item: str, step_id: str, record: StepRecord) -> None: ...

    def advanced(self, item: str, step_id: str, done: int, total: int | None) -> None:
        self.told.append((item, step_id, done, total))


async def test_a_long_call_tells_its_progress_to_hooks_that_want_to_know(evaluate: Flows) -> None:
    @component("/t/long")
    def long(given: int, context: ComponentContext) -> None:
        context.progress(1, given)
        context.progress(2)

    heard = Heard()
    await evaluate(calling("/t/long", 5), None, long, hooks=heard)
    assert heard.told == [("item", "a", 1, 5), ("item", "a", 2, None)]
