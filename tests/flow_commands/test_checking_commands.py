"""``validate --strict`` and ``--type-check``, ``infer`` and ``schema`` as a person uses them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from flow_compiler.flow_files import read_flow_value

from .commands import Command, calling

FLOW = """\
# a comment
name: asking
description: Asks.
version: "1"
steps:
  - {id: ask, component: /builtin/create_messages, input: {user_prompt: {$input: question}}}
output: {$step: ask, path: messages}
"""


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flow.yaml").write_text(FLOW)

    return calling(monkeypatch, capsys)


def test_strict_makes_ignored_keys_errors(command: Command, tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(FLOW.replace("component:", "skip: true, component:"))
    assert command("validate", "flow.yaml")[0] == 0
    code, out, _ = command("validate", "flow.yaml", "--strict")
    assert code == 2
    assert "flow.yaml:6:15: error 4000 unknownKey: $.steps[0].skip" in out
    assert "`{$if: true, then: null, else: {$step: ask}}`" in out


@pytest.mark.parametrize(("name", "code"), [("run", 2), ("test", 1)])
def test_strict_keeps_a_flow_with_ignored_keys_from_running(
    command: Command, tmp_path: Path, name: str, code: int
) -> None:
    case = "test: {cases: [{name: it, input: {question: q}, output: {outcome: success, result: []}}]}\n"
    (tmp_path / "flow.yaml").write_text(FLOW.replace("component:", "skip: true, component:") + case)
    done, out, err = command(name, "flow.yaml", "--strict")
    assert done == code
    assert "`skip` means nothing in a step" in out + err
    assert "skip" not in "".join(command(name, "flow.yaml")[1:])


def test_type_check_follows_the_results_of_components(command: Command, tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(FLOW.replace("path: messages", "path: mesages"))
    assert command("validate", "flow.yaml")[0] == 0
    code, out, _ = command("validate", "flow.yaml", "--type-check")
    assert code == 2
    assert "flow.yaml:7:9: error 2101 unknownPropertyInPath: $.output: " in out
    assert "Write `$.messages`." in out


def test_json_findings_have_the_fields_of_the_reference_and_ours(command: Command, tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text("name: a\ndescription: b\noutput: {$step: x}")
    (tmp_path / "old.yaml").write_text("output: {$from: {step: load}, path: $.x}")
    _, out, _ = command("validate", "flow.yaml", "old.yaml", "--format", "json")
    fatal, unreadable = (flow["diagnostics"][0] for flow in json.loads(out)["flows"])
    assert fatal == {
        "kind": "undefinedStepReference",
        "code": 3003,
        "level": "fatal",
        "formatted": fatal["message"],
        "path": "$.output",
        "message": fatal["message"],
        "line": 3,
        "column": 9,
        "instead": "There are no earlier steps.",
    }
    assert (unreadable["code"], unreadable["kind"], unreadable["path"]) == (4005, "unreadableFlow", "$.output")
    assert unreadable["instead"] == "Write `{$step: load, path: $.x}` instead."


def test_infer_writes_a_flow_that_has_its_schemas_and_is_complete(command: Command, tmp_path: Path) -> None:
    assert command("infer", "flow.yaml", "--check")[0] == 1
    code, out, err = command("infer", "flow.yaml")
    assert (code, err) == (0, "")
    (tmp_path / "new.yaml").write_text(out)
    written = read_flow_value(tmp_path / "new.yaml")
    assert list(written) == ["name", "description", "version", "schemas", "steps", "output"]
    assert written["schemas"]["properties"]["input"]["properties"] == {"question": {"type": "string"}}
    assert {key: value for key, value in written.items() if key != "schemas"} == read_flow_value(tmp_path / "flow.yaml")
    assert command("validate", "new.yaml", "--strict", "--type-check")[0] == 0
    code, out, _ = command("infer", "new.yaml", "--check")
    assert (code, out) == (0, "new.yaml: nothing to add\n")


def test_infer_writes_json_and_files(command: Command, tmp_path: Path) -> None:
    code, out, _ = command("infer", "flow.yaml", "--format", "json", "--output", "new.json")
    assert (code, out) == (0, "")
    assert command("infer", "new.json")[1] == (tmp_path / "new.json").read_text()
    code, _, err = command("infer", "flow.yaml", "--output", "no/such/folder.yaml")
    assert code == 2
    assert "cannot write the file" in err


def test_infer_tells_what_conflicts_and_fails(command: Command, tmp_path: Path) -> None:
    declared = "schemas: {type: object, properties: {steps: {properties: {ask: {type: string}}}}}\n"
    (tmp_path / "flow.yaml").write_text(declared + FLOW.removeprefix("# a comment\n"))
    code, out, err = command("infer", "flow.yaml")
    assert code == 2
    assert "2100 typeMismatch: $.schemas.properties.steps.properties.ask" in err
    assert "$step: ask" in out


def test_schema_prints_the_schema_of_a_flow_file(command: Command, tmp_path: Path) -> None:
    code, out, _ = command("schema")
    assert code == 0
    Draft202012Validator(json.loads(out)).validate(read_flow_value(tmp_path / "flow.yaml"))
    assert command("schema", "--output", "flow.schema.json")[0] == 0
    assert (tmp_path / "flow.schema.json").read_text() == out
