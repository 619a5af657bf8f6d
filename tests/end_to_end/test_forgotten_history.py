"""Documents forgotten while the UI is open on them, and by a command that is killed: nothing under the home names them."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.command import EXAMPLES, Home
from tests.end_to_end.dagster_server import DagsterUi, dagster_ui, wait_for
from tests.end_to_end.test_ui import ASSETS, materialize

pytestmark = [pytest.mark.process, pytest.mark.timeout(560)]

ODD = 'größe "x" 人.md'


def traces(home: Home, name: str) -> list[str]:
    """Files under the home that hold a file's name, raw or as JSON in whatever depth."""
    forms = [name]
    for _ in range(3):
        forms.append(json.dumps(forms[-1])[1:-1])
    found = re.compile(b"|".join(re.escape(form.encode()) for form in forms))
    return sorted(str(file) for file in home.path.rglob("*") if file.is_file() and found.search(file.read_bytes()))


def run_again(ui: DagsterUi, run_id: str) -> str:
    """Re-execute and wait; returns how it ended."""
    again = ui.again(run_id)
    wait_for(lambda: ui.runs()[again] in {"SUCCESS", "FAILURE"}, seconds=120, what="the run")
    return ui.runs()[again]


def test_a_person_forgets_documents_while_the_ui_is_open(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for name in ("article.pdf", "dam-inspection.md"):
        shutil.copy(EXAMPLES / name, inbox)
    shutil.copy(EXAMPLES / "customer-questions.html", inbox / ODD)
    shutil.copy(EXAMPLES / "truncated.pdf", inbox / "report.pdf")
    environment = {"STEPFLOW_SOURCES": json.dumps({"inbox": {"path": str(inbox)}})}
    home = Home(tmp_path / "home", environment)
    keys = [f"inbox:{name}" for name in ("report.pdf", "article.pdf", ODD, "dam-inspection.md", "nowhere.pdf")]
    kept = {"inbox:article.pdf", "inbox:dam-inspection.md"}

    with dagster_ui(home.path, cwd=tmp_path, environment=environment) as ui:
        for key in keys:
            ui.add_document(key)
        assert materialize(ui, keys) == "COMPLETED_FAILED"
        [of_range] = ui.runs()
        assert run_again(ui, of_range) == "FAILURE"
        assert {Path(file).suffix for file in traces(home, "report.pdf")} >= {".db", ".err"}

        done = home.run("forget", "--yes", f"inbox:{ODD}", "inbox:report.pdf", "inbox:nowhere.pdf")

        assert done.code == 0, done.err
        assert [traces(home, name) for name in (ODD, "report.pdf", "nowhere.pdf")] == [[], [], []]
        for asset in ASSETS:
            statuses = ui.statuses(asset)
            assert statuses["materialized"] == kept
            assert statuses["failed"] == statuses["unmaterialized"] == set()
        assert ui.errors_told() == []
        assert run_again(ui, of_range) == "SUCCESS"  # what is left of its range

        ui.add_document("inbox:report.pdf")
        shutil.copy(EXAMPLES / "report.pdf", inbox / "report.pdf")
        assert materialize(ui, ["inbox:report.pdf"]) == "COMPLETED_SUCCESS"
        assert ui.statuses("search_index")["materialized"] == kept | {"inbox:report.pdf"}


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("forgetting") / "home", {})
    folder = home.path.parent / "docs"
    folder.mkdir()
    for name in ("article.pdf", "dam-inspection.md"):
        shutil.copy(EXAMPLES / name, folder)
    shutil.copy(EXAMPLES / "truncated.pdf", folder / "report.pdf")
    assert home.run("ingest", "-q", folder).code == 1
    return home


def count(database: Path, query: str) -> int:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        found: int = connection.execute(query).fetchone()[0]
    connection.close()
    return found


def gone(file: str, table: str, column: str, name: str) -> Callable[[Home], bool]:
    return lambda home: count(home.path / file, f"select count(*) from {table} where {column} like '%{name}%'") == 0


@pytest.mark.parametrize(
    "moment",
    [
        gone("dagster/index.db", "event_logs", "partition", "article.pdf"),
        gone("dagster/history/runs.db", "runs", "run_body", "article.pdf"),
        gone("dagster/index.db", "dynamic_partitions", "partition", "article.pdf"),
        gone("stepflow.db", "flow_compiler_journal", "root", "article.pdf"),
        gone("stepflow.db", "stepflow_assets_documents", "document_id", "article.pdf"),
    ],
    ids=["events", "runs", "partition", "journal", "catalog"],
)
def test_killed_at_any_moment_it_is_finished_by_the_same_command(
    moment: Callable[[Home], bool], ingested: Home, tmp_path: Path
) -> None:
    home = Home(tmp_path / "home", {})
    shutil.copytree(ingested.path, home.path)
    [document] = [row["document"] for row in home.documents().values() if row["document"].endswith("article.pdf")]
    others = {name: row for name, row in home.documents().items() if name != "article.pdf"}
    assert not moment(home)
    process = home.start("forget", "--yes", document)
    while process.poll() is None and not moment(home):
        time.sleep(0.001)
    process.kill()
    process.communicate()

    done = home.run("forget", "--yes", document)

    assert done.code == 0, done.err
    assert traces(home, "article.pdf") == []
    assert home.documents() == others
    assert home.run("search", "tannery culvert").code == 1
