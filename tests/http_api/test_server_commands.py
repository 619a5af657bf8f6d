"""``submit``, ``runs`` and ``cancel`` against a real server, as a person uses them."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from flows_served import DOUBLE, HELD
from server_process import ServerProcess, compiler, environment, server, until

pytestmark = pytest.mark.process

QUICK = ("--lease-seconds", "1", "--stop-seconds", "0")
Said = subprocess.CompletedProcess[str]


class Desk:
    """A folder with flows in it, and a server that commands are given."""

    def __init__(self, folder: Path, running: ServerProcess) -> None:
        self.folder = folder
        self.running = running
        self.environment = environment() | {"FLOW_COMPILER_URL": running.url}
        (folder / "double.json").write_text(json.dumps(DOUBLE))
        (folder / "held.json").write_text(json.dumps(HELD))

    def command(self, *arguments: str, **variables: str) -> Said:
        return subprocess.run(
            compiler(*arguments),
            cwd=self.folder,
            env=self.environment | variables,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    @contextmanager
    def waiting(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """``submit --wait``, begun; ended with the block at the latest."""
        process = subprocess.Popen(
            compiler("submit", *arguments, "--wait"),
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate(timeout=60)

    def traced(self, word: str) -> None:
        """Waits until a component has left its trace."""
        calls = self.folder / "calls"
        until(lambda: calls.exists() and word in calls.read_text().split(), f"the trace {word!r}")

    @property
    def held_input(self) -> str:
        return json.dumps({"folder": str(self.folder)})


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with server(tmp_path / "home", *QUICK) as running:
        yield Desk(tmp_path, running)


def test_submit_prints_the_id_of_a_run_that_runs_then_shows(desk: Desk) -> None:
    submitted = desk.command("submit", "double.json", "--input", '{"n": 4}')
    assert (submitted.returncode, submitted.stderr) == (0, "")
    run_id = submitted.stdout.strip()
    until(lambda: "completed" in desk.command("runs", run_id).stdout, "the end of the run")
    shown = desk.command("runs", run_id)
    assert 'item 0: {"outcome": "success", "result": {"one": {"n": 4}, "unit": "m"}}' in shown.stdout
    listed = desk.command("runs", "--status", "completed").stdout.splitlines()
    assert len(listed) == 1
    assert listed[0].split()[:3] == [run_id, "completed", "1/1"]
    assert desk.command("runs", "--status", "failed").stdout == "no runs\n"
    assert json.loads(desk.command("runs", "--json").stdout)["runs"][0]["runId"] == run_id


def test_submit_waits_and_prints_the_result(desk: Desk) -> None:
    waited = desk.command(
        "submit", "double.json", "--input", '{"n": 4}', "--variables", '{"unit": "km"}', "--wait", "--quiet",
        "--overrides", '{"steps": {"a": {"value": {"input": {"more": 12345678901234567890}}}}}',
    )  # fmt: skip
    assert (waited.returncode, waited.stderr) == (0, "")
    assert json.loads(waited.stdout) == {"one": {"n": 4, "more": 12345678901234567890}, "unit": "km"}


def test_many_inputs_give_a_line_each_in_their_order(desk: Desk) -> None:
    lines = [f'{{"n": {index}, "a line": "a \u2028 b"}}' if index != 1 else "{}" for index in range(5)]
    (desk.folder / "inputs.jsonl").write_text("\n".join(lines) + "\n\n")
    waited = desk.command("submit", "double.json", "--inputs", "inputs.jsonl", "--max-concurrency", "2", "--wait")
    assert waited.returncode == 1
    outcomes = [json.loads(line) for line in waited.stdout.splitlines()]
    assert [each["outcome"] for each in outcomes] == ["success", "failed", "success", "success", "success"]
    assert [each["result"]["one"]["n"] for each in outcomes if "result" in each] == [0, 2, 3, 4]
    assert outcomes[1]["error"]["code"] == "EXPRESSION_FAILURE"
    assert outcomes[1]["error"]["data"].keys() == {"error", "category", "retryable", "next_step"}
    assert "failed: item 1: Input path $.n not found" in waited.stderr
    assert "next: " in waited.stderr
    document = json.loads(desk.command("submit", "double.json", "--inputs", "inputs.jsonl", "--wait", "--json").stdout)
    assert (document["status"], len(document["results"])) == ("failed", 5)


def test_submitting_again_under_the_same_id_begins_nothing_new(desk: Desk) -> None:
    for _ in range(2):
        assert desk.command("submit", "double.json", "--input", '{"n": 1}', "--run-id", "mine").stdout == "mine\n"
    other = desk.command("submit", "double.json", "--input", '{"n": 2}', "--run-id", "mine")
    assert other.returncode == 2
    assert "was begun with another" in other.stderr


def test_cancel_ends_a_run_and_whoever_waits_for_it(desk: Desk) -> None:
    with desk.waiting("held.json", "--input", desk.held_input, "--run-id", "mine") as waiting:
        desk.traced("held")
        assert desk.command("cancel", "mine").stdout == "mine: cancelled\n"
        _, told = waiting.communicate(timeout=60)
    assert waiting.returncode == 1
    assert "the run is cancelled" in told
    assert desk.command("cancel", "mine").returncode == 0
    unknown = desk.command("cancel", "another")
    assert unknown.returncode == 2
    assert "run 'another' not found" in unknown.stderr


def test_an_interrupt_leaves_the_run_going(desk: Desk) -> None:
    with desk.waiting("held.json", "--input", desk.held_input, "--run-id", "mine") as waiting:
        desk.traced("held")
        waiting.send_signal(signal.SIGINT)
        _, told = waiting.communicate(timeout=60)
    assert waiting.returncode == 130
    assert f"the run goes on; look at it with: flow-compiler runs mine --url {desk.running.url}" in told
    (desk.folder / "go").touch()
    until(lambda: "completed" in desk.command("runs", "mine").stdout, "the end of the run")


def test_patience_can_be_limited(desk: Desk) -> None:
    waited = desk.command("submit", "held.json", "--input", desk.held_input, "--wait", "--timeout", "0.2")
    assert waited.returncode == 4
    assert "had not ended after 0.2 s, and goes on" in waited.stderr


def test_waiting_outlives_a_restart_of_the_server(tmp_path: Path) -> None:
    with server(tmp_path / "home", *QUICK) as first:
        desk = Desk(tmp_path, first)
        port = str(httpx.URL(first.url).port)
        with desk.waiting("held.json", "--input", desk.held_input) as waiting:
            desk.traced("held")
            first.kill()
            (tmp_path / "go").touch()
            with server(tmp_path / "home", *QUICK, "--port", port):
                result, _ = waiting.communicate(timeout=100)
        assert waiting.returncode == 0
        assert json.loads(result) in ({"number": 1}, {"number": 2})  # the attempt that the kill cut off may be counted


def test_a_server_that_is_not_there_is_a_sentence(tmp_path: Path, desk: Desk) -> None:
    desk.running.kill()
    for arguments in (("runs",), ("cancel", "x"), ("submit", "double.json")):
        done = desk.command(*arguments)
        assert done.returncode == 3
        assert done.stderr.startswith(f"error: the server at {desk.running.url} does not answer")
        assert "next: " in done.stderr


def test_the_token_comes_from_a_file_or_the_environment(tmp_path: Path) -> None:
    token = "a-token-of-the-tests"
    (tmp_path / "token").write_text(token)
    with server(tmp_path / "home", FLOW_COMPILER_TOKEN=token) as running:
        desk = Desk(tmp_path, running)
        refused = desk.command("runs")
        assert (refused.returncode, "the token is missing or wrong" in refused.stderr) == (2, True)
        assert desk.command("runs", "--token-file", "token").stdout == "no runs\n"
        assert desk.command("runs", FLOW_COMPILER_TOKEN=token).stdout == "no runs\n"


def test_what_does_not_fit_together_is_said(desk: Desk) -> None:
    (desk.folder / "inputs.jsonl").write_text('{"n": 1}\n{"n": \n')
    bad_line = desk.command("submit", "double.json", "--inputs", "inputs.jsonl")
    assert (bad_line.returncode, "inputs.jsonl, line 2" in bad_line.stderr) == (2, True)
    both = desk.command("submit", "double.json", "--inputs", "inputs.jsonl", "--input", "1")
    assert (both.returncode, "not both" in both.stderr) == (2, True)
    keyed = desk.command("submit", "double.json", "--key", "a", "--url", desk.running.url)
    assert (keyed.returncode, "--key is for partitions" in keyed.stderr) == (2, True)
    neither = desk.command("submit", "double.json", FLOW_COMPILER_URL="")
    assert (neither.returncode, "--url" in neither.stderr) == (2, True)
