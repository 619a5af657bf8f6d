"""Overrides patch steps for one run (RFC 7396)."""

from __future__ import annotations

from typing import Any

import pytest

from flow_compiler.errors import FlowError, FlowLoadError
from flow_compiler.language.loader import parse_flow
from flow_compiler.language.overrides import apply_overrides, merge_patch

FLOW = parse_flow("""
steps:
  - {id: a, component: /x, input: {x: 1, y: {$input: y}}, onError: {action: retry}}
  - {id: bb, component: /x, input: 2}
output: [{$step: a}, {$step: bb}]
""")


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, None, None),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patch_follows_the_table_of_rfc_7396(target: Any, patch: Any, result: Any) -> None:
    assert merge_patch(target, patch) == result


def test_a_patch_changes_its_step_only() -> None:
    patched = apply_overrides(FLOW, {"steps": {"a": {"value": {"input": {"y": None, "z": {"$step": "bb"}}}}}})
    assert patched.step("a").to_json()["input"] == {"x": 1, "z": {"$step": "bb"}}
    assert patched.step("bb") == FLOW.step("bb")
    assert FLOW.step("a").to_json()["input"] == {"x": 1, "y": {"$input": "$.y"}}


def test_a_patch_may_change_component_and_error_handling() -> None:
    value = {"component": "/z", "onError": None, "input": 3}
    patched = apply_overrides(FLOW, {"steps": {"a": {"$type": "merge_patch", "value": value}}})
    assert patched.step("a").to_json() == {"id": "a", "component": "/z", "input": 3}


def test_nothing_to_override_gives_the_flow_itself() -> None:
    assert apply_overrides(FLOW, None) is FLOW
    assert apply_overrides(FLOW, {"steps": {}}) is FLOW


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"a": {"value": {}}}, "missing field `steps`"),
        ({"steps": {"a": {"input": {}}}}, "missing field `value`"),
        ({"steps": {"b": {"value": {}}}}, "no step 'b'; nearest: bb"),
        ({"steps": {"a": {"$type": "json_patch", "value": []}}}, "json_patch"),
        ({"steps": []}, "must be an object"),
        ([], "expected an object"),
    ],
)
def test_wrong_overrides_are_refused(overrides: Any, message: str) -> None:
    with pytest.raises(FlowError, match=message):
        apply_overrides(FLOW, overrides)


def test_a_patch_that_breaks_the_step_is_a_load_error() -> None:
    with pytest.raises(FlowLoadError, match="missing field `component`"):
        apply_overrides(FLOW, {"steps": {"a": {"value": {"component": None}}}})
