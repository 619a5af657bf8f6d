"""What every command of ``flow-compiler`` keeps to: exit codes, sentences, streams, quick help."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .commands import SHIPPED, WITH_MODULE, Command

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
    code, out, err = command("validate", "good.yaml", *WITH_MODULE)
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
@pytest.mark.parametrize(("closed", "code"), [(">&-", 0), ("--input - <&-", 2)])
def test_closed_streams_are_no_mistake_of_ours(closed: str, code: int, tmp_path: Path) -> None:
    flow = tmp_path / "quick.yaml"
    flow.write_text("steps: [{id: quick, component: /builtin/noop}]\noutput: {$step: quick}\n")
    command = f"'{sys.executable}' -c 'from flow_compiler.cli import main; main()' run '{flow}' {closed}"

    done = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, text=True, timeout=60)

    assert done.returncode == code
    assert "unexpected" not in done.stderr
    assert "Traceback" not in done.stderr
