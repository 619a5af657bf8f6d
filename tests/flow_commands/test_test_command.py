"""``flow-compiler test``: which files and cases are run with which configuration, and how it is told."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from .commands import WITH_MODULE, Command

CASES = """\
schema: https://stepflow.org/schemas/v1/flow.json
name: doubling   # kept
steps: [{id: d, component: /test/double, input: {$input: $}}]
output: {$step: d}
test:
  cases:
  - name: right
    input: {number: 2}
    output: {outcome: success, result: {number: 4}}
  - name: wrong
    input: {number: 3}
    output:
      outcome: success
      result: {number: 7}
  - name: refused
    input: {}
    output: {outcome: failed, error: {code: COMPONENT_FAILED, message: "'number'"}}
"""
MOCK = "plugins: {m: {type: mock, components: {/say: {behaviors: {? {} : {outcome: success, result: RESULT}}}}}}\nroutes: {/m: [{plugin: m}]}\n"
SAY = "name: say\nsteps: [{id: s, component: /m/say, input: {}}]\noutput: {$step: s}\ntest: {MOREcases: [{name: c, input: 1, output: {outcome: success, result: EXPECTED}}]}\n"


def mock(result: str) -> str:
    return MOCK.replace("RESULT", result)


def say(expected: str, more: str = "") -> str:
    return SAY.replace("MORE", more).replace("EXPECTED", expected)


@pytest.fixture
def folder(tmp_path: Path, command: Command) -> Path:
    """A folder for flows, below the working directory."""
    for file in tmp_path.glob("*.yaml"):
        file.unlink()
    (tmp_path / "flows").mkdir()
    return tmp_path / "flows"


def test_each_case_is_told_and_a_difference_has_its_place(command: Command, folder: Path) -> None:
    (folder / "cases.yaml").write_text(CASES)
    code, out, _ = command("test", "flows", *WITH_MODULE)
    assert code == 1
    assert out.splitlines() == [
        "flows/cases.yaml: right: passed",
        "flows/cases.yaml: wrong: failed",
        "    $.result.number: expected 7",
        "                          got 6",
        "flows/cases.yaml: refused: passed",
        "2 passed, 1 failed, 0 not run",
    ]


def test_only_the_named_cases_are_run(command: Command, folder: Path) -> None:
    (folder / "cases.yaml").write_text(CASES)
    code, out, _ = command("test", "flows", *WITH_MODULE, "--case", "right", "--case", "refused")
    assert (code, out.splitlines()[-1]) == (0, "2 passed, 0 failed, 0 not run")
    code, _, err = command("test", "flows", *WITH_MODULE, "--case", "rihgt")
    assert (code, "there is no case named 'rihgt'" in err) == (2, True)


def test_updating_writes_what_came_and_nothing_else(command: Command, folder: Path) -> None:
    (folder / "cases.yaml").write_text(CASES)
    code, out, _ = command("test", "flows", *WITH_MODULE, "--update")
    assert (code, out.splitlines()[-1]) == (0, "2 passed, 0 failed, 1 updated, 0 not run")
    block = "      outcome: success\n      result: {number: 7}\n"
    new = "      outcome: success\n      result:\n        number: 6\n"
    assert (folder / "cases.yaml").read_text() == CASES.replace(block, new)
    assert command("test", "flows", *WITH_MODULE)[0] == 0


def test_a_case_without_an_output_fails_until_it_is_written(command: Command, folder: Path) -> None:
    (folder / "new.yaml").write_text("steps: []\noutput: {$input: a}\ntest:\n  cases:\n  - {name: n, input: {}}\n")
    code, out, _ = command("test", "flows")
    assert (code, "n: failed: the case says no `output`; --update writes it" in out) == (1, True)
    assert command("test", "flows", "--update")[0] == 0
    assert (
        (folder / "new.yaml")
        .read_text()
        .endswith(
            '{name: n, input: {}, "output": {"outcome": "failed", "error": '
            '{"code": "EXPRESSION_FAILURE", "message": "Input path $.a not found"}}}\n'
        )
    )
    assert command("test", "flows")[0] == 0


LOOKUP: list[tuple[str, dict[str, str], tuple[str, ...], str]] = [
    ("the option", {"given.yml": mock("1"), "flows/stepflow-config.test.yml": mock("2")}, ("--config", "given.yml"), "1"),
    ("test.configFile", {"flows/other.yml": mock("1"), "flows/stepflow-config.test.yml": mock("2")}, (), "1"),
    ("test.config", {"flows/stepflow-config.test.yml": mock("2")}, (), "1"),
    ("test.yml beside", {"flows/stepflow-config.test.yml": mock("1"), "flows/stepflow-config.yml": mock("2")}, (), "1"),
    ("test.yaml beside", {"flows/stepflow-config.test.yaml": mock("1"), "flows/stepflow-config.yml": mock("2")}, (), "1"),
    ("yml beside", {"flows/stepflow-config.yml": mock("1"), "stepflow-config.test.yml": mock("2")}, (), "1"),
    ("yaml beside", {"flows/stepflow-config.yaml": mock("1"), "stepflow-config.yml": mock("2")}, (), "1"),
    ("test.yml in the working directory", {"stepflow-config.test.yml": mock("1"), "stepflow-config.yml": mock("2")}, (), "1"),
    ("yml in the working directory", {"stepflow-config.yml": mock("1")}, (), "1"),
]  # fmt: skip
IN_THE_FLOW = {
    "test.configFile": "configFile: other.yml, ",
    "test.config": "config: {plugins: {m: {type: builtin}}, routes: {/m: [{plugin: m}]}}, ",
}


@pytest.mark.parametrize(("name", "files", "arguments", "expected"), LOOKUP, ids=[case[0] for case in LOOKUP])
def test_the_configuration_is_the_first_that_there_is(
    command: Command,
    folder: Path,
    name: str,
    files: dict[str, str],
    arguments: tuple[str, ...],
    expected: str,
) -> None:
    flow = say(expected, IN_THE_FLOW.get(name, ""))
    if name == "test.config":
        flow = flow.replace("/m/say, input: {}", "/m/noop, input: 1")
    (folder / "say.yaml").write_text(flow)
    for file, text in files.items():
        (folder.parent / file).write_text(text)
    code, out, _ = command("test", "flows/say.yaml", *arguments)
    assert (code, out.splitlines()[-1]) == (0, "1 passed, 0 failed, 0 not run")


AWAY = [
    ("plugins: {m: {type: grpc, queueName: q}}", "it needs a network service: $.plugins.m: plugins of type grpc"),
    ("plugins: {m: {type: nats, url: x}}", "it needs a network service: $.plugins.m: plugins of type nats"),
    ("plugins: {m: {type: python, module: no_such_package.parts}}", "the package no_such_package is not installed"),
]


@pytest.mark.parametrize(("plugins", "reason"), AWAY, ids=[case[1] for case in AWAY])
def test_a_case_that_needs_what_is_not_there_is_no_pass_and_says_why(
    command: Command, folder: Path, plugins: str, reason: str
) -> None:
    (folder / "say.yaml").write_text(say("1"))
    (folder / "stepflow-config.yml").write_text(f"{plugins}\nroutes: {{/m: [{{plugin: m}}]}}\n")
    code, out, _ = command("test", "flows")
    assert f"flows/say.yaml: c: not run: {reason}" in out
    assert (code, out.splitlines()[-1]) == (0, "0 passed, 0 failed, 1 not run (1 other file left out)")


def test_a_flow_that_does_not_call_what_is_not_there_is_run(command: Command, folder: Path) -> None:
    (folder / "plain.yaml").write_text(
        "output: 1\ntest: {cases: [{name: c, input: 1, output: {outcome: success, result: 1}}]}"
    )
    away = "plugins: {m: {type: python, module: no_such_package}}\nroutes: {/m: [{plugin: m}]}\n"
    (folder / "stepflow-config.yml").write_text(away)
    assert command("test", "flows/plain.yaml")[1].splitlines()[-1] == "1 passed, 0 failed, 0 not run"


BROKEN = [
    ("schema: x\nsteps: 1\n", "1 failed, 0 not run"),
    ("steps: 1\ntest: {}\n", "1 failed, 0 not run"),
    ("schema: x\nsteps: [\n", "1 failed, 0 not run"),
    ('{"schema": 1, "steps": 1}', "1 failed, 0 not run"),
    ("steps: 1\n", "0 failed, 0 not run (1 other file left out)"),
    ("just text", "0 failed, 0 not run (1 other file left out)"),
    ("a: [\n", "0 failed, 0 not run (1 other file left out)"),
    ("plugins: {m: {type: builtin}}\n", "0 failed, 0 not run (1 other file left out)"),
    ("output: 1\n", "0 failed, 0 not run (1 other file left out)"),
]


@pytest.mark.parametrize(("text", "summary"), BROKEN, ids=[case[0] for case in BROKEN])
def test_a_broken_flow_fails_and_what_is_no_flow_is_left_out(
    command: Command, folder: Path, text: str, summary: str
) -> None:
    (folder / ("file.json" if text.startswith("{") else "file.yaml")).write_text(text)
    code, out, _ = command("test", "flows")
    assert (code, out.splitlines()[-1]) == (int(summary.startswith("1")), f"0 passed, {summary}")


def test_a_file_that_is_named_must_be_a_flow(command: Command, folder: Path) -> None:
    (folder / "text.yaml").write_text("just text")
    assert command("test", "flows/text.yaml")[0] == 1
    assert "there is no such file or folder" in command("test", "flows/missing.yaml")[2]


def test_a_flow_that_cannot_be_used_fails_each_case(command: Command, folder: Path) -> None:
    (folder / "bad.yaml").write_text(
        "output: {$step: nowhere}\ntest: {cases: [{name: a, input: 1}, {name: b, input: 1}]}\n"
    )
    code, out, _ = command("test", "flows")
    assert (code, out.splitlines()[-1]) == (1, "0 passed, 2 failed, 0 not run")
    assert "nowhere" in out


def test_a_file_given_twice_and_hidden_folders(command: Command, folder: Path) -> None:
    (folder / "cases.yaml").write_text(CASES)
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "cases.yaml").write_text(CASES)
    out = command("test", "flows", "flows/cases.yaml", *WITH_MODULE)[1]
    assert out.splitlines()[-1] == "2 passed, 1 failed, 0 not run"


def test_after_a_failure_the_other_files_can_be_left(command: Command, folder: Path) -> None:
    (folder / "a.yaml").write_text(CASES)
    (folder / "b.yaml").write_text(CASES)
    out = command("test", "flows", *WITH_MODULE, "--fail-fast")[1]
    assert out.splitlines()[-1] == "2 passed, 1 failed, 3 not run"


def test_the_report_for_programs_is_json_or_junit(command: Command, folder: Path) -> None:
    (folder / "cases.yaml").write_text(CASES)
    document = json.loads(command("test", "flows", *WITH_MODULE, "--json")[1])
    assert [case["status"] for case in document["cases"]] == ["passed", "failed", "passed"]
    assert document["cases"][1]["differences"] == [{"path": "$.result.number", "expected": "7", "got": "6"}]
    suite = ElementTree.fromstring(command("test", "flows", *WITH_MODULE, "--format", "junit")[1])
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    assert [len(case) for case in suite] == [0, 1, 0]


def test_ids_of_runs_are_not_compared(command: Command, folder: Path) -> None:
    (folder / "eval.yaml").write_text(
        "steps:\n"
        "- {id: p, component: /builtin/put_blob, input: {blob_type: flow, data: {$literal: {output: 1}}}}\n"
        "- {id: e, component: /builtin/eval, input: {flow_id: {$step: p, path: blob_id}, input: 1}}\n"
        "output: {$step: e}\n"
        "test: {cases: [{name: c, input: 1, output: {outcome: success, result: {run_id: any, result: {outcome: success}}}}]}\n"
    )
    assert command("test", "flows")[0] == 0
