"""``flow-compiler run --inputs``: a run over many inputs, a line of output for each."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .commands import HERE, WITH_MODULE, Command

RUN = ("run", "good.yaml", *WITH_MODULE)
MAIN = [sys.executable, "-c", "from flow_compiler.cli import main; main()"]


def results(out: str) -> list[Any]:
    return [json.loads(line)["result"]["result"] for line in out.splitlines()]


def test_each_input_has_its_line_in_their_order(command: Command, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text("".join(f'{{"number": {number}}}\n' for number in range(50)))
    code, out, err = command(*RUN, "--inputs", "in.jsonl")
    assert (code, results(out)) == (0, [2 * number for number in range(50)])
    assert err == "50 inputs: 50 succeeded, 0 failed\n"
    assert json.loads(out.splitlines()[0]) == {"outcome": "success", "result": {"result": 0, "size": 0, "more": 1}}


def test_a_failed_input_is_a_line_and_the_others_are_done(command: Command, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"number": 1}\n{"nothing": 1}\n{"number": 3}\n')
    code, out, err = command(*RUN, "--inputs", "in.jsonl")
    first, second, third = (json.loads(line) for line in out.splitlines())
    assert (code, err) == (1, "3 inputs: 2 succeeded, 1 failed\n")
    assert [first["outcome"], second["outcome"], third["outcome"]] == ["success", "failed", "success"]
    assert second["error"]["code"] == "EXPRESSION_FAILURE"


FILES = [
    (b"", 0, []),
    (b"\n \n\r\n", 0, []),
    (b'\xef\xbb\xbf{"number": 1}\n', 0, [2]),
    (b'{"number": 1}\r\n\r\n{"number": 2}\r\n', 0, [2, 4]),
    (b'{"number": 1}\n\n\n{"number": 2}', 0, [2, 4]),
    ('{"number": 1, "text": "\u2028 \u4eba\u53e3 \U0001f600"}\n'.encode(), 0, [2]),
]


@pytest.mark.parametrize("kept", [(), ("--home", "home")], ids=["not kept", "kept"])
@pytest.mark.parametrize("by", ["file", "standard input"])
@pytest.mark.parametrize(("data", "code", "expected"), FILES, ids=lambda case: repr(case)[:30])
def test_blank_lines_and_marks_are_no_inputs(
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    data: bytes,
    code: int,
    expected: list[int],
    by: str,
    kept: tuple[str, ...],
) -> None:
    (tmp_path / "in.jsonl").write_bytes(data)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    done, out, err = command(*RUN, "--inputs", "in.jsonl" if by == "file" else "-", *kept)
    assert (done, results(out)) == (code, expected)
    if not expected:
        assert err.endswith("no inputs\n")


BROKEN = [
    (b'{"number": 1}\n\n{"number": \n', "in.jsonl:3:12: not JSON"),
    (b'{"number": 1}\n{number: 2}\n', "in.jsonl:2:2: not JSON"),
    (b'{"number": 1}\n{"number": NaN}\n', "in.jsonl:2:"),
    (b'{"number": 1, "number": 2}\n', "in.jsonl:1:15: the key 'number' is given twice"),
    (b'{"number": 1}\n{"text": "caf\xe9"}\n', "in.jsonl:2:14: not UTF-8 text"),
    (b'{"number": 1}\n"' + b"x" * (5 << 20), "in.jsonl:2: the line is longer than 4 MiB"),
]


@pytest.mark.parametrize(("data", "told"), BROKEN, ids=[case[1] for case in BROKEN])
def test_a_broken_line_is_named_before_anything_runs(command: Command, tmp_path: Path, data: bytes, told: str) -> None:
    (tmp_path / "in.jsonl").write_bytes(data)
    code, out, err = command(*RUN, "--inputs", "in.jsonl")
    assert (code, out) == (2, "")
    assert told in err
    assert "  next: Each line is one JSON value. Correct this line" in err


def test_what_comes_on_standard_input_is_worked_on_until_a_line_is_broken(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"number": 1}\n{"number"\n')))
    code, _, err = command(*RUN, "--inputs", "-")
    assert code == 2
    assert "standard input:2:10: not JSON" in err


@pytest.mark.parametrize("name", ["missing.jsonl", "."])
def test_a_file_that_cannot_be_read_is_a_sentence(command: Command, name: str) -> None:
    code, out, err = command(*RUN, "--inputs", name)
    assert (code, out) == (2, "")
    assert f"{name}: cannot read the file" in err


@pytest.mark.parametrize("other", [("--input", "{number: 1}"), ("--step", "given")])
def test_it_goes_with_neither_one_input_nor_chosen_steps(command: Command, other: tuple[str, ...]) -> None:
    assert "--inputs goes with neither" in command(*RUN, "--inputs", "-", *other)[2]


def test_a_line_can_hold_the_whole_document(command: Command, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"number": 1}\n{"number": 2}\n')
    _, out, _ = command(*RUN, "--inputs", "in.jsonl", "--json")
    assert [json.loads(line)["steps"]["doubled"]["attempts"] for line in out.splitlines()] == [1, 1]
    _, out, _ = command(*RUN, "--inputs", "in.jsonl", "--format", "yaml")
    assert out.count("---\n") == 2


def test_the_same_run_again_repeats_nothing_and_says_the_same(command: Command, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text("".join(f'{{"number": {number}}}\n' for number in range(20)))
    arguments = (*RUN, "--inputs", "in.jsonl", "--home", "home", "--run-id", "r1")
    first = command(*arguments)
    again = [json.loads(line) for line in command(*arguments, "--json")[1].splitlines()]
    assert command(*arguments) == first
    assert {each["steps"]["doubled"]["reuse"] for each in again} == {"journal"}


def test_a_run_is_gone_on_with_only_by_the_same_inputs(command: Command, tmp_path: Path) -> None:
    arguments = (*RUN, "--inputs", "in.jsonl", "--home", "home", "--run-id", "r1")
    (tmp_path / "in.jsonl").write_text('{"number": 1}\n')
    assert command(*arguments)[0] == 0
    (tmp_path / "in.jsonl").write_text('{"number": 2}\n')
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert "the run r1 was begun with another input" in err


@pytest.mark.process
def test_an_input_is_worked_on_when_it_comes_not_when_all_have_come(tmp_path: Path) -> None:
    flow = tmp_path / "flow.yaml"
    flow.write_text("output: {$input: $}\n")
    with subprocess.Popen(
        [*MAIN, "run", str(flow), "--inputs", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in (b"1", b"2"):
            process.stdin.write(number + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["result"] == int(number)
        process.stdin.close()
        assert process.wait(timeout=60) == 0


SLOW = "steps: [{id: hold, component: /test/gate, input: {$input: $}}]\noutput: {$step: hold}\n"


@pytest.mark.process
def test_an_interrupted_run_says_the_command_that_goes_on_and_repeats_nothing(tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(SLOW)
    (tmp_path / "in.jsonl").write_text("\n".join(json.dumps({"number": n, "log": str(tmp_path)}) for n in range(6)))
    arguments = ["run", "flow.yaml", *WITH_MODULE, "--inputs", "in.jsonl", "--home", "home", "--max-concurrency", "1"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(HERE)}
    with subprocess.Popen(
        [*MAIN, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment
    ) as process:
        assert process.stdout is not None
        for _ in range(3):  # the fourth input waits for its gate
            process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    (line,) = (line for line in err.splitlines() if "--run-id" in line)
    assert line.startswith("  flow-compiler run flow.yaml --module flow_components --inputs in.jsonl --home home")

    (tmp_path / "open").touch()
    again = subprocess.run(
        [*MAIN, *line.split()[1:]], capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=60
    )
    assert again.returncode == 0, again.stderr
    assert [json.loads(each)["result"] for each in again.stdout.splitlines()] == list(range(6))
    begun = [int(each) for each in (tmp_path / "calls").read_text().split()]
    assert sorted(set(begun)) == list(range(6))
    assert {number for number in begun if begun.count(number) > 1} <= {3}


@pytest.mark.process
def test_memory_does_not_grow_with_the_number_of_inputs(tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(
        "steps: [{id: same, component: /builtin/noop, input: {$input: $}}]\noutput: {$step: same}\n"
    )
    (tmp_path / "in.jsonl").write_text("".join(f'{{"number": {n}, "text": "{"x" * 1000}"}}\n' for n in range(20_000)))
    check = (
        "import resource, sys; from flow_compiler.cli import app;"
        "app(['run', 'flow.yaml', '--quiet', '--inputs', sys.argv[1]], standalone_mode=False);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    (tmp_path / "few.jsonl").write_text("".join((tmp_path / "in.jsonl").read_text().splitlines(keepends=True)[:500]))

    def peak(name: str) -> int:
        done = subprocess.run([sys.executable, "-c", check, name], capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return int(done.stderr.splitlines()[-1])

    assert peak("in.jsonl") - peak("few.jsonl") < 12_000  # KiB, of 20 MB of inputs
