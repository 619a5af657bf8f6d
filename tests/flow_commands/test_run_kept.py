"""``flow-compiler run --home``: what is remembered, and gone on with."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from flow_compiler.commands.progress import Progress
from flow_compiler.engine.storage import open_stores
from flow_compiler.language.canonical import digest

from .commands import HERE, WITH_MODULE, Command


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


def test_a_home_that_cannot_be_written_is_a_sentence(command: Command, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    code, _, err = command("run", "good.yaml", "--home", "taken/home")
    assert code == 3
    assert "next: " in err


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
