"""Which steps refer to which, as far as the text can say."""

from __future__ import annotations

import pytest

from flow_compiler.language.dependencies import (
    downstream,
    levels,
    may_need,
    must_need,
    needed_steps,
    step_references,
    upstream,
)
from flow_compiler.language.expressions import parse_expression
from flow_compiler.language.loader import parse_flow
from flow_compiler.language.schemas import variable_defaults

FLOW = parse_flow("""
steps:
  - {id: a, component: /x}
  - {id: b, component: /x, input: {$step: a}}
  - {id: c, component: /x, input: {$if: {$step: a}, then: {$step: b}, else: 1}}
  - {id: lone, component: /x}
  - {id: kept, component: /x, mustExecute: true, input: [{$step: lone}]}
  - {id: unused, component: /x, input: {$step: c}}
output: {$step: c}
""")


@pytest.mark.parametrize(
    ("value", "may", "must"),
    [
        ({"$literal": {"$step": "a"}}, (), ()),
        ([{"$step": "b"}, {"x": {"$step": "a"}}, {"$step": "b"}], ("b", "a"), ("b", "a")),
        ({"$if": {"$step": "a"}, "then": {"$step": "b"}, "else": {"$step": "c"}}, ("a", "b", "c"), ("a",)),
        ({"$coalesce": [{"$step": "a"}, {"$step": "b"}]}, ("a", "b"), ("a",)),
        ({"$variable": "v", "default": {"$step": "a"}}, ("a",), ()),
        ({"$if": {"$if": {"$step": "a"}, "then": {"$step": "b"}}, "then": 1}, ("a", "b"), ("a",)),
    ],
)
def test_what_an_expression_may_need_and_must_need(value: object, may: tuple[str, ...], must: tuple[str, ...]) -> None:
    expression = parse_expression(value)
    assert may_need(expression) == may
    assert must_need(expression) == must


def test_references_upstream_downstream_and_levels_of_a_flow() -> None:
    assert step_references(FLOW)["c"] == ("a", "b")
    assert upstream(FLOW, ["c"]) == {"a", "b", "c"}
    assert downstream(FLOW, ["b"]) == {"b", "c", "unused"}
    assert levels(FLOW) == {"a": 0, "b": 1, "c": 2, "lone": 0, "kept": 1, "unused": 3}


def test_needed_are_the_steps_of_the_output_and_of_must_execute() -> None:
    assert needed_steps(FLOW) == ("a", "b", "c", "lone", "kept")


def test_variables_have_the_defaults_of_their_schema_or_of_their_type() -> None:
    flow = parse_flow("""
schemas:
  type: object
  properties:
    variables:
      type: object
      required: [needed, both]
      properties:
        given: {type: object, default: {k: 1}}
        text: {type: string}
        whole: {type: integer}
        number: {type: number}
        flag: {type: boolean}
        maybe: {type: [object, "null"]}
        nothing: {type: object}
        items: {type: array}
        needed: {type: string}
        both: {type: string, default: q}
        secret: {type: string, is_secret: true}
""")
    assert variable_defaults(flow) == {
        "given": {"k": 1}, "text": "", "whole": 0, "number": 0, "flag": False, "maybe": None, "both": "q", "secret": "",
    }  # fmt: skip


def test_schemas_of_any_shape_are_harmless() -> None:
    flow = parse_flow("schemas: {properties: {variables: {properties: 3, required: x}, steps: 1}}")
    assert variable_defaults(flow) == {}
