"""``flow-compiler`` as a person uses it: what is printed where, and with which exit code."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from flow_compiler import cli
from flow_compiler.assets.input_table import open_input_table
from flow_compiler.commands.progress import Progress
from flow_compiler.engine.storage import open_stores
from flow_compiler.language.canonical import digest

HERE = Path(__file__).parent
SHIPPED = HERE.parents[1] / "flows" / "document_ingestion.yaml"

GOOD = """\
name: doubling
description: Doubles a number.
schemas: {type: object, properties: {input: {type: object}, variables: {properties: {size: {type: integer}}}}}
steps:
  - {id: given, component: /builtin/noop, input: {number: {$input: number}, size: {$variable: size}}}
  - {id: doubled, component: /test/double, input: {$step: given}}
  - {id: extra, component: /builtin/noop, input: 1}
output: {result: {$step: doubled, path: number}, size: {$step: given, path: size}, more: {$if: {$step: given}, then: 1, else: {$step: extra}}}
"""
BAD = "name: bad\nsteps:\n  - {id: a, component: noop, skipIf: true}\noutput: {$step: b}\n"

Answer = tuple[int, str, str]
Command = Callable[..., Answer]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    """Runs ``flow-compiler`` with arguments; returns exit code, stdout, stderr. The working directory has the flows
    good.yaml and bad.yaml and the module flow_components."""
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(BAD)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(HERE))

    def call(*arguments: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["flow-compiler", *arguments])
        with pytest.raises(SystemExit) as done:
            cli.main()
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return int(done.value.code or 0), said.out, said.err

    return call


WITH_MODULE = ("--module", "flow_components")


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


def test_show_tells_what_runs_what_it_needs_and_which_asset_it_becomes(command: Command) -> None:
    code, out, _ = command("show", "good.yaml", *WITH_MODULE)
    assert code == 0
    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines() if line}
    assert rows["given"] == ["/builtin/noop", "cpu", "always", "-", "doubling/given"]
    assert rows["doubled"] == ["/test/double", "gpu", "always", "given", "doubling/doubled"]
    assert rows["extra"] == ["/builtin/noop", "cpu", "sometimes", "-", "doubling/extra"]


def test_show_gives_json_and_mermaid(command: Command) -> None:
    shown = json.loads(command("show", str(SHIPPED), "--format", "json")[1])
    steps = {step["id"]: step for step in shown["steps"]}
    assert steps["chunks"]["needs"] == ["document", "pages", "ocr_blocks"]
    assert steps["embeddings"]["asset"] is None
    assert shown["output"] == {"needs": ["search_index"]}
    drawing = command("show", str(SHIPPED), "--format", "mermaid")[1].splitlines()
    assert drawing[0] == "flowchart LR"
    assert "  s5 --> output" in drawing


def test_show_of_a_flow_that_cannot_be_used_says_why(command: Command) -> None:
    code, out, err = command("show", "bad.yaml")
    assert (code, out) == (2, "")
    assert err.startswith("error: bad.yaml:4:9: $.output: ")
    assert "  next: " in err


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


def test_run_of_chosen_steps_gives_their_results(command: Command) -> None:
    code, out, _ = command("run", "good.yaml", "--step", "given", "--step", "extra", "--input", "{number: 1}")
    assert (code, json.loads(out)) == (0, {"given": {"number": 1, "size": 0}, "extra": 1})


def test_run_takes_overrides(command: Command) -> None:
    patch = "{steps: {doubled: {value: {component: /builtin/noop}}}}"
    code, out, _ = command("run", "good.yaml", "--overrides", patch, "--input", "{number: 1}")
    assert (code, json.loads(out)["result"]) == (0, 1)


def test_what_overrides_break_is_told(command: Command) -> None:
    patch = "{steps: {doubled: {value: {input: {$step: nowhere}}}}}"
    code, _, err = command("run", "good.yaml", "--overrides", patch, "--input", "{number: 1}")
    assert code == 1
    assert err.startswith("warning: with --overrides: $.steps[1].input: step 'doubled' refers to step 'nowhere'")


def test_a_flow_that_fails_says_why_and_exits_with_1(command: Command, tmp_path: Path) -> None:
    (tmp_path / "refuse.yaml").write_text("steps: [{id: a, component: /test/refuse}]\noutput: {$step: a}")
    code, out, err = command("run", "refuse.yaml", *WITH_MODULE)
    assert (code, out) == (1, "")
    assert err == "failed: INVALID_INPUT: the field `number` is missing\n  next: Add the field `number`.\n"
    code, out, _ = command("run", "refuse.yaml", *WITH_MODULE, "--json")
    document = json.loads(out)
    assert (code, document["outcome"], document["error"]["code"]) == (1, "failed", "INVALID_INPUT")
    assert document["steps"]["a"]["outcome"] == "failed"


FOREIGN = """
from flow_compiler.engine.components import component
class Foreign: pass
@component("/x/foreign")
async def foreign(given: Foreign, context): return given
"""


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("raise RuntimeError('no config')", "cannot import made: RuntimeError: no config"),
        ("import sys; sys.exit(5)", "cannot import made: SystemExit: 5"),
        ("raise KeyError", "cannot import made: KeyError"),
        (
            FOREIGN,
            "cannot import made: PydanticSchemaGenerationError: Unable to generate",
        ),
    ],
    ids=["raises", "exits", "says nothing", "contract"],
)
def test_a_module_that_cannot_be_imported_is_a_sentence(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, told: str
) -> None:
    (tmp_path / "made.py").write_text(source)
    monkeypatch.delitem(sys.modules, "made", raising=False)
    code, out, err = command("validate", "good.yaml", "--module", "made")
    assert (code, out) == (2, "")
    assert told in err


def test_text_that_is_no_unicode_is_refused_in_flows_and_printed_escaped_in_results(
    command: Command, tmp_path: Path
) -> None:
    (tmp_path / "half.json").write_text('{"name": "f", "output": "\\ud800"}')
    for name in ("validate", "show", "run"):
        code, out, err = command(name, "half.json")
        assert (code, "half.json:1:25" in out + err) == (2, True)
    (tmp_path / "half.yaml").write_text("steps: [{id: a, component: /test/half}]\noutput: {$step: a}")
    for more in ([], ["--json"]):
        code, out, _ = command("run", "half.yaml", *WITH_MODULE, *more)
        assert code == 0
        assert "x\\ud800y" in out
        json.loads(out)


def test_what_nobody_expected_is_a_sentence_and_a_file_with_the_details(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_modules: object) -> None:
        raise LookupError("inside")

    monkeypatch.setattr("flow_compiler.commands.modules.registry_of", fail)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code, out, err = command("validate", "good.yaml")
    assert (code, out) == (3, "")
    assert err.startswith("error: unexpected LookupError; the details are in ")
    (details,) = tmp_path.glob("flow-compiler-*/*")
    assert details.parent.stat().st_mode & 0o077 == 0
    assert "LookupError: inside" in details.read_text()


FULL = [
    ("flow_compiler.cli", ["show", str(SHIPPED)]),
    ("flow_compiler.cli", ["--help"]),
    ("stepflow_assets.cli", ["settings"]),
    ("stepflow_assets.cli", ["settings", "--json"]),
]


@pytest.mark.process
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize(("module", "arguments"), FULL, ids=[" ".join(case[1])[-20:] for case in FULL])
def test_an_output_that_cannot_be_written_is_a_sentence(tmp_path: Path, module: str, arguments: list[str]) -> None:
    main = f"from {module} import main; main()"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", main, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, cwd=tmp_path
        )
    assert done.returncode == 3
    assert done.stderr.startswith("error: the output cannot be written: No space left on device\n  next: ")
    assert len(done.stderr.splitlines()) == 2


def test_a_missing_component_is_named_with_the_nearest_known(command: Command, tmp_path: Path) -> None:
    (tmp_path / "typo.yaml").write_text("steps: [{id: a, component: /builtin/nop}]\noutput: {$step: a}")
    code, _, err = command("run", "typo.yaml")
    assert code == 1
    assert "/builtin/nop'" in err
    assert "/builtin/noop" in err


def test_with_a_home_a_second_run_computes_nothing_and_a_run_can_be_gone_on_with(command: Command) -> None:
    arguments = ("run", "good.yaml", *WITH_MODULE, "--input", "{number: 4}", "--home", "home", "--json")
    first, second = (json.loads(command(*arguments)[1]) for _ in range(2))
    again = json.loads(command(*arguments, "--run-id", first["run_id"])[1])
    assert [run["steps"]["doubled"]["reuse"] for run in (first, second, again)] == ["computed", "memo", "journal"]
    assert first["result"] == second["result"] == again["result"]
    assert first["steps"]["doubled"]["degraded"] is False


def test_a_run_that_is_kept_tells_its_name_at_the_start(command: Command) -> None:
    arguments = ("run", "good.yaml", *WITH_MODULE, "--input", "{number: 4}", "--home", "home", "--json")
    _, out, err = command(*arguments)
    assert err == f"run {json.loads(out)['run_id']}\n"
    assert command(*arguments, "--run-id", "r1")[2] == command(*arguments, "--quiet")[2] == ""


OTHER = [
    (("--input", "{number: 5}"), "another input"),
    (("--input", "{number: 4}", "--variables", "{size: 1}"), "another variables"),
    (
        ("--input", "{number: 5}", "--overrides", "{steps: {extra: {value: {input: 2}}}}"),
        "another flow and other input",
    ),
]


@pytest.mark.parametrize(("arguments", "told"), OTHER, ids=[case[1] for case in OTHER])
def test_a_run_is_gone_on_with_only_by_what_it_was_begun_with(
    command: Command, arguments: tuple[str, ...], told: str
) -> None:
    run = ("run", "good.yaml", *WITH_MODULE, "--home", "home", "--run-id", "r1")
    begun = command(*run, "--input", "{number: 4}")
    code, out, err = command(*run, *arguments)
    assert (code, out) == (2, "")
    assert f"the run r1 was begun with {told}" in err
    assert command(*run, "--input", "{number: 4}") == begun


def test_a_run_goes_on_with_another_key_and_leaves_no_digest_of_it(command: Command, tmp_path: Path) -> None:
    flow = tmp_path / "secret.yaml"
    flow.write_text(
        "schemas: {properties: {variables: {type: object, properties: {key: {type: string, is_secret: true}}}}}\n"
        "steps: [{id: quick, component: /builtin/noop}]\noutput: {$step: quick}\n"
    )
    for key in ("hunter2", "hunter3"):
        variables = json.dumps({"key": key})
        arguments = ("--home", str(tmp_path / "home"), "--run-id", "r1", "--variables", variables)
        assert command("run", str(flow), *arguments)[0] == 0
    kept = b"".join(file.read_bytes() for file in (tmp_path / "home").rglob("*") if file.is_file())
    assert digest({"key": "hunter2"}).encode() not in kept


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "missing.yaml"), "cannot read the file"),
        (("run", "bad.yaml"), "bad.yaml:4:9"),
        (("run", "good.yaml", "--input", "{"), "not JSON"),
        (("run", "good.yaml", "--input", "@missing.json"), "cannot read the file"),
        (("run", "good.yaml", "--variables", "[1]"), "must be an object"),
        (("run", "good.yaml", "--module", "no_such_module"), "cannot import no_such_module"),
        (("run", "good.yaml", "--module", "json"), "no function under @component"),
        (("run", "good.yaml", "--step", "zz"), "no step 'zz'; it has: given, doubled, extra"),
        (("run", "good.yaml", "--overrides", "{steps: {zz: {value: 1}}}"), "no step 'zz'"),
        (("run", "good.yaml", "--run-id", "r"), "--run-id needs --home"),
        (("run", "good.yaml", "--journal", "sqlite:///x"), "--journal needs --home"),
        (("run", "good.yaml", "--home", ""), "must name a folder"),
        (("submit", "good.yaml", "--key", "k", "--home", ""), "must name a folder"),
        (("validate",), "Missing argument"),
        (("nonsense",), "No such command"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_wrong_usage_and_unusable_flows_exit_with_2_and_a_sentence(
    command: Command, arguments: tuple[str, ...], message: str
) -> None:
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert message in err


def test_a_home_that_cannot_be_written_is_a_sentence(command: Command, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    code, _, err = command("run", "good.yaml", "--home", "taken/home")
    assert code == 3
    assert "next: " in err


@pytest.mark.process
def test_help_imports_nothing_heavy() -> None:
    check = (
        "import sys; from flow_compiler.cli import app; app(['--help'], standalone_mode=False);"
        "print(sorted({'dagster', 'pydantic', 'yaml', 'sqlalchemy', 'asyncio'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "Exit codes: 0 fine; 1 the flow ran and failed" in done.stdout


@pytest.mark.process
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_long_run_tells_its_progress_and_lets_go_of_the_run_at_once_when_it_is_stopped(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    flow = tmp_path / "long.yaml"
    flow.write_text(
        "steps:\n  - {id: quick, component: /builtin/noop}\n"
        "  - {id: slow, component: /builtin/sleep, input: {duration_ms: 60000}}\n"
        "output: [{$step: quick}, {$step: slow}]\n"
    )
    arguments: list[Any] = [sys.executable, "-c", "from flow_compiler.cli import main; main()", "run", flow]
    with subprocess.Popen(
        [*arguments, "--home", tmp_path / "home", "--run-id", "r1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stderr is not None
        assert "1 step finished, latest quick" in process.stderr.readline()  # progress starts after two seconds
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert out == ""
    assert "go on with" in err
    assert "--run-id r1" in err
    assert "Traceback" not in err
    assert asyncio.run(may_be_taken(tmp_path / "home", "item:r1:input"))


async def may_be_taken(home: Path, name: str) -> bool:
    async with open_stores(f"sqlite:///{home / 'journal.db'}", home / "artifacts") as stores:
        return await stores.leases.acquire(name, "another runner", 60) is not None


def test_a_run_tells_that_it_waits_for_another_runner() -> None:
    stream = io.StringIO()
    Progress(stream).waiting(30)
    assert stream.getvalue().startswith("waiting for another runner of this run; ")
    assert "in 30 s" in stream.getvalue()


@pytest.mark.process
def test_an_interrupted_run_does_not_wait_for_a_component_in_a_thread(tmp_path: Path) -> None:
    flow = tmp_path / "hold.yaml"
    flow.write_text(
        "steps:\n  - {id: quick, component: /builtin/noop}\n"
        "  - {id: slow, component: /test/hold, input: 60}\noutput: [{$step: quick}, {$step: slow}]\n"
    )
    arguments: list[Any] = [sys.executable, "-c", "from flow_compiler.cli import main; main()", "run", flow]
    with subprocess.Popen(
        [*arguments, *WITH_MODULE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=HERE
    ) as process:
        assert process.stderr is not None
        assert "1 step finished" in process.stderr.readline()
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert time.monotonic() - began < 20
    assert process.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in err


def test_a_submitted_input_is_there_for_the_flows_partition(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    code, out, _ = command(
        "submit", "good.yaml", "--key", "one", "--input", '{"number": 4}', "--variables", "{size: 2}"
    )
    assert (code, out) == (0, "one: submitted to doubling\n")
    with closing(open_input_table(f"sqlite:///{tmp_path / '.stepflow' / 'stepflow.db'}", "doubling")) as inputs:
        assert [(row.key, row.input, row.variables) for row in inputs.rows()] == [("one", {"number": 4}, {"size": 2})]
    with dg.DagsterInstance.get() as instance:
        assert instance.get_dynamic_partitions("doubling") == ["one"]


def test_without_a_dagster_home_submit_says_what_is_left_to_do(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    code, out, _ = command("submit", "good.yaml", "--key", "one")
    assert (code, out) == (0, "one: submitted to doubling; add the partition one in the Dagster UI\n")


@pytest.mark.process
def test_submit_imports_no_dagster_where_there_is_no_home_of_it(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(GOOD)
    check = (
        "import sys; from flow_compiler.cli import app;"
        "app(['submit', 'good.yaml', '--key', 'one'], standalone_mode=False); print('dagster' in sys.modules)"
    )
    home_less = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
    done = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True, cwd=tmp_path, env=home_less
    )
    assert done.stdout.splitlines()[-1] == "False"


def test_a_key_that_cannot_be_a_partition_is_refused(command: Command) -> None:
    code, _, err = command("submit", "good.yaml", "--key", "a...b")
    assert code == 2
    assert "'a...b' cannot be a partition key" in err


@pytest.mark.process
@pytest.mark.parametrize(("closed", "code"), [(">&-", 0), ("--input - <&-", 2)])
def test_closed_streams_are_no_mistake_of_ours(closed: str, code: int, tmp_path: Path) -> None:
    flow = tmp_path / "quick.yaml"
    flow.write_text("steps: [{id: quick, component: /builtin/noop}]\noutput: {$step: quick}\n")
    command = f"'{sys.executable}' -c 'from flow_compiler.cli import main; main()' run '{flow}' {closed}"

    done = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, text=True, timeout=60)

    assert done.returncode == code
    assert "unexpected" not in done.stderr
    assert "Traceback" not in done.stderr
