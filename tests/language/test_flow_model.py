"""A flow is what it says: saved and loaded it is the same, and its digest follows what it says only."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path

import pytest

from flow_compiler.errors import FlowError
from flow_compiler.flow_files import load_flow
from flow_compiler.language.expressions import Literal
from flow_compiler.language.loader import flow_from_json, parse_flow
from flow_compiler.language.model import ErrorAction, Flow, OnError

FULL = {
    "name": "n",
    "description": "d",
    "version": "1",
    "schemas": {"type": "object", "properties": {"input": {"type": "object"}}},
    "steps": [
        {"id": "a", "component": "/x"},
        {
            "id": "b",
            "component": "/y",
            "input": {"v": {"$step": "a", "path": "$.k"}},
            "onError": {"action": "useDefault", "defaultValue": {"$input": "never evaluated"}},
            "mustExecute": True,
            "metadata": {"pool": "gpu"},
        },
        {"id": "c", "component": "/z", "onError": {"action": "retry", "maxRetries": 0}},
    ],
    "output": {"$step": "b"},
    "test": {"cases": [{"name": "t", "input": 1}]},
    "examples": [{"name": "e", "input": None}],
    "metadata": {"k": 1},
}
SHIPPED = sorted((Path(__file__).parents[2] / "flows").glob("*.yaml"))


def test_a_full_flow_is_written_as_it_was_read() -> None:
    flow = flow_from_json(FULL)
    assert flow.to_json() == FULL
    assert list(flow.to_json()) == list(FULL)
    assert flow_from_json(flow.to_json()) == flow


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_shipped_flows_are_the_same_after_save_and_load(file: Path) -> None:
    flow = load_flow(file)
    again = parse_flow(json.dumps(flow.to_json()))
    assert again == flow
    assert again.digest == flow.digest


def test_null_equals_absent() -> None:
    nulls = dict.fromkeys(("name", "description", "version", "schemas", "steps", "output", "test", "metadata"))
    assert flow_from_json(nulls) == flow_from_json({})
    step = {"id": "a", "component": "/x"}
    with_nulls = {**step, "input": None, "onError": None, "mustExecute": None, "metadata": None}
    assert flow_from_json({"steps": [with_nulls]}) == flow_from_json({"steps": [step]})


def test_the_digest_ignores_layout_defaults_and_the_file_but_not_meaning() -> None:
    flow = parse_flow("steps: [{id: a, component: /x, input: {$input: k}}]", "one.yaml")
    same = parse_flow("# a comment\nsteps:\n- component: /x\n  id: a\n  input: {$input: $.k}\n  mustExecute: false\n")
    other = parse_flow("steps: [{id: a, component: /x, input: {$input: j}}]")
    assert flow == same
    assert flow.digest == same.digest
    assert flow.digest != other.digest


def test_on_error_reads_as_in_the_notes() -> None:
    flow = flow_from_json(FULL)
    assert flow.step("a").on_error == OnError(ErrorAction.FAIL)
    assert flow.step("b").on_error.default_value == {"$input": "never evaluated"}
    assert flow.step("c").on_error.max_retries == 0
    retry = flow_from_json({"steps": [{"id": "a", "component": "/x", "onError": {"action": "retry"}}]})
    assert retry.step("a").on_error.max_retries == 3


def test_flows_can_be_copied_and_sent_to_other_processes() -> None:
    flow = load_flow(SHIPPED[0])
    assert pickle.loads(pickle.dumps(flow)) == flow  # noqa: S301
    assert copy.deepcopy(flow) == flow


def test_an_unknown_step_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        flow_from_json(FULL).step("zz")


@pytest.mark.parametrize("value", [float("nan"), "\ud800", object()], ids=["nan", "half a character", "object"])
def test_a_flow_made_of_what_is_not_json_has_no_digest_but_an_error_of_the_tree(value: object) -> None:
    with pytest.raises(FlowError, match="no JSON form"):
        _ = Flow(output=Literal(value)).digest
