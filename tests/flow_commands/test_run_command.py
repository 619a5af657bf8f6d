"""``flow-compiler run`` on one input."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from flow_compiler.language.yaml_text import read_yaml

from .commands import WITH_MODULE, Command


def test_run_prints_the_result_and_nothing_else(command: Command) -> None:
    code, out, err = command("run", "good.yaml", *WITH_MODULE, "--input", '{"number": 4}', "--variables", "{size: 9}")
    assert (code, err) == (0, "")
    assert json.loads(out) == {"result": 8, "size": 9, "more": 1}


def test_run_reads_input_from_a_file_or_from_standard_input(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "input.yaml").write_text("number: 3\n")
    assert json.loads(command("run", "good.yaml", *WITH_MODULE, "--input", "@input.yaml")[1])["result"] == 6
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"number": 2}')))
    assert json.loads(command("run", "good.yaml", *WITH_MODULE, "--input", "-")[1])["result"] == 4


def test_bytes_that_are_no_text_are_named_with_their_place(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "latin.json").write_bytes(b'{"a": "caf\xe9"}')
    assert "latin.json:1:11: not UTF-8 text" in command("run", "good.yaml", "--input", "@latin.json")[2]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"a": "caf\xe9"}'), errors="surrogateescape"))
    code, _, err = command("run", "good.yaml", "--input", "-")
    assert (code, "standard input:1:11: not UTF-8 text" in err) == (2, True)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a file without an end")
@pytest.mark.parametrize("option", ["--input", "--variables", "--overrides"])
def test_no_more_of_a_file_is_read_than_a_value_may_have(command: Command, option: str) -> None:
    code, out, err = command("run", "good.yaml", option, "@/dev/zero")
    assert (code, out) == (2, "")
    assert "/dev/zero: more than 4 MiB" in err


def test_run_of_chosen_steps_gives_their_results(command: Command) -> None:
    code, out, _ = command("run", "good.yaml", "--step", "given", "--step", "extra", "--input", "{number: 1}")
    assert (code, json.loads(out)) == (0, {"given": {"number": 1, "size": 0}, "extra": 1})


def test_run_takes_overrides(command: Command) -> None:
    patch = "{steps: {doubled: {value: {component: /builtin/noop}}}}"
    code, out, _ = command("run", "good.yaml", "--overrides", patch, "--input", "{number: 1}")
    assert (code, json.loads(out)["result"]) == (0, 1)


def test_what_overrides_break_is_told_and_nothing_runs(command: Command) -> None:
    patch = "{steps: {doubled: {value: {input: {$step: nowhere}}}}}"
    code, out, err = command("run", "good.yaml", "--overrides", patch, "--input", "{number: 1}")
    assert (code, out) == (2, "")
    assert err.startswith(
        "error: with --overrides: $.steps[1].input: step 'doubled' refers to step 'nowhere', which does not"
    )


def test_overrides_may_let_a_step_use_a_later_one(command: Command) -> None:
    patch = "{steps: {given: {value: {input: {number: {$step: extra}}}}}}"
    code, out, _ = command("run", "good.yaml", *WITH_MODULE, "--overrides", patch, "--step", "doubled")
    assert (code, json.loads(out)) == (0, {"doubled": {"number": 2}})


def test_overrides_that_let_steps_wait_for_each_other_are_refused(command: Command) -> None:
    patch = "{steps: {given: {value: {input: {$step: doubled}}}}}"
    code, _, err = command("run", "good.yaml", "--overrides", patch)
    assert code == 2
    assert "step 'given' refers to step 'doubled', which comes later" in err


def test_a_flow_that_fails_says_why_and_exits_with_1(command: Command, tmp_path: Path) -> None:
    (tmp_path / "refuse.yaml").write_text("steps: [{id: a, component: /test/refuse}]\noutput: {$step: a}")
    code, out, err = command("run", "refuse.yaml", *WITH_MODULE)
    assert (code, out) == (1, "")
    assert err == "failed: INVALID_INPUT: the field `number` is missing\n  next: Add the field `number`.\n"
    code, out, _ = command("run", "refuse.yaml", *WITH_MODULE, "--json")
    document = json.loads(out)
    assert (code, document["outcome"], document["error"]["code"]) == (1, "failed", "INVALID_INPUT")
    assert document["steps"]["a"]["outcome"] == "failed"


def test_a_missing_component_is_named_with_the_nearest_known(command: Command, tmp_path: Path) -> None:
    (tmp_path / "typo.yaml").write_text("steps: [{id: a, component: /builtin/nop}]\noutput: {$step: a}")
    code, _, err = command("run", "typo.yaml")
    assert code == 1
    assert "/builtin/nop'" in err
    assert "/builtin/noop" in err


VARIABLES = """\
schemas:
  properties:
    variables:
      type: object
      properties:
        key: {type: string, env_var: MY_KEY}
        size: {type: integer}
        plain: {}
output: {key: {$variable: key}, size: {$variable: size}, plain: {$variable: plain, default: none}}
"""
FROM_ENVIRONMENT: list[tuple[dict[str, str], tuple[str, ...], dict[str, Any]]] = [
    ({}, (), {"key": "", "size": 0, "plain": "none"}),
    ({"MY_KEY": "123", "STEPFLOW_VAR_SIZE": "5"}, (), {"key": "123", "size": 5, "plain": "none"}),
    ({"STEPFLOW_VAR_KEY": "x"}, (), {"key": "", "size": 0, "plain": "none"}),
    ({"STEPFLOW_VAR_PLAIN": '{"a": 1}'}, (), {"key": "", "size": 0, "plain": {"a": 1}}),
    ({"STEPFLOW_VAR_PLAIN": "{a"}, (), {"key": "", "size": 0, "plain": "{a"}),
    ({"MY_KEY": "e"}, ("--variables", "{key: given}"), {"key": "given", "size": 0, "plain": "none"}),
]


@pytest.mark.parametrize(("environment", "arguments", "expected"), FROM_ENVIRONMENT, ids=lambda case: str(case)[:40])
def test_variables_that_are_not_given_come_from_the_environment(
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    arguments: tuple[str, ...],
    expected: dict[str, Any],
) -> None:
    (tmp_path / "variables.yaml").write_text(VARIABLES)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    code, out, _ = command("run", "variables.yaml", "--env-variables", *arguments)
    assert (code, json.loads(out)) == (0, expected)


def test_without_the_option_the_environment_says_nothing(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "variables.yaml").write_text(VARIABLES)
    monkeypatch.setenv("MY_KEY", "e")
    assert json.loads(command("run", "variables.yaml")[1])["key"] == ""


def test_a_document_can_be_yaml_and_says_the_same(command: Command) -> None:
    arguments = ("run", "good.yaml", *WITH_MODULE, "--input", "{number: 4}")
    as_json = json.loads(command(*arguments, "--format", "json")[1])
    as_yaml, _ = read_yaml(command(*arguments, "--format", "yaml")[1], None)
    assert as_yaml["result"] == as_json["result"] == {"result": 8, "size": 0, "more": 1}
    assert as_yaml.keys() == as_json.keys()


def test_calls_at_once_are_bounded(command: Command, tmp_path: Path) -> None:
    inner = "{steps: [{id: e, component: /test/crowd}], output: {$step: e}}"
    (tmp_path / "crowd.yaml").write_text(
        f"steps: [{{id: m, component: /builtin/map, input: {{items: [1, 2, 3, 4, 5, 6], workflow: {{$literal: {inner}}}}}}}]\n"
        "output: {$step: m, path: results}\n"
    )
    code, out, _ = command("run", "crowd.yaml", *WITH_MODULE, "--max-concurrency", "2")
    assert code == 0
    assert max(each["result"] for each in json.loads(out)) == 2
    assert command("run", "crowd.yaml", "--max-concurrency", "0")[0] == 2


def test_what_a_schema_marks_secret_is_not_said_on_stderr(command: Command, tmp_path: Path) -> None:
    variables = "{properties: {key: {type: string, is_secret: true}}}"
    (tmp_path / "secret.yaml").write_text(
        f"schemas: {{type: object, properties: {{variables: {variables}}}}}\n"
        "steps: [{id: a, component: /test/log_in, input: {key: {$variable: key}}}]\noutput: {$step: a}\n"
    )
    code, out, err = command("run", "secret.yaml", *WITH_MODULE, "--variables", "{key: k-4711-x}")
    assert (code, out) == (1, "")
    assert "failed: INVALID_INPUT: the key [secret] was refused\n  next: Ask for another key than [secret].\n" in err
    assert "4711" not in err
