"""The JSON schema of a flow file agrees with the reader: what an editor underlines is wrong, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from flow_compiler.errors import FlowLoadError
from flow_compiler.flow_files import read_flow_value
from flow_compiler.language.diagnostics import diagnose, strictly
from flow_compiler.language.diagnostics.kinds import Level
from flow_compiler.language.flow_schema import flow_file_schema
from flow_compiler.language.loader import flow_from_json, read_value

ROOT = Path(__file__).parents[2]
RECORDED = ROOT.parent / "shared" / "stepflow"
VALIDATOR = Draft202012Validator(flow_file_schema())
FLOWS = [
    *sorted((ROOT / "flows").glob("*.yaml")),
    *(file for file in sorted((RECORDED / "upstream").rglob("*.yaml")) if "stepflow-config" not in file.name),
]


def recorded() -> list[dict[str, Any]]:
    file = RECORDED / "conformance.jsonl"
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []


def test_it_is_a_json_schema() -> None:
    Draft202012Validator.check_schema(flow_file_schema())


@pytest.mark.parametrize("file", FLOWS, ids=lambda file: file.name)
def test_every_flow_file_is_valid(file: Path) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(read_flow_value(file))] == []


@pytest.mark.skipif(not recorded(), reason="the recorded cases (../shared/stepflow/conformance.jsonl) are not here")
def test_it_accepts_no_recorded_flow_that_cannot_be_read_for_its_shape_and_refuses_none_without_typos() -> None:
    for case in recorded():
        valid = VALIDATOR.is_valid(case["flow"])
        try:
            flow = flow_from_json(case["flow"])
        except FlowLoadError as error:
            assert not valid or "path" in error.message, case["name"]  # the grammar of paths is the reader's
        else:
            clean = all(each.level is Level.WARNING for each in strictly(diagnose(flow)))
            assert valid or not clean, case["name"]


WRONG = [
    "stesp: []",
    "steps: {}",
    "steps: [{id: a}]",
    "steps: [{component: /x}]",
    "steps: [{id: ' ', component: /x}]",
    "steps: [{id: a, component: x}]",
    "steps: [{id: a, component: /x, onErorr: {action: fail}}]",
    "steps: [{id: a, component: /x, onError: {action: skip}}]",
    "steps: [{id: a, component: /x, onError: {action: retry, maxRetries: -1}}]",
    "steps: [{id: a, component: /x, mustExecute: yes}]",
    "output: {$from: {step: a}}",
    "output: [{a: {$from: {workflow: input}}}]",
    "output: {$if: 1}",
    "output: {$coalesce: 1}",
    "output: {$step: 1}",
    "output: {$step: a, pth: b}",
    "output: {$input: 3}",
    "output: {$input: a, path: b}",
    "schemas: {input: {}}",
    "schemas: {properties: {imput: {}}}",
    "test: {caes: []}",
    "test: {cases: [{name: a}]}",
    "test: {cases: [{name: a, input: 1, output: {outcome: skipped}}]}",
    "examples: [{input: 1}]",
]


@pytest.mark.parametrize("text", WRONG)
def test_what_a_flow_does_not_have_is_refused(text: str) -> None:
    assert not VALIDATOR.is_valid(read_value(text))


RIGHT = [
    "output: {$literal: {$from: 1, $if: 2}}",
    "output: {$if: {$step: a}, then: null}",
    "output: {$variable: $.a.b, default: {$input: null}}",
    "output: {a: [1, {b: {$coalesce: []}}]}",
    "name: null\nsteps: null",
    "inputSchema: {type: object}",
]


@pytest.mark.parametrize("text", RIGHT)
def test_what_can_be_read_is_valid(text: str) -> None:
    assert VALIDATOR.is_valid(read_value(text))


def test_removed_keys_are_marked_with_what_to_write() -> None:
    step = flow_file_schema()["$defs"]["step"]["properties"]
    assert step["skipIf"]["deprecated"] is True
    assert "$if" in step["skipIf"]["description"]
