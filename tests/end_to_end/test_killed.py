"""kill -9 at any moment, then the same command again: the result of an uninterrupted run, no finished page twice."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.command import EXAMPLES, Home

pytestmark = [pytest.mark.process, pytest.mark.timeout(560)]

FILES = [EXAMPLES / name for name in ("article-scan.pdf", "report.pdf", "dam-inspection.md", "truncated.pdf")]


def result(home: Home) -> dict[str, Any]:
    """Everything a person can see of the documents, but for times and run ids."""
    rows = home.documents()
    return {
        name: (row["outcome"], row["pages"], row["chunks"], row["failure"], home.chunks(row["document"]))
        for name, row in rows.items()
    }


def memo_entries(home: Home) -> set[tuple[str, str]]:
    """(component, key) of everything that is remembered, with when it was made."""
    file = home.path / "stepflow.db"
    if not file.exists():
        return set()
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
        try:
            return set(database.execute("select component, key from flow_compiler_memo"))
        except sqlite3.OperationalError:
            return set()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], set[tuple[str, str]], float]:
    home = Home(tmp_path_factory.mktemp("whole") / "home", {})
    started = time.monotonic()
    assert home.run("ingest", "-q", *FILES).code == 1  # one of them is broken
    seconds = time.monotonic() - started
    return result(home), memo_entries(home), seconds


def kill_when(home: Home, condition: Callable[[], bool]) -> None:
    process = home.start("ingest", "-q", *FILES)
    while process.poll() is None and not condition():
        time.sleep(0.01)
    process.kill()
    process.communicate()


@pytest.mark.parametrize("finished_calls", [0, 1, 4, 9, 15])
def test_killed_after_so_many_finished_calls_it_goes_on_from_there(
    finished_calls: int, uninterrupted: tuple[dict[str, Any], set[tuple[str, str]], float], tmp_path: Path
) -> None:
    expected, entries, _ = uninterrupted
    home = Home(tmp_path / "home", {})
    kill_when(home, lambda: len(memo_entries(home)) > finished_calls)
    before = memo_entries(home)

    done = home.run("ingest", "--json", "-q", *FILES)

    assert done.code == 1
    assert result(home) == expected
    assert memo_entries(home) == entries
    computed = sum(row["computed"] or 0 for row in done.lines)
    writes = sum(row["outcome"] == "indexed" for row in done.lines)
    assert computed <= len(entries) - len(before) + writes  # finished calls are not made again
    assert home.run("ingest", *FILES).out.strip().endswith("nothing had to be recomputed")


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_random_moments_again_and_again_it_still_ends_right(
    seed: int, uninterrupted: tuple[dict[str, Any], set[tuple[str, str]], float], tmp_path: Path
) -> None:
    expected, entries, seconds = uninterrupted
    chance = random.Random(seed)
    home = Home(tmp_path / "home", {})
    for _ in range(3):
        process = home.start("ingest", "-q", *FILES)
        try:
            process.communicate(timeout=chance.uniform(0.3, seconds))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()

    home.run("ingest", "-q", *FILES)

    assert result(home) == expected
    assert memo_entries(home) == entries
    assert open_runs(home) == []


def open_runs(home: Home) -> list[str]:
    """Dagster runs that are shown as going on."""
    from dagster import DagsterRunStatus, RunsFilter

    from stepflow_assets.operations.history import open_instance
    from stepflow_assets.settings import Settings

    going = [
        status
        for status in DagsterRunStatus
        if status.name in {"NOT_STARTED", "QUEUED", "STARTING", "STARTED", "CANCELING"}
    ]
    with open_instance(Settings(home=home.path)) as instance:
        return [run.run_id for run in instance.get_runs(RunsFilter(statuses=going))]
