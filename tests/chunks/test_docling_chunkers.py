"""docling-core's chunkers over the assembled document: nothing lost, every chunk with its blocks and places."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hand_built_pages import element, page, paragraph, table
from hypothesis import given, settings
from hypothesis import strategies as st
from test_splitting import documents, sentences

from stepflow_assets.chunks.assembly import assemble
from stepflow_assets.chunks.docling_chunkers import OfflineTokenizer, split_by_docling
from stepflow_assets.chunks.page_blocks import PageBlocks
from stepflow_assets.chunks.tokenizer import count_tokens
from stepflow_assets.chunks.units import Unit
from stepflow_assets.conversion.blocks import blocks_of
from stepflow_assets.conversion.convert import convert_document
from stepflow_assets.documents.chunk import Chunk
from stepflow_assets.documents.evidence import ElementPlace, PagePlace
from stepflow_assets.documents.page import Block, Route
from stepflow_assets.evidence.converted import ConvertedDocument
from stepflow_assets.evidence.resolve import EvidenceBase, unresolved
from stepflow_assets.ocr.page_blocks import PageText, blocks_of_page
from tests.pages.test_text_cells import page_of

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
in_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the repository")
LIMITS = pytest.mark.parametrize("limit", [120, None], ids=["hybrid", "hierarchical"])


def letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def units_of(*blocks: Block) -> tuple[Unit, ...]:
    return assemble([page(1, blocks)]).units


def assert_nothing_lost(units: tuple[Unit, ...], found: list[Chunk]) -> None:
    """Every letter of what is no heading is in the chunks, once; every heading in a text or a path."""
    expected = Counter("".join(letters(unit.text) for unit in units if not unit.is_heading))
    there = Counter("".join(letters(chunk.text) for chunk in found))
    assert not expected - there
    said = {letters(text) for chunk in found for text in (*chunk.headings, *chunk.text.split("\n\n"))}
    assert {letters(unit.text) for unit in units if unit.is_heading} <= said


@settings(max_examples=20, deadline=None)
@given(documents, st.sampled_from([40, 120, None]))
def test_no_letter_is_lost_whatever_the_document(document, limit):
    units = assemble([page(number, blocks) for number, blocks in enumerate(document, start=1)]).units
    found = split_by_docling(units, limit)
    expected = Counter("".join(letters(unit.text) for unit in units if not unit.is_heading))
    assert not expected - Counter("".join(letters(chunk.text) for chunk in found))
    assert all(chunk.places for chunk in found)
    assert found == split_by_docling(units, limit), "ids are stable"


def test_the_hybrid_chunker_keeps_the_limit_and_the_hierarchical_one_makes_one_of_each_element():
    units = units_of(paragraph(sentences(30)), paragraph(sentences(2, "b")))
    hybrid, hierarchical = split_by_docling(units, 64), split_by_docling(units, None)
    assert len(hybrid) > 3 and all(chunk.tokens <= 64 for chunk in hybrid)
    assert [place.blocks for chunk in hierarchical for place in chunk.places] == [("b0000",), ("b0001",)]


@LIMITS
def test_headings_are_the_path_and_one_with_nothing_below_is_a_chunk(limit):
    found = split_by_docling(
        units_of(
            paragraph("Guide", kind="title"),
            paragraph("Lakes", kind="section_header", level=1),
            paragraph(sentences(1)),
            paragraph("Still to come", kind="section_header", level=1),
        ),
        limit,
    )
    text, empty = found
    assert text.headings == ("Guide", "Lakes")
    assert text.text == sentences(1)
    assert empty.text == "Still to come"
    assert empty.headings == ("Guide", "Still to come")
    assert empty.places[0].blocks == ("b0003",)


def test_text_has_none_of_doclings_markup():
    (chunk,) = split_by_docling(
        units_of(
            paragraph("first_item", kind="list_item"),
            paragraph("second *item*", kind="list_item"),
            paragraph("x = 1", kind="code"),
        ),
        120,
    )
    assert chunk.text == "first_item\nsecond *item*\n\nx = 1"


def test_a_table_that_fits_is_whole_and_one_that_does_not_is_cut_between_rows():
    small = [("Lake", "Area"), ("Saimaa", "4370"), ("Inari", "1040")]
    (chunk,) = split_by_docling(units_of(table(small)), 120)
    assert chunk.text == "Lake | Area\nSaimaa | 4370\nInari | 1040"
    large = [("Lake", "Area"), *((f"Lake{number}", f"{number}") for number in range(60))]
    units = units_of(table(large))
    found = split_by_docling(units, 60)
    assert len(found) > 2 and all(chunk.tokens <= 60 for chunk in found)
    assert "\n".join(chunk.text for chunk in found) == units[0].text


def test_a_part_of_a_paragraph_has_only_its_own_characters_as_place():
    text = sentences(30)
    found = split_by_docling(assemble([page(None, [element(text, "#/texts/0")])]).units, 64)
    assert len(found) > 3
    for chunk in found:
        (place,) = chunk.places
        assert isinstance(place, ElementPlace)
        assert text[place.start : place.end].strip() == chunk.text


def test_a_chunk_never_crosses_slides():
    blocks = [
        Block(
            id="b0000",
            order=0,
            kind="text",
            text=f"on slide {number}",
            place={"kind": "slide", "slide": number, "quads": [{"points": [(0, 0), (1, 0), (1, 1), (0, 1)]}]},
        )
        for number in (1, 2)
    ]
    assert [chunk.text for chunk in split_by_docling(units_of(*blocks), 120)] == ["on slide 1", "on slide 2"]


def test_tokens_are_counted_offline_as_everywhere_else():
    tokenizer = OfflineTokenizer(max_tokens=64)
    assert tokenizer.count_tokens("Hydrology of lakes") == count_tokens("Hydrology of lakes")
    assert (tokenizer.get_max_tokens(), tokenizer.get_tokenizer()("one two")) == (64, 2)


@pytest.mark.corpus
@in_corpus
@LIMITS
@pytest.mark.parametrize("name", ["born_digital/2305.14962v1.pdf", "rtl/right_to_left_02.pdf"])
def test_every_chunk_of_a_real_pdf_has_evidence(name: str, limit: int | None, tmp_path: Path) -> None:
    pages: list[PageBlocks] = []
    for number in range(1, 5 if "2305" in name else 2):
        read = page_of(CORPUS / name, number)
        cells = tmp_path / "cells.json"
        cells.write_bytes(read.cells or b"[]")
        made = blocks_of_page(PageText(Route.TEXT, read.width_pt, read.height_pt, str(cells), None))
        blocks = tuple(Block.model_validate(block) for block in json.loads(made.blocks or b"[]"))
        pages.append(PageBlocks(number, read.page_id, blocks, None, "the render profile"))
    units = assemble(pages).units
    found = split_by_docling(units, limit)
    assert found and all(isinstance(place, PagePlace) for chunk in found for place in chunk.places)
    base = EvidenceBase({known.page: known.page_id for known in pages})
    assert [fault for chunk in found for fault in unresolved(chunk, base)] == []
    assert {chunk.profile for chunk in found} == {"the render profile"}
    assert_nothing_lost(units, found)


@pytest.mark.corpus
@in_corpus
@LIMITS
@pytest.mark.parametrize("folder", ["docx", "md", "html", "pptx", "xlsx"])
def test_every_chunk_of_a_real_office_document_has_evidence(folder: str, limit: int | None) -> None:
    file = min(
        (CORPUS / folder).glob(f"*.{folder}"), key=lambda file: (file.stat().st_size > 4000, file.stat().st_size)
    )
    data = convert_document(str(file), folder)
    units = assemble([PageBlocks(None, None, tuple(blocks_of(json.loads(data))), "docling")]).units
    found = split_by_docling(units, limit)
    assert found
    base = EvidenceBase({}, ConvertedDocument(data))
    assert [fault for chunk in found for fault in unresolved(chunk, base)] == []
    assert_nothing_lost(units, found)
