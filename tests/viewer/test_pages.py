"""What each page of the viewer shows, asked over its application."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from PIL import Image

from stepflow_assets.documents.links import chunk_link, document_link, page_link
from stepflow_assets.operations.gathering import gather
from stepflow_assets.operations.workspace import Workspace
from stepflow_assets.settings import Settings, SourceSettings
from stepflow_assets.workers.pool import WorkerPool
from tests.viewer.conftest import HOSTILE, HOSTILE_NAME, Viewer, pages

TREES = "docs:trees.pdf"


def test_documents_are_listed_with_their_outcome_and_lead_to_their_pages(viewer: Viewer) -> None:
    found = viewer.get("/")
    assert (found.status, found.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert document_link(TREES) in found.links
    assert "docs:trees.pdf indexed 3" in found.words
    assert "docs:bad.pdf failed – –" in found.words
    assert "docs:mixed.pdf partial 2" in found.words


def test_the_list_is_filtered_by_outcome(viewer: Viewer) -> None:
    failed = viewer.get("/?outcome=failed")
    assert "docs:bad.pdf" in failed.words
    assert "docs:trees.pdf" not in failed.words
    assert "No document has the outcome empty" in viewer.get("/?outcome=empty").words


def test_a_home_without_documents_says_so_and_is_not_made(tmp_path: Path, pool: WorkerPool) -> None:
    empty = Viewer(Settings(home=tmp_path / "home"), pool)
    assert "Nothing has been ingested into this home yet." in empty.get("/").words
    assert "Nothing was found" in empty.get("/search?q=trees").words
    assert empty.get(chunk_link("0-1")).status == 404
    assert not (tmp_path / "home").exists()


def test_a_document_shows_its_pages_and_chunks(viewer: Viewer) -> None:
    found = viewer.get(document_link(TREES))
    assert [page_link(TREES, number) in found.links for number in (1, 2, 3, 4)] == [True, True, True, False]
    assert "Page 1 text sound text layer" in found.words
    chunks = [each for each in found.links if each.startswith("/chunk?")]
    assert len(chunks) >= 3
    assert all(viewer.get(each).status == 200 for each in chunks[:2])


def test_a_document_is_found_by_the_end_of_its_name_as_commands_find_it(viewer: Viewer) -> None:
    assert viewer.get("/document?name=trees.pdf").status == 200
    unknown = viewer.get("/document?name=treees.pdf")
    assert unknown.status == 404
    assert "did you mean docs:trees.pdf?" in unknown.words


def test_a_document_that_failed_says_why_and_what_to_do(viewer: Viewer) -> None:
    found = viewer.get(document_link("docs:bad.pdf"))
    assert "the PDF cannot be opened: it is damaged or incomplete" in found.words
    assert "Next: Open it in its own program" in found.words
    assert "There are no chunks of this document" in found.words


def test_a_page_that_failed_says_why_and_still_shows_its_picture(viewer: Viewer) -> None:
    assert "1 of 2 pages failed: page 2" in viewer.get(document_link("docs:mixed.pdf")).words
    found = viewer.get(page_link("docs:mixed.pdf", 2))
    assert found.status == 200
    assert "no OCR provider could read this page" in found.words
    assert 'alt="Page 2 of docs:mixed.pdf: no blocks"' in found.text


def test_a_document_being_processed_is_a_sentence(tmp_path: Path, pool: WorkerPool) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    pages(folder / "new.pdf", 1, "New")
    settings = Settings(home=tmp_path / "home", sources={"docs": SourceSettings(path=folder)})
    with Workspace(settings) as workspace:
        workspace.catalog.enter(gather(workspace.sources, [str(folder)]))
        workspace.catalog.take("run", "docs:new.pdf", "v")
    found = Viewer(settings, pool).get(document_link("docs:new.pdf"))
    assert found.status == 200
    assert "This document is in hand of a run." in found.words
    assert "is being ingested" in Viewer(settings, pool).get(page_link("docs:new.pdf", 1)).words


def test_the_blocks_of_a_page_lie_over_its_picture_in_reading_order_and_lead_to_their_text(viewer: Viewer) -> None:
    found = viewer.get(page_link(TREES, 2))
    over = re.findall(r'<a id="over-(\d+)" href="#block-(\d+)" aria-label="Block (\d+), ', found.text)
    listed = re.findall(r'<li id="block-(\d+)"', found.text)
    assert [set(each) for each in over] == [{number} for number in listed]
    assert listed == [str(number) for number in range(1, len(listed) + 1)]
    assert len(listed) >= 3
    assert [int(each) for each in re.findall(r'href="#over-(\d+)"', found.text)] == list(range(1, len(listed) + 1))
    assert "Trees of part 2" in found.words
    assert "Route text: sound text layer" in found.words


def test_pages_lead_to_their_neighbours(viewer: Viewer) -> None:
    first, second, last = (viewer.get(page_link(TREES, number)) for number in (1, 2, 3))
    assert page_link(TREES, 2) in first.links
    assert "Previous page" not in first.words
    assert {page_link(TREES, 1), page_link(TREES, 3)} <= set(second.links)
    assert "Next page" not in last.words


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        (page_link(TREES, 4), 404, "The document has 3 pages, not page 4."),
        ("/page?document=docs:trees.pdf&number=0", 400, "unusable, number"),
        ("/page?document=docs:trees.pdf", 400, "lacks"),
        (page_link("docs:notes.md", 1), 404, "has no pages"),
        (page_link("docs:bad.pdf", 1), 500, "damaged"),
        (chunk_link("000000000000-0000-00000000"), 404, "No chunk is called"),
        ("/picture/page?document=docs:trees.pdf&number=9", 404, "not page 9"),
        ("/nowhere", 404, "There is no such page here."),
    ],
)
def test_what_is_not_there_is_a_sentence(viewer: Viewer, path: str, status: int, told: str) -> None:
    found = viewer.get(path)
    assert told in found.words
    assert found.status == status


def test_a_search_hit_leads_to_its_chunk_and_to_its_box_on_the_page(viewer: Viewer) -> None:
    hits = viewer.get("/search?q=cedar+river")
    assert "<mark>Cedar</mark>" in hits.text
    [to_page] = [each for each in hits.links if each.startswith("/page?")][:1]
    assert to_page.endswith("#place")
    marked = viewer.get(to_page.partition("#")[0])
    assert re.search(r'<polygon class="marked" id="place" points="[\d., ]+">', marked.text)
    assert "Marked on the picture: the place of chunk" in marked.words


def test_a_chunk_that_has_no_place_on_the_page_is_said(viewer: Viewer) -> None:
    found = viewer.get(page_link(TREES, 1, "0123-0001").partition("#")[0])
    assert "No chunk 0123-0001 has a place on this page" in found.words
    assert 'class="marked"' not in found.text


def test_chunks_are_looked_at_one_by_one(viewer: Viewer) -> None:
    first = next(each for each in viewer.get(document_link(TREES)).links if each.startswith("/chunk?"))
    seen, at = [], first
    while at:
        found = viewer.get(at)
        seen.append(at)
        following = re.search(r'rel="next" href="([^"]+)"', found.text)
        at = following[1] if following else ""
    assert seen == [each for each in viewer.get(document_link(TREES)).links if each.startswith("/chunk?")]
    assert f"Chunk {len(seen)} of {len(seen)} of {TREES}" in found.words


def test_a_format_without_pages_shows_its_drawn_place(viewer: Viewer) -> None:
    found = viewer.get(document_link("docs:notes.md"))
    assert "The format md has no pages" in found.words
    chunk = viewer.get(next(each for each in found.links if each.startswith("/chunk?")))
    assert "Willow trees stand by the pond." in chunk.words
    picture = re.search(r'src="(/picture/chunk[^"]+)"', chunk.text)
    assert picture is not None
    assert Image.open(io.BytesIO(viewer.get(picture[1]).body)).width > 300


def test_words_and_names_of_documents_are_text_and_never_markup(viewer: Viewer, document_ids: dict[str, str]) -> None:
    hostile = document_ids[HOSTILE_NAME]
    chunk = next(each for each in viewer.get(document_link(hostile)).links if each.startswith("/chunk?"))
    shown = [document_link(hostile), page_link(hostile, 1), chunk, "/search?q=%3Cscript%3Ealert", "/"]
    shown += [
        f"/search?q={HOSTILE}&document={HOSTILE}",
        f"/document?name={HOSTILE}",
        "/?outcome=<script>",
        f"/page?document=trees.pdf&number=1&chunk={HOSTILE}",
    ]
    for path in shown:
        found = viewer.get(path)
        assert "<script" not in found.text.lower(), path
        assert "<img src=x" not in found.text, path
        assert "javascript:" not in found.text
    assert HOSTILE in viewer.get(page_link(hostile, 1)).words
    assert HOSTILE_NAME in viewer.get("/").words


@pytest.mark.parametrize("count", [1, 101])
def test_long_lists_come_in_parts(tmp_path: Path, pool: WorkerPool, count: int) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:03}.txt").write_text("x")
    settings = Settings(home=tmp_path / "home", sources={"docs": SourceSettings(path=folder)})
    with Workspace(settings) as workspace:
        workspace.catalog.enter(gather(workspace.sources, [str(folder)]))
    first = Viewer(settings, pool).get("/")
    assert ("/?part=2" in first.links) is (count > 100)
    if count > 100:
        second = Viewer(settings, pool).get("/?part=2")
        assert "101 to 101 of 101" in second.words
        assert "docs:100.txt" in second.words
        assert Viewer(settings, pool).get("/?part=99").words == second.words
