"""A document that was forgotten is named nowhere under the home, whatever was done with it, and the others are as before."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sqlite3
from collections import Counter
from pathlib import Path
from urllib.parse import quote

import pytest

from flow_compiler.assets import history_files, history_rows
from flow_compiler.errors import StoreUnavailable
from stepflow_assets.assets.compiled import compile_documents
from stepflow_assets.documents.chunk import Outcome
from stepflow_assets.documents.identity import document_digest
from stepflow_assets.operations.erasing import Erased, forget
from stepflow_assets.operations.history import open_instance
from stepflow_assets.operations.workspace import Workspace
from stepflow_assets.resources.embedded_index import EmbeddedIndex
from stepflow_assets.resources.sql_catalog import SqlCatalog
from tests.operations.conftest import Place

PLAIN, LONGER, ODD, BAD, GONE = NAMES = [
    "plain.pdf",
    "plain.pdf.bak.pdf",
    'sub/größe "x" 人.pdf',
    "bad.pdf",
    "gone.pdf",
]


@pytest.fixture
def used(place: Place) -> Place:
    """Five documents, ingested twice: one is damaged, one was deleted between the two."""
    (place.folder / "sub").mkdir()
    for number, name in enumerate(NAMES):
        place.write(name, f"Species number {number} stands by the river.")
    shutil.copy(place.folder / BAD, place.folder / GONE)
    bad = place.folder / BAD
    bad.write_bytes(bad.read_bytes()[:400])
    place.ingest()
    (place.folder / GONE).unlink()
    run_again(place)
    return place


def run_again(place: Place) -> str:
    """The first run anew, as a person re-executes it; its id."""
    with open_instance(place.settings) as instance:
        first = instance.get_runs()[-1]
        compiled = compile_documents(place.settings)
        job = compiled.definitions.resolve_job_def(compiled.name)
        return job.execute_in_process(run_config=first.run_config, instance=instance, raise_on_error=False).run_id


def forgotten(place: Place, *names: str) -> Erased:
    with Workspace(place.settings) as workspace:
        return asyncio.run(forget(workspace, [f"docs:{name}" for name in names]))


def traces(place: Place, name: str) -> list[str]:
    """Files under the home that hold the file's name: raw, as JSON once or more, or in a URL. Longer names do not count."""
    forms = {quote(name)}
    for written in (name, repr(name)[1:-1]):
        forms.add(written)
        for _ in range(3):
            forms.add(written := json.dumps(written)[1:-1])
    found = re.compile(b"(?:" + b"|".join(re.escape(form.encode()) for form in forms) + rb")(?!\.bak)")
    files = (file for file in place.settings.home_folder.rglob("*") if file.is_file())
    return sorted(file.name for file in files if found.search(file.read_bytes()))


def materialized(place: Place) -> Counter[str]:
    """How often each document was materialized as part of the index."""
    compiled = compile_documents(place.settings)
    with open_instance(place.settings) as instance:
        records = instance.fetch_materializations(compiled.asset_keys["search_index"], limit=1000).records
    return Counter(record.partition_key for record in records if record.partition_key)


def told(place: Place) -> dict[str, list[str]]:
    """The messages in the log of each run that are no events."""
    with open_instance(place.settings) as instance:
        return {
            run.run_id: [entry.user_message for entry in instance.all_logs(run.run_id) if not entry.is_dagster_event]
            for run in instance.get_runs()
        }


@pytest.mark.parametrize("name", [PLAIN, ODD, BAD, GONE])
def test_nothing_under_the_home_names_it(name: str, used: Place) -> None:
    assert {"runs.db", "index.db", "stepflow.db"} <= set(traces(used, name))

    forgotten(used, name)

    assert traces(used, name) == []
    assert traces(used, Path(name).name) == []


def test_only_its_hash_is_left(used: Place) -> None:
    forgotten(used, BAD)
    digest = document_digest(f"docs:{BAD}").encode()
    files = [file for file in used.settings.home_folder.rglob("*") if file.is_file()]
    assert {"runs.db", "stepflow.db"} <= {file.name for file in files if digest in file.read_bytes()}


def test_the_others_are_as_they_were(used: Place) -> None:
    rows, counts, messages = used.rows(), materialized(used), told(used)
    assert counts[f"docs:{LONGER}"] == 2

    forgotten(used, PLAIN, BAD)

    assert used.rows() == {name: row for name, row in rows.items() if name not in {PLAIN, BAD}}
    assert materialized(used) == counts - Counter({f"docs:{PLAIN}": 9})
    assert told(used) == {
        run: [line for line in lines if not line.startswith(f"docs:{BAD}: ")] for run, lines in messages.items()
    }


def test_it_comes_back_as_a_new_document(used: Place) -> None:
    before = used.rows()[PLAIN]
    forgotten(used, PLAIN)

    back = used.ingest()[PLAIN]

    assert back.outcome is Outcome.INDEXED
    assert back.generation > before.generation
    assert materialized(used)[f"docs:{PLAIN}"] == 1


def test_an_old_run_that_is_started_again_says_that_the_document_was_forgotten(used: Place) -> None:
    forgotten(used, PLAIN)

    run_id = run_again(used)

    pseudonym = f"forgotten:{document_digest(f'docs:{PLAIN}')}"
    assert any(
        line.startswith(f"{pseudonym}: document.forgotten [source]: this document was") for line in told(used)[run_id]
    )
    assert used.rows().keys() == set(NAMES) - {PLAIN}
    assert used.rows()[ODD].run_id == run_id
    assert materialized(used)[f"docs:{ODD}"] == 3


def test_forgetting_it_again_is_no_error_and_erases_what_an_older_version_left(used: Place) -> None:
    with Workspace(used.settings) as workspace:
        workspace.catalog.forget(f"docs:{PLAIN}")
    assert "runs.db" in traces(used, PLAIN)

    assert forgotten(used, PLAIN).documents == 0

    assert traces(used, PLAIN) == []
    assert forgotten(used, PLAIN) == Erased()


@pytest.mark.parametrize(("store", "step"), [(EmbeddedIndex, "delete_document"), (SqlCatalog, "forget")])
def test_what_was_broken_off_is_finished_by_the_same_call(
    store: type, step: str, used: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: object) -> None:
        raise StoreUnavailable("the disk is full")

    with monkeypatch.context() as patched, pytest.raises(StoreUnavailable):
        patched.setattr(store, step, full)
        forgotten(used, PLAIN)
    assert PLAIN in used.rows()

    assert forgotten(used, PLAIN).documents == 1

    assert traces(used, PLAIN) == []
    assert f"docs:{PLAIN}" not in used.found("species number")


@pytest.mark.parametrize("database", ["history/runs.db", "index.db"])
def test_a_history_that_somebody_keeps_locked_is_a_sentence(
    database: str, used: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (history_rows, history_files):
        monkeypatch.setattr(module, "BUSY_SECONDS", 0.1)
    other = sqlite3.connect(used.settings.dagster_home / database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked") as refused:
        forgotten(used, PLAIN)
    assert refused.value.retryable
    assert PLAIN in used.rows()
    other.close()

    forgotten(used, PLAIN)

    assert traces(used, PLAIN) == []


def test_a_history_that_somebody_keeps_reading_is_a_sentence(used: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_files, "BUSY_SECONDS", 0.1)
    reader = sqlite3.connect(used.settings.dagster_home / "history" / "runs.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM runs").fetchall()
    with pytest.raises(StoreUnavailable, match="keeps reading it|locked") as refused:
        forgotten(used, PLAIN)
    assert refused.value.retryable
    reader.close()

    forgotten(used, PLAIN)

    assert traces(used, PLAIN) == []
