"""Every recorded case of the reference implementation, through the engine (judged by tests/language/conformance.py)."""

from __future__ import annotations

import copy
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.language import conformance

CASES_FILE = Path(__file__).parents[3] / "shared" / "stepflow" / "conformance.jsonl"
pytestmark = pytest.mark.skipif(not CASES_FILE.exists(), reason="the recorded cases are not beside this checkout")

CASES = conformance.read_cases(CASES_FILE) if CASES_FILE.exists() else []


@pytest.mark.parametrize("case", CASES, ids=conformance.name_of)
async def test_behaves_as_recorded(case: dict[str, Any]) -> None:
    assert await conformance.differences(case) == []


def wrong(case: dict[str, Any]) -> dict[str, Any]:
    """The case with one expectation turned into its opposite."""
    spoiled = copy.deepcopy(case)
    expected = spoiled["expect"]
    for refusal in ("parse_error", "rejected", "request_error"):
        if refusal in expected:
            spoiled["expect"] = {"status": "COMPLETED", "items": [], "diagnostics": None}
            return spoiled
    if spoiled.get("upstream_bug"):
        spoiled["intended"] = [{"outcome": "success", "result": "something else"}]
    else:
        expected["items"] = [{"outcome": "success", "result": "something else"}]
    return spoiled


@pytest.mark.parametrize("case", CASES[::10], ids=conformance.name_of)
async def test_what_does_not_behave_as_recorded_is_told(case: dict[str, Any]) -> None:
    assert await conformance.differences(wrong(case)) != []


@pytest.mark.parametrize(
    ("arguments", "code", "last"),
    [([str(CASES_FILE)], 0, f"{len(CASES)} passed, 0 failed"), (["no-such-file.jsonl"], 2, ""), ([], 2, "")],
)
def test_the_judge_is_a_command(arguments: list[str], code: int, last: str) -> None:
    done = subprocess.run(
        [sys.executable, conformance.__file__, *arguments], capture_output=True, text=True, timeout=120
    )

    assert done.returncode == code
    assert done.stdout.rstrip().endswith(last)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"feature": "path"', "line 1 is no JSON"),
        ("[]", "line 1 must be an object"),
        ('{"feature": "path", "name": "a"}', "line 1 has no `flow`, `expect`"),
        (
            '{"feature": "path", "name": "a", "flow": {}, "expect": {}}',
            "line 1 has no `input`, `expect.status`, `expect.items`",
        ),
        (
            '{"feature": "batch", "name": "a", "flow": {}, "input": 1, "expect": {"status": "COMPLETED", "items": []}}',
            "line 1: the `input` of a batch must be a list",
        ),
    ],
)
def test_a_line_that_is_no_recorded_case_is_named(line: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(line)
    with pytest.raises(ValueError, match=re.escape(said)):
        conformance.read_cases(file)


def test_a_refused_flow_needs_no_input_to_be_judged(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text('{"feature": "path", "name": "a", "flow": {"steps": 1}, "expect": {"parse_error": "steps"}}')
    assert len(conformance.read_cases(file)) == 1
