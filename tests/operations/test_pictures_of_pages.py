"""A page's picture by document and number: from what is kept, nothing computed; what has none says why."""

from __future__ import annotations

import asyncio
import io

import pytest
from PIL import Image

from flow_compiler.errors import ComponentError, InvalidInput
from stepflow_assets.documents.page import BlockList, Route
from stepflow_assets.errors import UnknownDocument
from stepflow_assets.operations.erasing import forget
from stepflow_assets.operations.evidencing import DrawnPage, draw_page
from stepflow_assets.operations.gathering import gather
from stepflow_assets.operations.kept import Kept, kept
from stepflow_assets.operations.lookup import known_document
from stepflow_assets.operations.workspace import Workspace
from stepflow_assets.settings import Settings
from tests.operations.conftest import Place
from tests.pages.pdf_files import pdf, picture, scan, together
from tests.pages.test_route import some_hidden_text

NAME = "größe 人口 (1).pdf"


def drawn(place: Place, name: str, number: int, settings: Settings | None = None) -> DrawnPage:
    with Workspace(settings or place.settings) as workspace:
        return asyncio.run(draw_page(workspace, name, number))


def kept_of(place: Place, name: str, *, without_journal: bool = False) -> Kept:
    async def look() -> Kept:
        with Workspace(place.settings) as workspace:
            async with workspace.stores() as stores:
                if without_journal:
                    await stores.journal.prune(float("inf"))
                return await kept(workspace, stores, known_document(workspace, name))

    return asyncio.run(look())


def test_a_page_is_drawn_by_the_end_of_its_documents_name(place: Place) -> None:
    place.write(NAME, "Alder trees stand by the river.", "Beech trees stand on the hill.")
    place.ingest()

    found = drawn(place, NAME, 2)

    assert (found.document_id, found.page, found.content.route, found.failure) == (f"docs:{NAME}", 2, Route.TEXT, None)
    assert found.blocks is not None
    assert found.blocks.count >= 1
    assert Image.open(io.BytesIO(found.picture)).format == "PNG"


def test_nothing_is_computed_to_look_at_a_page_and_the_memo_answers_where_the_journal_was_collected(
    place: Place,
) -> None:
    place.write("a.pdf", "Alder trees stand by the river.")
    before = place.ingest()["a.pdf"]

    journaled, remembered = kept_of(place, "a.pdf"), kept_of(place, "a.pdf", without_journal=True)

    assert journaled == remembered
    assert isinstance(journaled.page(1).blocks, BlockList)
    assert place.rows()["a.pdf"] == before


def test_a_failed_page_is_drawn_without_blocks_and_with_its_reason(place: Place) -> None:
    pdf(place.folder / "two.pdf", picture(scan()), together(picture(scan(colour="navy")), some_hidden_text))
    place.ingest(settings=place.settings.model_copy(update={"ocr_provider": "fault:fail"}))

    found = drawn(place, "two.pdf", 1)

    assert found.blocks is None
    assert found.failure is not None
    assert found.failure.error == "provider.failed"
    assert len(found.picture) > 1000


@pytest.mark.parametrize(
    ("pages", "number", "told", "next_step"),
    [(1, 2, "has 1 page, not page 2", "Give --page 1."), (3, 9, "has 3 pages, not page 9", "Give --page 1 to 3.")],
)
def test_a_page_that_is_not_there_is_refused_with_those_that_are(
    place: Place, pages: int, number: int, told: str, next_step: str
) -> None:
    place.write("a.pdf", *["Alder trees stand by the river."] * pages)
    place.ingest()
    with pytest.raises(InvalidInput, match=told) as error:
        drawn(place, "a.pdf", number)
    assert error.value.next_step == next_step


def test_a_format_without_pages_is_refused_with_what_can_be_drawn(place: Place) -> None:
    (place.folder / "a.md").write_text("# Trees\n\nAlder trees stand by the river.")
    place.ingest()
    with pytest.raises(InvalidInput, match="format md has no pages") as error:
        drawn(place, "a.md", 1)
    assert error.value.code == "evidence.no_pages"


def test_a_document_that_failed_or_was_never_ingested_says_so(place: Place) -> None:
    (place.folder / "bad.pdf").write_bytes(b"%PDF-1.4 cut off")
    place.ingest()
    with pytest.raises(ComponentError) as failed:
        drawn(place, "bad.pdf", 1)
    assert failed.value.code == "document.damaged"
    place.write("new.pdf", "Alder trees stand by the river.")
    with Workspace(place.settings) as workspace:
        workspace.catalog.enter(gather(workspace.sources, []))
    with pytest.raises(UnknownDocument, match="has not been ingested yet"):
        drawn(place, "new.pdf", 1)
    with Workspace(place.settings) as workspace:
        asyncio.run(forget(workspace, ["docs:bad.pdf"]))
    with pytest.raises(UnknownDocument, match="no document is called"):
        drawn(place, "bad.pdf", 1)


def test_a_document_in_hand_of_its_first_run_says_so(place: Place) -> None:
    place.write("a.pdf", "Alder trees stand by the river.")
    with Workspace(place.settings) as workspace:
        workspace.catalog.enter(gather(workspace.sources, []))
        workspace.catalog.take("run", "docs:a.pdf", "v")
    with pytest.raises(UnknownDocument, match="is being ingested") as error:
        drawn(place, "a.pdf", 1)
    assert error.value.code == "catalog.in_hand"


def test_while_a_document_is_read_anew_the_version_before_is_drawn(place: Place) -> None:
    place.write("a.pdf", "Alder trees stand by the river.")
    row = place.ingest()["a.pdf"]
    with Workspace(place.settings) as workspace:
        workspace.catalog.take("another run", "docs:a.pdf", f"{row.version}x")
    assert drawn(place, "a.pdf", 1).blocks is not None
