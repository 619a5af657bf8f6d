"""A run whose process was killed is closed by whoever comes next; a living one is let be."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster_ui import ui
from small_flow import ASSETS, World, world
from watchfiles import watch

from flow_compiler.assets import run_lock
from flow_compiler.assets.closing import close_orphans, let_go_of_items, orphaned_runs_sensor
from flow_compiler.assets.run_lock import RunLock
from flow_compiler.engine.outcomes import Failure

HERE = Path(__file__).parent


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "runs").mkdir()
    return tmp_path


@pytest.fixture
def local(home: Path, planned_by_us: None) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        yield instance


class Catalog:
    """What the closer tells, and the items that were in hand."""

    def __init__(self, *in_hand: str) -> None:
        self.in_hand = in_hand
        self.told: list[tuple[str, str]] = []

    def __call__(self, run_id: str, failure: Failure) -> tuple[str, ...]:
        self.told.append((run_id, failure.error))
        return self.in_hand


def open_run(local: dg.DagsterInstance, flow: World, keys: list[str]) -> dg.DagsterRun:
    """A run that says it is started, and that no process works on."""
    job = flow.compiled.definitions.resolve_job_def("small")
    return local.create_run_for_job(job, run_config=flow.compiled.run_config(keys), status=dg.DagsterRunStatus.STARTED)


def wait_for(process: subprocess.Popen[bytes], folder: Path, *names: str) -> None:
    """Until the program has made all these files."""
    for _changes in watch(folder, recursive=False, rust_timeout=2_000, yield_on_timeout=True, debounce=50, step=20):
        if all((folder / name).exists() for name in names):
            return
        assert process.poll() is None, "the program ended too early"


@pytest.mark.process
def test_a_killed_run_is_closed_and_its_unfinished_documents_are_marked(home: Path, local: dg.DagsterInstance) -> None:
    program = [sys.executable, str(HERE / "orphan_process.py"), str(home)]
    process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(process, home, "done", "stuck")
    flow = world(local, {"done": "text", "stuck": "text", "waiting": "text"})
    catalog = Catalog("stuck")
    try:
        assert close_orphans(local, [flow.compiled], home / "runs", catalog) == []  # it lives
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(30)

    (closed,) = close_orphans(local, [flow.compiled], home / "runs", catalog)

    assert set(closed.unfinished) == {"stuck", "waiting"}
    assert f"its process {process.pid} died" in closed.reason
    assert catalog.told == [(closed.run_id, "run.orphaned")]
    run = local.get_run_by_id(closed.run_id)
    assert run is not None
    assert run.status is dg.DagsterRunStatus.FAILURE
    with ui(local, flow.compiled.definitions) as shown:
        statuses = {asset: shown.statuses(flow.compiled.asset_keys[asset]) for asset in ASSETS}
    assert {asset: found["failed"] for asset, found in statuses.items()} == {
        "document": {"waiting"},
        "pages": {"waiting"},
        "ocr_blocks": {"stuck", "waiting"},
        "chunks": {"stuck", "waiting"},
        "search_index": {"stuck", "waiting"},
    }
    assert statuses["search_index"]["materialized"] == {"done"}
    assert close_orphans(local, [flow.compiled], home / "runs", catalog) == []


def test_a_run_whose_lock_is_held_is_let_be(home: Path, local: dg.DagsterInstance) -> None:
    flow = world(local, {"a": "text"})
    run = open_run(local, flow, ["a"])
    with RunLock(home / "runs", run.run_id), RunLock(home / "runs", run.run_id):
        assert close_orphans(local, [flow.compiled], home / "runs", Catalog(), between_ops_seconds=0) == []


@pytest.mark.parametrize(("grace", "closed"), [(60.0, 0), (0.0, 1)])
def test_a_run_between_two_ops_gets_some_time(home: Path, local: dg.DagsterInstance, grace: float, closed: int) -> None:
    flow = world(local, {"a": "text"})
    run = open_run(local, flow, ["a"])
    with RunLock(home / "runs", run.run_id):
        pass
    found = close_orphans(local, [flow.compiled], home / "runs", Catalog(), between_ops_seconds=grace)
    assert len(found) == closed


@pytest.mark.parametrize(("grace", "closed"), [(300.0, 0), (0.0, 1)])
def test_a_run_that_no_op_began_gets_more_time(
    home: Path, local: dg.DagsterInstance, grace: float, closed: int
) -> None:
    flow = world(local, {"a": "text"})
    open_run(local, flow, ["a"])
    found = close_orphans(local, [flow.compiled], home / "runs", Catalog(), starting_seconds=grace)
    assert [run.unfinished for run in found] == [("a",)] * closed


def test_an_orphan_that_was_being_cancelled_ends_cancelled(home: Path, local: dg.DagsterInstance) -> None:
    flow = world(local, {"a": "text"})
    run = open_run(local, flow, ["a"])
    local.report_run_canceling(run)
    close_orphans(local, [flow.compiled], home / "runs", Catalog(), starting_seconds=0)
    ended = local.get_run_by_id(run.run_id)
    assert ended is not None
    assert ended.status is dg.DagsterRunStatus.CANCELED


def test_runs_of_other_jobs_are_let_be(home: Path, local: dg.DagsterInstance) -> None:
    flow = world(local, {"a": "text"})
    other = world(local, {}, flow="name: other\noutput: 1")
    open_run(local, flow, ["a"])
    assert close_orphans(local, [other.compiled], home / "runs", Catalog(), starting_seconds=0) == []


def test_a_document_that_was_in_hand_is_marked_even_when_all_its_assets_are_there(
    home: Path, local: dg.DagsterInstance
) -> None:
    flow = world(local, {"a": "text"})
    result = flow.run(["a"])
    run = open_run(local, flow, ["a"])
    assert flow.materialized(result.run_id)["a"] == set(ASSETS)
    close_orphans(local, [flow.compiled], home / "runs", Catalog("a"), starting_seconds=0)
    with ui(local, flow.compiled.definitions) as shown:
        assert shown.statuses(flow.compiled.asset_keys["search_index"])["failed"] == {"a"}
    assert run.run_id != result.run_id


def test_a_run_that_broke_lets_go_of_what_it_had_in_hand(home: Path, local: dg.DagsterInstance) -> None:
    flow = world(local, {"a": "text", "b": "text"})
    run = open_run(local, flow, ["a", "b"])
    local.report_run_failed(run)
    catalog = Catalog("a")

    (freed,) = let_go_of_items(local, [flow.compiled], home / "runs", [run.run_id], catalog)

    assert freed.unfinished == ("a",)
    assert "it ended as FAILURE" in freed.reason
    assert catalog.told == [(run.run_id, "run.orphaned")]
    with ui(local, flow.compiled.definitions) as shown:
        assert shown.statuses(flow.compiled.asset_keys["search_index"])["failed"] == {"a", "b"}


def test_what_a_living_run_has_in_hand_is_let_be(home: Path, local: dg.DagsterInstance) -> None:
    flow = world(local, {"a": "text"})
    run = open_run(local, flow, ["a"])
    assert let_go_of_items(local, [flow.compiled], home / "runs", [run.run_id], Catalog("a")) == []
    with RunLock(home / "runs", "unknown"):
        assert let_go_of_items(local, [flow.compiled], home / "runs", ["unknown", run.run_id], Catalog("a")) == []


def test_a_run_that_dagster_does_not_know_lets_go(home: Path, local: dg.DagsterInstance) -> None:
    (freed,) = let_go_of_items(local, [], home / "runs", ["unknown"], Catalog("a"))
    assert (freed.run_id, freed.unfinished) == ("unknown", ("a",))


def test_a_killed_run_of_another_flow_lets_go(home: Path, local: dg.DagsterInstance) -> None:
    flow = world(local, {"a": "text"})
    run = open_run(local, flow, ["a"])
    (home / "runs" / run.run_id).write_text("1")  # as a killed process leaves it
    (freed,) = let_go_of_items(local, [], home / "runs", [run.run_id], Catalog("a"))
    assert "its process 1 died" in freed.reason


def test_the_sensor_says_what_it_closed(home: Path, local: dg.DagsterInstance) -> None:
    flow = world(local, {"a": "text"})
    run = open_run(local, flow, ["a"])
    with RunLock(home / "runs", run.run_id):
        pass
    (home / "runs" / run.run_id).write_text("1")  # as a killed process leaves it
    sensor = orphaned_runs_sensor([flow.compiled], home / "runs", Catalog(), list)
    with dg.build_sensor_context(instance=local) as context:
        said = sensor(context)
    assert isinstance(said, dg.SkipReason)
    assert said.skip_message is not None
    assert run.run_id in said.skip_message


def test_a_lock_tells_a_killed_holder_from_one_that_let_go(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run_lock.look(tmp_path, "r")
    with RunLock(tmp_path, "r"):
        assert run_lock.look(tmp_path, "r") is None
    found = run_lock.look(tmp_path, "r")
    assert found is not None
    assert found.pid is None


def test_a_process_that_dies_after_its_last_op_is_known_to_have_died(tmp_path: Path) -> None:
    dying = (
        "import os, signal, sys; from pathlib import Path; from flow_compiler.assets.run_lock import RunLock\n"
        "with RunLock(Path(sys.argv[1]), 'r'):\n"
        "    with RunLock(Path(sys.argv[1]), 'r'): pass\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", dying, tmp_path])
    assert process.wait(timeout=60) == -signal.SIGKILL
    abandoned = run_lock.look(tmp_path, "r")
    assert abandoned is not None
    assert abandoned.pid == process.pid
