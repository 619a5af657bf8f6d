"""``flow-compiler validate``: findings with place and replacement."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .commands import SHIPPED, WITH_MODULE, Command


def test_validate_lists_findings_with_place_and_replacement_and_fails(command: Command) -> None:
    code, out, _ = command("validate", "bad.yaml")
    assert code == 2
    lines = out.splitlines()
    assert any(line.startswith("bad.yaml:3:24: error 2500 invalidComponent: $.steps[0].component: ") for line in lines)
    assert any(line.startswith("bad.yaml:4:9: fatal 3003 undefinedStepReference: $.output: ") for line in lines)
    assert any(line.startswith("bad.yaml:3:30: warning 4000 unknownKey: $.steps[0].skipIf: ") for line in lines)
    assert "    Write the full path, for example `/builtin/noop`." in lines
    assert lines[-1].startswith("bad.yaml: cannot be used as it is (")


def test_validate_says_that_a_flow_can_be_used_and_hides_what_it_could_not_check(command: Command) -> None:
    code, out, _ = command("validate", "good.yaml")
    assert code == 0
    assert out == "good.yaml: can be used (2 without a schema to check against, --all lists them)\n"
    assert "1003 unvalidatedFieldAccess" in command("validate", "good.yaml", "--all")[1]


def test_validate_gives_one_json_document_for_all_flows(command: Command, tmp_path: Path) -> None:
    (tmp_path / "unreadable.yaml").write_text("name: [")
    code, out, _ = command("validate", "good.yaml", "bad.yaml", "unreadable.yaml", "--json")
    flows = json.loads(out)["flows"]
    assert code == 2
    assert [flow["valid"] for flow in flows] == [True, False, False]
    assert {"code": 3003, "kind": "undefinedStepReference", "level": "fatal", "line": 4, "column": 9}.items() <= next(
        found for found in flows[1]["diagnostics"] if found["code"] == 3003
    ).items()
    assert flows[2]["diagnostics"][0]["line"] == 2


def test_validate_knows_the_components_of_modules(command: Command) -> None:
    code, out, _ = command("validate", "good.yaml", "--module", "flow_components")
    assert code == 0, out
    code, out, _ = command("validate", str(SHIPPED), *WITH_MODULE)
    assert code == 2
    assert "no component is registered as '/source/read'" in out


@pytest.mark.parametrize(
    ("steps", "place"),
    [
        ("[{id: a, component: /builtin/nopo}]", "2:28"),
        (
            "[{id: a, component: /builtin/map, input: {items: [], workflow: {$literal: {steps: [{id: b, component: /builtin/nopo}]}}}}]",
            "2:110",
        ),
    ],
    ids=["step", "step of a flow inside"],
)
def test_validate_knows_which_built_in_components_there_are(
    command: Command, tmp_path: Path, steps: str, place: str
) -> None:
    (tmp_path / "flow.yaml").write_text(f"name: f\nsteps: {steps}\noutput: {{$step: a}}\n")
    code, out, _ = command("validate", "flow.yaml")
    assert code == 2
    assert f"flow.yaml:{place}: error 2500 invalidComponent" in out
    assert "nearest known: /builtin/noop" in out


def test_the_components_of_a_package_are_those_of_its_modules(command: Command) -> None:
    code, out, _ = command("validate", str(SHIPPED), "--module", "stepflow_assets.components")
    assert (code, "can be used" in out) == (0, True)
