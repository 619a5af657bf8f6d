"""Flows recorded from the reference: we refuse, reject and report what it does (parse errors, fatal findings, codes
and paths); and every flow file of its repository loads.

What the recorded flows do when they run is tested with the engine.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flow_compiler.errors import FlowError, FlowLoadError, FlowRejected
from flow_compiler.flow_files import load_flow
from flow_compiler.language.diagnostics import diagnose, reject_if_fatal
from flow_compiler.language.loader import flow_from_json
from flow_compiler.language.overrides import apply_overrides

RECORDED = Path(__file__).parents[3] / "shared" / "stepflow"
OURS = 4000
"""Codes from here on are findings the reference does not make."""


def cases() -> list[dict[str, Any]]:
    file = RECORDED / "conformance.jsonl"
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []


def named(chosen: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(case, id=f"{case['feature']}: {case['name']}") for case in chosen]


CASES = cases()
REFUSED = [case for case in CASES if "parse_error" in case["expect"]]
READABLE = [case for case in CASES if "parse_error" not in case["expect"]]
DIAGNOSED = [case for case in READABLE if case["expect"].get("diagnostics") is not None]
OVERRIDDEN = [case for case in READABLE if case["overrides"] is not None]

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CASES, reason="the recorded cases (../shared/stepflow/conformance.jsonl) are not here"),
]

PLACE_AND_CAUSE = {
    "Invalid index": "Invalid index",
    "Invalid character": "Invalid character",
    "Unclosed bracket": "Unclosed bracket",
    "expected a JSON path string": "expected a path (text)",
    "$step must be a string": "$step must be a string",
    "then key required": "$if has no `then`",
    "$coalesce must be an array": "$coalesce must be an array",
    "unknown variant `skip`": "unknown variant `skip`",
    "missing field `action`": "missing field `action`",
    "missing field `component`": "missing field `component`",
}
"""Words of the reference's error → words of ours for the same cause."""


def test_the_recording_is_the_one_these_tests_were_written_for() -> None:
    assert (len(CASES), len(REFUSED), len(DIAGNOSED)) == (158, 12, 141)


@pytest.mark.parametrize("case", named(REFUSED))
def test_what_the_reference_cannot_read_is_refused_for_the_same_cause(case: dict[str, Any]) -> None:
    with pytest.raises(FlowLoadError) as error:
        flow_from_json(case["flow"])
    [ours] = [ours for theirs, ours in PLACE_AND_CAUSE.items() if theirs in case["expect"]["parse_error"]]
    assert ours in error.value.message


@pytest.mark.parametrize("case", named(READABLE))
def test_what_the_reference_reads_is_read_and_is_the_same_after_save_and_load(case: dict[str, Any]) -> None:
    flow = flow_from_json(case["flow"])
    assert flow_from_json(flow.to_json()) == flow


@pytest.mark.parametrize("case", named(DIAGNOSED))
def test_findings_have_the_codes_and_paths_of_the_reference(case: dict[str, Any]) -> None:
    found = diagnose(flow_from_json(case["flow"]))
    assert sorted((each.code, each.path) for each in found if each.code < OURS) == sorted(
        (code, path) for code, path in case["expect"]["diagnostics"]
    )


@pytest.mark.parametrize("case", named(DIAGNOSED))
def test_exactly_the_flows_the_reference_rejects_are_rejected(case: dict[str, Any]) -> None:
    flow = flow_from_json(case["flow"])
    if case["expect"].get("rejected"):
        with pytest.raises(FlowRejected):
            reject_if_fatal(flow)
    else:
        reject_if_fatal(flow)


@pytest.mark.parametrize("case", named(OVERRIDDEN))
def test_overrides_are_taken_or_refused_as_by_the_reference(case: dict[str, Any]) -> None:
    flow = flow_from_json(case["flow"])
    if "request_error" in case["expect"]:
        with pytest.raises(FlowError) as error:
            apply_overrides(flow, case["overrides"])
        assert case["expect"]["request_error"] in error.value.message
    else:
        assert apply_overrides(flow, case["overrides"]) != flow


FLOW_FILES = [file for file in sorted((RECORDED / "upstream").rglob("*.yaml")) if "config" not in file.name]


@pytest.mark.parametrize("file", FLOW_FILES, ids=lambda file: str(file.relative_to(RECORDED)))
def test_flow_files_of_the_reference_load_and_can_run(file: Path) -> None:
    flow = load_flow(file)
    assert flow_from_json(flow.to_json()) == flow
    reject_if_fatal(flow)
