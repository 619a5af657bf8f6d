"""What is kept of a document, taken out again: chunks that say where they come from, pages in docling-core's types."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from docling_core.types.doc import DoclingDocument
from docling_core.types.doc.page import SegmentedPage

from stepflow_assets.components.docling import conversion_profile
from stepflow_assets.documents.chunk import Outcome
from stepflow_assets.operations.exporting import export
from stepflow_assets.operations.lookup import known_document
from stepflow_assets.operations.workspace import Workspace
from stepflow_assets.pages.profile import render_profile
from tests.operations.conftest import Place

ALDERS = " ".join(f"Alder number {number} stands by the river." for number in range(40))


def exported(place: Place, name: str, what: str) -> list[dict[str, Any]]:
    with Workspace(place.settings) as workspace:
        return asyncio.run(export(workspace, known_document(workspace, name), what))


def test_a_chunk_of_a_page_names_its_blocks_page_boxes_and_profile(place: Place) -> None:
    place.write("a.pdf", "Alder trees stand by the river.")
    place.ingest()
    (chunk,) = exported(place, "a.pdf", "chunks")
    (found,) = chunk["places"]
    blocks = exported(place, "a.pdf", "blocks")
    assert found["page"] == 1 and found["quads"]
    assert set(found["blocks"]) == {block["id"] for block in blocks}
    assert (chunk["provider"], chunk["profile"]) == (None, render_profile())
    assert [word[:2] for word in blocks[0]["lines"][0]["words"]][:2] == [[0, 5], [6, 11]]


@pytest.mark.process
def test_a_chunk_of_a_part_names_the_converter_and_its_profile(place: Place) -> None:
    (place.folder / "a.md").write_text("# Trees\n\nAlder trees stand by the river.\n")
    place.ingest()
    (chunk,) = exported(place, "a.md", "chunks")
    assert (chunk["provider"], chunk["profile"]) == ("docling", conversion_profile())


@pytest.mark.process
@pytest.mark.parametrize(
    ("options", "overlapping"),
    [
        ({"max_tokens": 64, "overlap_tokens": 16}, True),
        ({"max_tokens": 64, "method": "docling_hybrid"}, False),
        ({"method": "docling_hierarchical"}, False),
    ],
    ids=["overlap", "hybrid", "hierarchical"],
)
def test_however_it_is_cut_the_document_passes_its_checks_and_ids_stay(
    options: dict[str, Any], overlapping: bool, place: Place
) -> None:
    (place.folder / "a.md").write_text(f"# Trees\n\n{ALDERS}\n\n## Rivers\n\nA river runs.\n")
    changed = place.settings.model_copy(update={"variables": {"chunking": options}})
    rows = place.ingest(settings=changed)
    assert rows["a.md"].outcome is Outcome.INDEXED, "a blocking check looks at every chunk's evidence"
    first = exported(place, "a.md", "chunks")
    assert any(chunk["overlap"] for chunk in first) == overlapping
    place.ingest(settings=changed, refresh=True)
    assert [chunk["chunk"] for chunk in exported(place, "a.md", "chunks")] == [chunk["chunk"] for chunk in first]


def test_a_paged_document_is_exported_as_one_docling_document(place: Place) -> None:
    place.write("a.pdf", "Alder trees stand by the river.", "Beech trees stand on the hill.")
    place.ingest()
    (found,) = exported(place, "a.pdf", "docling")
    document = DoclingDocument.model_validate(found)
    assert sorted(document.pages) == [1, 2]
    assert [item.prov[0].page_no for item in document.texts] == [
        block["page"] for block in exported(place, "a.pdf", "blocks")
    ]
    assert "Beech trees stand on the hill." in document.export_to_markdown()


def test_a_page_is_exported_with_the_boxes_of_its_words(place: Place) -> None:
    place.write("a.pdf", "Alder trees stand by the river.", "Beech trees stand on the hill.")
    place.ingest()
    pages = exported(place, "a.pdf", "segmented")
    assert [page.pop("page") for page in pages] == [1, 2]
    words = [cell.text for cell in SegmentedPage.model_validate(pages[1]).word_cells]
    assert words[:6] == ["Beech", "trees", "stand", "on", "the", "hill."]


@pytest.mark.process
def test_a_part_is_exported_as_docling_converted_it(place: Place) -> None:
    (place.folder / "a.md").write_text("# Trees\n\nAlder trees stand by the river.\n")
    place.ingest()
    (found,) = exported(place, "a.md", "docling")
    assert [item.text for item in DoclingDocument.model_validate(found).texts][-1] == "Alder trees stand by the river."
    assert exported(place, "a.md", "segmented") == []
