"""Schemas that a flow or an engine enforces: what is refused, when, and in which words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from flow_compiler.engine.components import Effect, component
from flow_compiler.engine.enforcing import require_fitting
from flow_compiler.engine.outcomes import Failure, Success
from flow_compiler.errors import FlowError
from flow_compiler.language.loader import flow_from_json
from tests.engine.running import QUICK, Flows, MakeEngine, mapping, step

ASKED = {"enforce_schemas": True}
calls: list[Any] = []


@component("/t/say")
async def say(given: Any, context: Any) -> Any:
    calls.append(given)
    return given


@component("/t/number", effect=Effect.PURE)
async def number(given: Any, context: Any) -> Any:
    calls.append(given)
    return {"n": "one"}


def flow(metadata: dict[str, Any] | None = ASKED, **schemas: Any) -> dict[str, Any]:
    return {
        "schemas": {"type": "object", "properties": schemas},
        "steps": [step("a", {"$input": "$"}, "/t/say")],
        "output": {"$step": "a"},
        **({"metadata": metadata} if metadata else {}),
    }


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    calls.clear()


USER = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 4}, "on": {"format": "date-time"}},
    "required": ["name"],
}

REFUSED = [
    ({}, "the whole: must have 'name'"),
    ("hunter2", "the whole: must be of type object"),
    ({"name": 31337}, "field name: must be of type string"),
    ({"name": "hunter2"}, "field name: must fit maxLength 4"),
    ({"name": "a", "on": "31337-01-01"}, "field on: must fit format date-time"),
]


@pytest.mark.parametrize(("given", "told"), REFUSED, ids=[case[1] for case in REFUSED])
async def test_an_input_that_does_not_fit_is_refused_before_any_step_without_quoting_it(
    evaluate: Flows, given: Any, told: str
) -> None:
    result = (await evaluate(flow(input=USER), given, say)).result
    assert isinstance(result, Failure)
    assert (result.code, result.error) == ("INVALID_INPUT", "flow.input_refused")
    assert told in result.message
    assert "hunter2" not in result.message
    assert "31337" not in result.message
    assert calls == []


async def test_what_fits_runs(evaluate: Flows) -> None:
    given = {"name": "ann", "on": "2024-02-29T10:00:00Z"}
    assert (await evaluate(flow(input=USER, output=USER), given, say)).result == Success(result=given)


async def test_nothing_is_enforced_that_nobody_asked_for(evaluate: Flows) -> None:
    assert (await evaluate(flow(None, input=USER), 1, say)).result == Success(result=1)


async def test_an_engine_enforces_the_schemas_of_every_flow_where_its_settings_say_so(make_engine: MakeEngine) -> None:
    async with make_engine(say, settings=replace(QUICK, enforce_schemas=True)) as engine:
        item = engine.item(flow_from_json(flow(None, input=USER)), run_id="r", key="k", input=1)
        assert isinstance((await item.evaluate()).result, Failure)


VARIABLES = {
    "type": "object",
    "properties": {"n": {"type": "integer"}, "d": {"type": "integer", "default": 2}},
    "required": ["n", "d"],
}


@pytest.mark.parametrize(
    ("variables", "told"), [({"n": 1}, None), ({}, "must have 'n'"), ({"n": "x"}, "field n"), ({"n": None}, "field n")]
)
async def test_variables_are_checked_with_their_defaults(
    evaluate: Flows, variables: dict[str, Any], told: str | None
) -> None:
    result = (await evaluate(flow(variables=VARIABLES), 1, say, variables=variables)).result
    assert isinstance(result, Success) if told is None else told in getattr(result, "message", "")


async def test_a_result_that_does_not_fit_fails_the_step(evaluate: Flows) -> None:
    ended = await evaluate(
        flow(steps={"properties": {"a": {"type": "object", "properties": {"n": {"type": "integer"}}}}}), {"n": "x"}, say
    )
    assert isinstance(ended.result, Failure)
    assert (ended.result.code, ended.result.error) == ("COMPONENT_FAILED", "component.broken_output")
    assert 'step "a"' in ended.result.message
    assert "field n: must be of type integer" in ended.result.message
    assert isinstance(ended.records["a"].outcome, Failure)


async def test_a_step_with_a_default_takes_it_when_its_result_does_not_fit(evaluate: Flows) -> None:
    asked = flow(steps={"properties": {"a": {"type": "integer"}}})
    asked["steps"][0]["onError"] = {"action": "useDefault", "defaultValue": 7}
    assert (await evaluate(asked, "x", say)).result == Success(result=7)


async def test_a_broken_promise_is_not_tried_again_and_never_remembered(make_engine: MakeEngine) -> None:
    asked = flow(steps={"properties": {"a": {"properties": {"n": {"type": "integer"}}}}})
    asked["steps"] = [step("a", 1, "/t/number", onError={"action": "retry", "maxRetries": 2})]
    async with make_engine(number) as engine:
        for run in ("first", "second"):
            ended = await engine.item(flow_from_json(asked), run_id=run, key="k", input=None).evaluate()
            assert isinstance(ended.result, Failure)
            assert ended.records["a"].attempts == 1
    assert calls == [1, 1]


async def test_what_another_run_remembered_is_checked_too(make_engine: MakeEngine) -> None:
    asked = flow(None, steps={"properties": {"a": {"properties": {"n": {"type": "integer"}}}}})
    asked["steps"] = [step("a", 1, "/t/number")]
    async with make_engine(number) as engine:
        careless = await engine.item(flow_from_json(asked), run_id="1", key="k", input=None).evaluate()
        careful = await engine.item(
            flow_from_json({**asked, "metadata": ASKED}), run_id="2", key="k", input=None
        ).evaluate()
    assert careless.result == Success(result={"n": "one"})
    assert isinstance(careful.result, Failure)
    assert calls == [1]


async def test_an_output_that_does_not_fit_fails_the_flow(evaluate: Flows) -> None:
    result = (await evaluate(flow(output={"type": "array"}), "x", say)).result
    assert isinstance(result, Failure)
    assert (result.code, result.error) == ("EXPRESSION_FAILURE", "flow.output_refused")


async def test_items_of_a_map_are_refused_each_for_itself(evaluate: Flows) -> None:
    outer = mapping("/t/say")
    outer["steps"][0]["input"]["workflow"]["$literal"].update(
        schemas={"type": "object", "properties": {"input": {"type": "integer"}}}, metadata=ASKED
    )
    result = (await evaluate(outer, [1, "x", 3], say)).result
    assert isinstance(result, Success)
    assert [each["outcome"] for each in result.result["results"]] == ["success", "failed", "success"]


async def test_local_references_are_followed(evaluate: Flows) -> None:
    asked = flow(input={"$ref": "#/$defs/a~1b"})
    asked["schemas"]["$defs"] = {"a/b": {"type": "integer"}}
    assert (await evaluate(asked, 1, say)).result == Success(result=1)
    assert isinstance((await evaluate(asked, "x", say)).result, Failure)


@pytest.mark.parametrize(
    "schema", [{"$ref": "https://example.com/x.json"}, {"$ref": "#/$defs/none"}, {"type": "strin"}]
)
async def test_what_cannot_be_enforced_is_refused_and_nothing_is_fetched(
    evaluate: Flows, schema: dict[str, Any]
) -> None:
    with pytest.raises(FlowError) as error:
        await evaluate(flow(input=schema), 1, say)
    assert error.value.code == "flow.schemas"
    assert calls == []


def test_who_takes_runs_in_can_ask_beforehand() -> None:
    asked = flow_from_json(flow(input=USER))
    require_fitting(asked, {"name": "a"}, {})
    with pytest.raises(FlowError, match="must have 'name'"):
        require_fitting(asked, {}, {})
