"""What is computed when: unchanged, changed, changed back, renamed, copied, forgotten, lost from the index."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from flow_compiler.assets.run_lock import RunLock
from flow_compiler.engine.storage.database import create_database
from flow_compiler.engine.storage.tables import journal
from flow_compiler.engine.stores import root_path
from flow_compiler.errors import ComponentError
from stepflow_assets.cli.ingesting import Request, run_decisions
from stepflow_assets.documents.chunk import Outcome
from stepflow_assets.ocr.options import ProviderOptions
from stepflow_assets.operations.erasing import collect, forget
from stepflow_assets.operations.exporting import export
from stepflow_assets.operations.ingesting import decide_retry
from stepflow_assets.operations.workspace import Workspace
from stepflow_assets.resources.catalog_tables import documents, uses
from tests.operations.conftest import Place

_IS_B = documents.c.document_id == "docs:b.pdf"


def test_unchanged_documents_are_not_even_run(place: Place) -> None:
    place.write("a.pdf", "Alder trees stand by the river.")
    first = place.ingest()["a.pdf"]

    again = place.ingest()["a.pdf"]

    assert first.outcome is Outcome.INDEXED
    assert again.run_id == first.run_id
    assert again.generation == first.generation


def test_refresh_computes_everything_anew_and_leaves_an_equal_generation_alone(place: Place) -> None:
    place.write("a.pdf", "Alder trees stand by the river.")
    first = place.ingest()["a.pdf"]

    again = place.ingest(refresh=True)["a.pdf"]

    assert again.computed == first.computed
    assert again.generation == first.generation + 1
    assert again.live_generation == first.live_generation


def test_bytes_that_go_from_a_to_b_and_back_to_a_end_as_a(place: Place) -> None:
    a, b = "Alder trees stand by the river.", "Beech trees stand on the hill."
    for text in (a, b, a):
        place.write("x.pdf", text)
        row = place.ingest()["x.pdf"]

    assert place.found("alder") == ["docs:x.pdf"]
    assert place.found("beech") == []
    assert (row.live_generation, row.computed) == (3, 1)  # only the index is written; memo has the rest


def test_one_changed_page_of_many_is_the_only_one_whose_blocks_are_made(place: Place) -> None:
    pages = [f"Page about species number {number}." for number in range(12)]
    place.write("x.pdf", *pages)
    place.ingest()
    place.write("x.pdf", *pages[:5], "Something else altogether.", *pages[6:])

    row = place.ingest()["x.pdf"]

    # read, 12 cheap looks at the pages of the new file, blocks of one page, chunks, publish
    assert row.computed == 1 + 12 + 1 + 1 + 1
    assert row.reused == 11


def test_the_same_bytes_under_a_second_name_cost_one_publication(place: Place) -> None:
    first = place.write("a.pdf", "Alder trees stand by the river.", "And some on the island.")
    place.ingest()
    shutil.copy(first, place.folder / "b.pdf")

    row = place.ingest()["b.pdf"]

    assert row.computed <= 2  # its version is read under its own name, and it is published
    assert place.found("alder") == ["docs:a.pdf", "docs:b.pdf"]


def test_an_index_folder_that_was_deleted_is_written_again_and_nothing_else_is_computed(place: Place) -> None:
    place.write("a.pdf", "Alder trees stand by the river.")
    place.ingest()
    shutil.rmtree(place.settings.index_file.parent)

    row = place.ingest()["a.pdf"]

    assert place.found("alder") == ["docs:a.pdf"]
    assert row.computed == 1


def test_a_forgotten_document_is_nowhere_and_can_come_back(place: Place) -> None:
    place.write("a.pdf", "Alder trees stand by the river.")
    before = place.ingest()["a.pdf"]
    with Workspace(place.settings) as workspace:
        erased = asyncio.run(forget(workspace, ["docs:a.pdf"]))
        assert erased.documents == erased.index_documents == 1
        assert erased.memo_entries > 0
        assert erased.artifacts > 0
    assert place.rows() == {}
    assert place.found("alder") == []
    assert stored_files(place) == 0
    assert traces(place, b"Alder", b"docs:a.pdf") == []

    back = place.ingest()["a.pdf"]

    assert back.generation > before.generation
    assert back.computed == before.computed
    assert place.found("alder") == ["docs:a.pdf"]


def test_an_ingested_document_leaves_traces(place: Place) -> None:
    place.write("a.pdf", "Alder trees stand by the river.")
    place.ingest()
    assert {"index.db", "stepflow.db"} <= set(traces(place, b"Alder", b"docs:a.pdf"))


def test_forgetting_one_of_two_equal_documents_keeps_what_the_other_needs(place: Place) -> None:
    shutil.copy(place.write("a.pdf", "Alder trees stand by the river."), place.folder / "b.pdf")
    place.ingest()
    with Workspace(place.settings) as workspace:
        asyncio.run(forget(workspace, ["docs:a.pdf"]))

    assert place.found("alder") == ["docs:b.pdf"]
    shutil.rmtree(place.settings.index_file.parent)
    assert place.ingest(place.folder / "b.pdf")["b.pdf"].computed == 1


def test_forgetting_keeps_what_a_run_has_in_hand_for_an_equal_document(place: Place) -> None:
    shutil.copy(place.write("a.pdf", "Alder trees stand by the river."), place.folder / "b.pdf")
    place.ingest()
    engine = create_database(place.settings.database)
    of_b = uses.c.document == select(documents.c.number).where(_IS_B).scalar_subquery()
    with engine.begin() as connection:  # as while b's run is going on: what it has made is in the journal alone
        connection.execute(delete(uses).where(of_b))
        connection.execute(update(documents).where(_IS_B).values(running=True, run_id="going"))
        connection.execute(update(journal).where(journal.c.root == root_path("docs:b.pdf")).values(run_id="going"))

    with RunLock(place.settings.run_locks, "going"), Workspace(place.settings) as workspace:
        erased = asyncio.run(forget(workspace, ["docs:a.pdf"]))

    assert (erased.memo_entries, erased.artifacts) == (1, 0)  # the reading of its own file
    with engine.begin() as connection:
        connection.execute(update(documents).values(running=False))
    engine.dispose()
    shutil.rmtree(place.settings.index_file.parent)
    assert place.ingest(place.folder / "b.pdf")["b.pdf"].computed == 1


def test_forgetting_erases_what_another_document_used_before_it_changed(place: Place) -> None:
    (place.folder / "a.md").write_text("Zyxquokka stands by the river.")
    shutil.copy(place.folder / "a.md", place.folder / "b.md")
    place.ingest()
    (place.folder / "b.md").write_text("Something else stands there now.")
    place.ingest()

    with Workspace(place.settings) as workspace:
        erased = asyncio.run(forget(workspace, ["docs:a.md"]))

    assert erased.artifacts > 0
    assert not [file for file in (place.settings.home_folder / "artifacts").rglob("*") if holds(file, b"Zyxquokka")]


def holds(file: Path, word: bytes) -> bool:
    return file.is_file() and word in file.read_bytes()


def test_gc_erases_what_no_document_uses_and_nothing_else(place: Place) -> None:
    place.write("x.pdf", "Alder trees stand by the river.")
    place.ingest()
    place.write("x.pdf", "Beech trees stand on the hill.")
    place.ingest()
    with_both = stored_files(place)
    with Workspace(place.settings) as workspace:
        erased = asyncio.run(collect(workspace, min_age=0))
        assert erased.artifacts > 0
        assert asyncio.run(collect(workspace, min_age=0)).artifacts == 0

    assert stored_files(place) == with_both - erased.artifacts
    shutil.rmtree(place.settings.index_file.parent)
    assert place.ingest()["x.pdf"].computed == 1


def traces(place: Place, *words: bytes) -> list[str]:
    """Files of the home that hold one of the words, free pages of databases included."""
    files = (file for file in place.settings.home_folder.rglob("*") if file.is_file())
    return [file.name for file in files if any(word in file.read_bytes() for word in words)]


def stored_files(place: Place) -> int:
    folder = place.settings.home_folder / "artifacts"
    return sum(file.is_file() for file in folder.rglob("*"))


def test_one_bad_document_hurts_no_other_and_can_be_retried_alone(place: Place) -> None:
    for number in range(9):
        place.write(f"good-{number}.pdf", f"Tree number {number} stands by the river.")
    bad = place.folder / "bad.pdf"
    bad.write_bytes((place.folder / "good-0.pdf").read_bytes()[:400])

    rows = place.ingest()

    assert {name for name, row in rows.items() if row.outcome is Outcome.FAILED} == {"bad.pdf"}
    failure = rows["bad.pdf"].failure
    assert failure is not None
    assert (failure.error, failure.category, failure.retryable) == ("document.damaged", "source", False)
    assert failure.next_step

    place.write("bad.pdf", "Mended.")
    with Workspace(place.settings) as workspace:
        decisions = decide_retry(workspace, [])
        assert [decision.document.document_id for decision in decisions] == ["docs:bad.pdf"]
        assert run_decisions(workspace, decisions, Request(quiet=True))
    assert place.rows()["bad.pdf"].outcome is Outcome.INDEXED


@pytest.mark.parametrize("what", ["text", "pages", "blocks", "chunks"])
def test_exporting_a_document_that_failed_says_why(what: str, place: Place) -> None:
    (place.folder / "bad.pdf").write_bytes(b"%PDF-1.4 cut off")
    place.ingest()

    with Workspace(place.settings) as workspace:
        [row] = workspace.catalog.rows()
        with pytest.raises(ComponentError) as told:
            asyncio.run(export(workspace, row, what))

    assert told.value.code == "document.damaged"


def test_an_encrypted_document_waits_for_its_password_and_the_password_is_kept_nowhere(place: Place) -> None:
    place.write("secret.pdf", "Alder trees stand by the river.", password="open sesame 417")
    assert place.ingest()["secret.pdf"].outcome is Outcome.FAILED
    passwords = place.folder.parent / "passwords.txt"
    passwords.write_text("wrong one\nopen sesame 417\n")

    given = place.settings.model_copy(update={"password_file": passwords})
    row = place.ingest(settings=given)["secret.pdf"]

    assert row.outcome is Outcome.INDEXED
    written = (file for file in place.settings.home_folder.rglob("*") if file.is_file())
    assert not [file for file in written if b"open sesame 417" in file.read_bytes()]


def test_what_a_fallback_has_read_is_read_again_when_asked_and_by_the_preferred_provider_once_it_is_back(
    place: Place, tmp_path: Path
) -> None:
    scan(place, "scan.png", "Alder trees stand by the river")
    counted = ProviderOptions(options={"calls": str(tmp_path / "calls")})  # the provider fails at its first call of all
    changed = {"ocr_provider": "fault:fail+ok,rapidocr", "ocr_providers": {"fault": counted}}
    with_fallback = place.settings.model_copy(update=changed)
    first = place.ingest(settings=with_fallback)["scan.png"]
    assert (first.outcome, first.degraded) == (Outcome.INDEXED, True)
    assert place.found("alder") == ["docs:scan.png"]

    with Workspace(with_fallback) as workspace:
        assert decide_retry(workspace, []) == []
        decisions = decide_retry(workspace, [], degraded=True)
        assert run_decisions(workspace, decisions, Request(quiet=True))
        assert decide_retry(workspace, [], degraded=True) == []

    again = place.rows()["scan.png"]
    assert (again.degraded, again.computed) == (False, first.computed)
    assert place.found("alder") == []
    assert place.found("fails on purpose") == ["docs:scan.png"]


def scan(place: Place, name: str, text: str) -> None:
    """A picture of one line of writing."""
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("L", (1400, 400), 255)
    ImageDraw.Draw(picture).text((80, 150), text, font=ImageFont.load_default(64), fill=0)
    picture.save(place.folder / name)


def test_a_run_that_is_overtaken_by_a_newer_version_changes_nothing_and_is_no_failure(place: Place) -> None:
    place.write("x.pdf", "Alder trees stand by the river.")
    place.ingest()
    with Workspace(place.settings) as workspace:
        live = workspace.index.live("docs:x.pdf")
        assert live is not None
        workspace.index.delete_document("docs:x.pdf", live.generation + 10)  # as if a newer run had gone by

    row = place.ingest()["x.pdf"]

    assert row.outcome is Outcome.INDEXED  # what the catalog said before; this run decided nothing
    assert not row.running
    assert place.found("alder") == []


def test_a_known_document_that_has_grown_too_large_hurts_no_other(place: Place) -> None:
    (place.folder / "a.md").write_text("Alder trees stand by the river.")
    settings = place.settings.model_copy(update={"max_document_bytes": 2000})
    place.ingest(settings=settings)
    (place.folder / "a.md").write_text("Alder trees stand by the river. " * 200)
    (place.folder / "c.md").write_text("An ibex stands on the hill.")

    rows = place.ingest(settings=settings)

    assert rows["c.md"].outcome is Outcome.INDEXED
    failure = rows["a.md"].failure
    assert failure is not None
    assert failure.error == "document.too_large"
