"""Documents and chunks by the names that commands show: what one prints, another takes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from flow_compiler.errors import InvalidInput
from stepflow_assets.errors import PageTimeout, UnknownDocument
from stepflow_assets.operations.erasing import forget
from stepflow_assets.operations.evidencing import draw_chunk, not_drawn
from stepflow_assets.operations.exporting import export
from stepflow_assets.operations.gathering import gather
from stepflow_assets.operations.lookup import known_document
from stepflow_assets.operations.workspace import Workspace
from tests.operations.conftest import Place


@pytest.mark.parametrize("typed", ["docs:in/a%0Ab.pdf", "in/a%0Ab.pdf", "a%0Ab.pdf", "a\nb.pdf", "in/a\nb.pdf"])
def test_a_document_is_found_by_the_end_of_its_id_or_path(place: Place, typed: str) -> None:
    (place.folder / "in").mkdir()
    place.write("in/a\nb.pdf", "Alder trees stand by the river.")
    with Workspace(place.settings) as workspace:
        workspace.catalog.enter(gather(workspace.sources, []))
        assert known_document(workspace, typed).document_id == "docs:in/a%0Ab.pdf"


@pytest.mark.parametrize("typed", ["b.pdf", "n/a%0Ab.pdf", "a.pdf"])
def test_part_of_a_name_is_not_enough(place: Place, typed: str) -> None:
    place.write("a\nb.pdf", "Alder trees stand by the river.")
    with Workspace(place.settings) as workspace:
        workspace.catalog.enter(gather(workspace.sources, []))
        with pytest.raises(UnknownDocument):
            known_document(workspace, typed)


def test_forgetting_wants_the_whole_id_and_says_it(place: Place) -> None:
    place.write("a.pdf", "Alder trees stand by the river.")
    with Workspace(place.settings) as workspace:
        workspace.catalog.enter(gather(workspace.sources, []))
        with pytest.raises(UnknownDocument, match="did you mean docs:a.pdf"):
            asyncio.run(forget(workspace, ["a.pdf"]))
        assert workspace.catalog.get("docs:a.pdf") is not None


def test_exported_chunks_carry_the_id_that_evidence_takes(place: Place) -> None:
    place.write("a.pdf", "Alder trees stand by the river.")
    place.ingest()
    with Workspace(place.settings) as workspace:
        exported = asyncio.run(export(workspace, known_document(workspace, "a.pdf"), "chunks"))
        found = [workspace.index.chunk(chunk["chunk"]) for chunk in exported]
    assert [hit and hit.chunk.text for hit in found] == [chunk["text"] for chunk in exported]
    assert len(found) == 1


def test_a_chunk_on_two_pages_is_drawn_with_both_or_the_one_asked_for(place: Place) -> None:
    place.write("a.pdf", "Alder trees stand by the river.", "Beech trees stand on the hill.")
    place.ingest()
    with Workspace(place.settings) as workspace:
        (chunk,) = asyncio.run(export(workspace, known_document(workspace, "a.pdf"), "chunks"))
        both = asyncio.run(draw_chunk(workspace, chunk["chunk"], crop=False))
        second = asyncio.run(draw_chunk(workspace, chunk["chunk"], crop=False, only=2))
        with pytest.raises(InvalidInput, match="2 places, not 3"):
            asyncio.run(draw_chunk(workspace, chunk["chunk"], crop=False, only=3))
    assert (both.place, second.place) == ("page 1; page 2", "page 2")
    assert len(both.picture) > len(second.picture)


def test_a_picture_that_takes_too_long_is_not_to_be_retried_as_it_is() -> None:
    error = not_drawn(PageTimeout("no answer within 60 s"))
    assert not error.retryable
    assert "no answer within 60 s" in str(error)
    assert "--crop" in error.next_step
    assert "retry" not in error.next_step


def test_a_path_with_dots_is_the_file_it_leads_to(place: Place) -> None:
    place.write("a.pdf", "Alder trees stand by the river.")
    outside = place.folder.parent / "outside.txt"
    outside.write_text("Elsewhere.")
    with Workspace(place.settings) as workspace:

        def ids(path: Path) -> list[str]:
            return [document.document_id for document in gather(workspace.sources, [str(path)])]

        assert ids(place.folder / ".." / place.folder.name / "a.pdf") == ["docs:a.pdf"]
        assert [name.partition(":")[0] for name in ids(place.folder / ".." / "outside.txt")] == ["files"]
