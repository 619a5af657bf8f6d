"""``infer``: what a flow can declare follows from its components and from what it uses; what it declares stays."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from flow_compiler.commands.signatures import signatures_of
from flow_compiler.engine.builtins import BUILTINS
from flow_compiler.engine.engine import Engine
from flow_compiler.engine.outcomes import FlowResult, Success
from flow_compiler.engine.storage import memory_stores
from flow_compiler.language.diagnostics import Level, diagnose
from flow_compiler.language.loader import flow_from_json, parse_flow
from flow_compiler.language.model import Flow
from flow_compiler.language.types.inference import infer
from tests.language.typed_flows import flows

SIGNATURES = signatures_of(BUILTINS)
ASK = "steps: [{id: a, component: /builtin/create_messages, input: {user_prompt: {$input: q}}}]\n"

CASES = [
    (ASK + "output: {$step: a}", "input", {"type": "object", "properties": {"q": {"type": "string"}}}),
    ("output: {$input: $.a.b}", "input",
     {"type": "object", "properties": {"a": {"type": "object", "properties": {"b": {}}, "required": ["b"]}}, "required": ["a"]}),
    ("output: {$input: '$.a[0].b'}", "input", {"type": "object", "properties": {
        "a": {"type": "array", "items": {"type": "object", "properties": {"b": {}}, "required": ["b"]}}}, "required": ["a"]}),
    ("output: {$if: {$input: c}, then: {$input: a}, else: 1}", "input",
     {"type": "object", "properties": {"c": {}, "a": {}}, "required": ["c"]}),
    ("output: [{$variable: v}, {$variable: w, default: 1}]", "variables",
     {"type": "object", "properties": {"v": {}, "w": {}}, "required": ["v"]}),
    ("output: {x: 1}", "output",
     {"type": "object", "properties": {"x": {"const": 1}}, "required": ["x"], "additionalProperties": False}),
    (ASK + "output: {$step: a, path: '$.messages[0].role'}", "output", {"title": "Role", "type": "string"}),
    ("schemas: {properties: {input: {type: integer}}}\noutput: {$input: $.a}", "input", {"type": "integer"}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "part", "expected"), CASES, ids=[case[0][-60:] for case in CASES])
def test_schemas_follow_from_what_is_used_and_called(text: str, part: str, expected: dict[str, Any]) -> None:
    assert infer(parse_flow(text), SIGNATURES).schemas["properties"][part] == expected


def test_results_of_steps_come_from_components_with_what_these_refer_to() -> None:
    schemas = infer(parse_flow(ASK + "output: {$step: a}"), SIGNATURES).schemas
    assert schemas["properties"]["steps"]["properties"]["a"]["properties"]["messages"]["items"] == {
        "$ref": "#/$defs/Message"
    }
    assert schemas["$defs"]["Message"]["properties"]["role"]["type"] == "string"


def test_two_definitions_of_one_name_are_told_apart() -> None:
    text = "schemas: {type: object, $defs: {Message: {type: integer}}}\n" + ASK + "output: {$step: a}"
    definitions = infer(parse_flow(text), SIGNATURES).schemas["$defs"]
    assert definitions["Message"] == {"type": "integer"}
    assert definitions["Message2"]["type"] == "object"


def test_what_is_declared_stays_and_conflicts_are_told() -> None:
    declared = "schemas: {type: object, properties: {steps: {properties: {a: {type: string}}}}}\n"
    inferred = infer(parse_flow(declared + ASK + "output: {$step: a}"), SIGNATURES)
    assert inferred.schemas["properties"]["steps"] == {"properties": {"a": {"type": "string"}}}
    assert [(each.code, each.path) for each in inferred.conflicts] == [
        (2100, "$.schemas.properties.steps.properties.a")
    ]


def test_a_flow_that_nothing_is_known_of_gets_no_schemas() -> None:
    assert infer(parse_flow("steps: [{id: a, component: /x}]\noutput: {$step: a}"), SIGNATURES).schemas == {}


@settings(max_examples=150, deadline=None)
@given(flows())
def test_a_flow_with_inferred_schemas_is_the_same_flow_and_its_results_fit_them(
    case: tuple[dict[str, Any], Any, Any],
) -> None:
    written, value, variable = case
    written["schemas"]["properties"].pop("variables")
    flow = flow_from_json(written)
    schemas = infer(flow, SIGNATURES).schemas
    declaring = flow_from_json({**written, "schemas": schemas})
    assert not [each for each in diagnose(declaring) if each.level is Level.FATAL or each.code in (4000, 4004)]
    assert infer(declaring, SIGNATURES).schemas == schemas

    enforced = replace(declaring, metadata={"enforce_schemas": True})
    before, after = _run(flow, value, variable), _run(enforced, value, variable)
    if isinstance(before, Success) and getattr(after, "error", None) != "flow.input_refused":
        assert after == before


def _run(flow: Flow, value: Any, variable: Any) -> FlowResult:
    async def evaluated() -> FlowResult:
        async with Engine(BUILTINS, memory_stores()) as engine:
            item = engine.item(flow, run_id="r", key="k", input=value, variables={"v": variable})
            return (await item.evaluate()).result

    return asyncio.run(evaluated())
