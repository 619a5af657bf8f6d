"""Failures: their codes, who may replace them with a default, who tries again, and how often (notes/stepflow 1.3)."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from pydantic import BaseModel, computed_field, field_serializer

from flow_compiler.engine.components import component
from flow_compiler.engine.outcomes import Failure, Success, TaskErrorCode
from flow_compiler.engine.settings import Backoff, EngineSettings
from flow_compiler.errors import Category, ComponentError, WorkerLost

from .running import QUICK, Flows, step

CODES = [
    ({"kind": "runtime"}, "COMPONENT_FAILED"),
    ({"kind": "value"}, "COMPONENT_FAILED"),
    ({"kind": "exec"}, "COMPONENT_FAILED"),
    ({"kind": "res"}, "RESOURCE_UNAVAILABLE"),
    ({"kind": "valid"}, "INVALID_INPUT"),
    ({"kind": "comp"}, "COMPONENT_NOT_FOUND"),
]


@pytest.mark.parametrize(("given", "code"), CODES, ids=[case[0]["kind"] for case in CODES])
async def test_what_a_component_raises_has_a_code_and_can_be_replaced(evaluate: Flows, given: Any, code: str) -> None:
    failed = await evaluate({"steps": [step("a", given, "/py/boom")], "output": {"$step": "a"}})
    assert isinstance(failed.result, Failure)
    assert (failed.result.code, failed.result.message) == (code, "boom")
    replacing = {"action": "useDefault", "defaultValue": 7}
    replaced = await evaluate({"steps": [step("a", given, "/py/boom", onError=replacing)], "output": {"$step": "a"}})
    assert replaced.result == Success(result=7)
    assert replaced.records["a"].degraded


NOT_REPLACED = [
    ("own expression", step("a", {"$input": "absent"}), "EXPRESSION_FAILURE"),
    ("no such component", step("a", 1, "/py/absent"), "ORCHESTRATOR_ERROR"),
    ("something before it failed", step("a", {"$step": "bad"}), "COMPONENT_FAILED"),
]


@pytest.mark.parametrize(("name", "failing", "code"), NOT_REPLACED, ids=[case[0] for case in NOT_REPLACED])
@pytest.mark.parametrize("action", ["useDefault", "retry"])
async def test_other_failures_are_not_the_components(
    evaluate: Flows, name: str, failing: Any, code: str, action: str
) -> None:
    steps = [step("bad", {}, "/py/boom"), {**failing, "onError": {"action": action}}]
    ended = await evaluate({"steps": steps, "output": {"$step": "a"}}, {})
    assert isinstance(ended.result, Failure)
    assert ended.result.code == code
    assert ended.records["a"].attempts == 0


class Row(BaseModel):
    amount: int


@component("/t/strict", version="1", effect="pure")
async def strict(given: dict[str, Any], context: Any) -> dict[str, Any]:
    return Row.model_validate(given).model_dump()


async def test_a_validation_error_tells_the_place_and_never_the_value(evaluate: Flows) -> None:
    ended = await evaluate(
        {"steps": [step("a", {"amount": "secret words"}, "/t/strict")], "output": {"$step": "a"}}, None, strict
    )
    assert isinstance(ended.result, Failure)
    assert ended.result.error == "component.raised"
    assert ended.result.message.startswith("Row: field amount: ")
    assert "secret" not in ended.result.message


class Rejected(ComponentError):
    """A component's own error that says nothing would change."""

    code = "t.rejected"
    category = Category.SOURCE


class Away(ComponentError):
    code = "t.away"
    category = Category.TIMEOUT
    retryable = True


ATTEMPTS = [
    (RuntimeError("x"), None, 1, "COMPONENT_FAILED"),
    (RuntimeError("x"), 2, 3, "COMPONENT_FAILED"),
    (ComponentError("x"), 2, 3, "COMPONENT_FAILED"),
    (Rejected("x"), 2, 1, "COMPONENT_FAILED"),
    (Away("x"), 2, 3, "TIMEOUT"),
    (WorkerLost("x"), None, 1 + QUICK.transport_retries, "UNREACHABLE"),
    (WorkerLost("x"), 9, 1 + QUICK.transport_retries, "UNREACHABLE"),
    (SystemExit(3), None, 1, "COMPONENT_FAILED"),
    (StopIteration(), None, 1, "COMPONENT_FAILED"),
    (asyncio.CancelledError(), None, 1, "COMPONENT_FAILED"),
]


@pytest.mark.parametrize("sync", [False, True], ids=["async", "sync"])
@pytest.mark.parametrize(("error", "max_retries", "attempts", "code"), ATTEMPTS, ids=lambda value: str(value)[:12])
async def test_attempts(
    evaluate: Flows, error: BaseException, max_retries: int | None, attempts: int, code: str, sync: bool
) -> None:
    seen: list[int] = []

    @component("/t/raise")
    async def raise_async(given: Any, context: Any) -> Any:
        seen.append(context.attempt)
        raise error

    @component("/t/raise")
    def raise_sync(given: Any, context: Any) -> Any:
        seen.append(context.attempt)
        raise error

    on_error = None if max_retries is None else {"action": "retry", "maxRetries": max_retries}
    flow = {"steps": [step("a", 1, "/t/raise", onError=on_error)], "output": {"$step": "a"}}
    ended = await evaluate(flow, None, raise_sync if sync else raise_async)
    assert isinstance(ended.result, Failure)
    assert ended.result.code == code
    assert seen == list(range(1, attempts + 1))
    assert ended.records["a"].attempts == attempts


async def test_a_failure_keeps_what_the_component_said_about_it(evaluate: Flows) -> None:
    @component("/t/raise")
    async def refuse(given: Any, context: Any) -> Any:
        raise Rejected("the file is empty", next_step="Send another one.")

    ended = await evaluate({"steps": [step("a", 1, "/t/raise")], "output": {"$step": "a"}}, None, refuse)
    assert ended.result == Failure(
        code=TaskErrorCode.COMPONENT_FAILED,
        message="the file is empty",
        error="t.rejected",
        category=Category.SOURCE,
        retryable=False,
        next_step="Send another one.",
    )


async def test_an_unknown_component_is_named_with_the_nearest_known_ones(evaluate: Flows) -> None:
    ended = await evaluate({"steps": [step("a", 1, "/py/idnet")], "output": {"$step": "a"}})
    assert isinstance(ended.result, Failure)
    assert ended.result.message == "error routing component"
    assert "/py/idnet" in ended.result.next_step
    assert "/py/ident" in ended.result.next_step


DELAYS = [
    (Backoff("fibonacci", 1, 10), [1, 1, 2, 3, 5, 8, 10, 10]),
    (Backoff("exponential", 1, 10, factor=2), [1, 2, 4, 8, 10, 10, 10, 10]),
    (Backoff("constant", 3, 10), [3] * 8),
]


@pytest.mark.parametrize(("backoff", "delays"), DELAYS, ids=[case[0].kind for case in DELAYS])
def test_pauses_between_attempts(backoff: Backoff, delays: list[float]) -> None:
    assert [backoff.delay(retry) for retry in range(1, 9)] == delays


async def test_both_budgets_count_apart_and_share_the_attempt_number(evaluate: Flows) -> None:
    raised = [WorkerLost("gone"), RuntimeError("once"), WorkerLost("gone"), RuntimeError("twice")]
    settings = EngineSettings(backoff=QUICK.backoff, transport_retries=2)

    @component("/t/raise")
    async def unlucky(given: Any, context: Any) -> Any:
        if context.attempt <= len(raised):
            raise raised[context.attempt - 1]
        return context.attempt

    steps = [step("a", 1, "/t/raise", onError={"action": "retry", "maxRetries": 2})]
    ended = await evaluate({"steps": steps, "output": {"$step": "a"}}, None, unlucky, settings=settings)
    assert ended.result == Success(result=5)


class Given(BaseModel):
    pages: list[int]
    name: str = "x"


class Made(BaseModel):
    count: int


BROKEN_INPUTS = [
    ({"pages": ["SECRET"]}, "field pages.0: Input should be a valid integer"),
    ({}, "field pages: Field required"),
    (None, "(whole)"),
]


@pytest.mark.parametrize(("given", "expected"), BROKEN_INPUTS)
async def test_an_input_that_does_not_fit_names_step_component_and_field(
    evaluate: Flows, given: Any, expected: str
) -> None:
    @component("/t/typed")
    async def typed(given: Given, context: Any) -> Made:
        raise AssertionError("never called")

    ended = await evaluate({"steps": [step("a", given, "/t/typed")], "output": {"$step": "a"}}, None, typed)
    assert isinstance(ended.result, Failure)
    assert ended.result.code is TaskErrorCode.INVALID_INPUT
    for part in ('"a"', "/t/typed", expected):
        assert part in ended.result.message
    assert "SECRET" not in ended.result.message


BROKEN_OUTPUTS = [{"count": "SECRET"}, object(), {1, 2}, None]


@pytest.mark.parametrize("returned", BROKEN_OUTPUTS, ids=["wrong field", "object", "set", "nothing"])
async def test_an_output_that_breaks_its_promise_fails_the_step(evaluate: Flows, returned: Any) -> None:
    @component("/t/typed")
    async def typed(given: Any, context: Any) -> Made:
        return returned  # type: ignore[no-any-return]

    ended = await evaluate({"steps": [step("a", {}, "/t/typed")], "output": {"$step": "a"}}, None, typed)
    assert isinstance(ended.result, Failure)
    assert (ended.result.code, ended.result.error) == ("COMPONENT_FAILED", "component.broken_output")
    assert "/t/typed" in ended.result.message
    assert "SECRET" not in ended.result.message


class Scored(BaseModel):
    scores: list[float]


class Loose(BaseModel):
    found: Any


class Rated(BaseModel):
    votes: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def rate(self) -> float:
        return float("nan")


class Written(BaseModel):
    votes: int

    @field_serializer("votes")
    def write(self, votes: int) -> float:
        return float("inf")


NOT_FINITE = [
    (Rated(votes=1), Rated, "$.rate"),
    (Written(votes=1), Written, "$.votes"),
    (Loose(found=(1, float("nan"))), Loose, "$.found[1]"),
    (Scored(scores=[0.5, float("nan")]), Scored, "$.scores[1]"),
    ({"text": "NaN", "a": [{"b": float("inf")}]}, Any, "$.a[0].b"),
    ({"half": "\ud800", "b": float("-inf")}, dict[str, Any], "$.b"),
    (float("nan"), float, "$"),
]


@pytest.mark.parametrize(("returned", "promised", "place"), NOT_FINITE, ids=[case[2] for case in NOT_FINITE])
async def test_a_number_that_is_not_finite_is_no_result(
    evaluate: Flows, returned: Any, promised: Any, place: str
) -> None:
    async def score(given: Any, context: Any) -> Any:
        return returned

    score.__annotations__["return"] = promised
    flow = {"steps": [step("a", {}, "/t/score")], "output": {"$step": "a"}}
    ended = await evaluate(flow, None, component("/t/score")(score))
    assert isinstance(ended.result, Failure)
    assert ended.result.error == "component.broken_output"
    assert ended.result.message == f'/t/score returned a number that is not finite in step "a", at {place}'


async def test_words_that_look_like_numbers_are_text(evaluate: Flows) -> None:
    @component("/t/words")
    async def words(given: Any, context: Any) -> Any:
        return ["NaN", "Infinity", "\ud800", 1.5]

    ended = await evaluate({"steps": [step("a", {}, "/t/words")], "output": {"$step": "a"}}, None, words)
    assert ended.result == Success(result=["NaN", "Infinity", "\ud800", 1.5])


async def test_an_output_without_json_form_fails_the_step(evaluate: Flows) -> None:
    @component("/t/object")
    async def make_object(given: Any, context: Any) -> Any:
        return object()

    ended = await evaluate({"steps": [step("a", {}, "/t/object")], "output": {"$step": "a"}}, None, make_object)
    assert isinstance(ended.result, Failure)
    assert ended.result.error == "component.broken_output"


class Told(ComponentError):
    code = "t.told"
    retryable = True


async def test_each_failed_attempt_is_logged_without_what_a_document_says(
    evaluate: Flows, caplog: pytest.LogCaptureFixture
) -> None:
    @component("/t/log")
    async def log(given: Any, context: Any) -> Any:
        text = "text of a page"
        if given == 1:
            raise Told(text)
        raise LookupError(text)

    each = step("each", {"$input": "$"}, "/t/log", onError={"action": "retry", "maxRetries": 1})
    inner = {"$literal": {"steps": [each], "output": {"$step": "each"}}}
    flow = {
        "steps": [step("m", {"items": [1, 2], "workflow": inner}, "/builtin/map")],
        "output": {"$step": "m"},
    }
    with caplog.at_level(logging.INFO, "flow_compiler.engine"):
        await evaluate(flow, None, log, key="SECRET.pdf")
    told = sorted(record.getMessage() for record in caplog.records if record.name == "flow_compiler.engine")
    loud = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [line.splitlines()[0] for line in told] == [
        "run run: attempt 1 of step m[0]/each failed: t.told",
        "run run: attempt 1 of step m[1]/each failed: component.raised (LookupError)",
        "run run: attempt 2 of step m[0]/each failed: t.told",
        "run run: attempt 2 of step m[1]/each failed: component.raised (LookupError)",
    ]
    assert [line.count("\n") for line in told] == [0, 1, 0, 1]
    assert "in log: raise LookupError(text)" in told[1]
    assert not any("SECRET.pdf" in line or "text of a page" in line for line in told)
    assert [record.getMessage() for record in loud] == [line for line in told if "LookupError" in line]
