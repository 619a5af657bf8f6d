"""With an overlap a chunk begins with the end of the one before: bounded, with its places, and never over a heading."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hand_built_pages import page, paragraph, table
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from test_splitting import documents, sentences

from stepflow_assets.chunks.assembly import assemble
from stepflow_assets.chunks.splitting import split
from stepflow_assets.chunks.tokenizer import count_tokens
from stepflow_assets.components.contracts import ChunkOptions
from stepflow_assets.documents.chunk import Chunk
from stepflow_assets.documents.evidence import PagePlace


def units_of(document):
    return assemble([page(number, blocks) for number, blocks in enumerate(document, start=1)]).units


def squeezed(text: str) -> str:
    return "".join(text.split())


def fresh(chunk: Chunk) -> str:
    return chunk.text[chunk.overlap :]


@given(documents, st.integers(32, 120), st.integers(0, 16))
def test_without_the_repeated_text_nothing_is_lost_or_doubled(document, limit, overlap):
    without_tables = [[block for block in blocks if not block.table] for blocks in document]
    units = units_of(without_tables)
    found = split(units, limit, overlap)
    assert squeezed("".join(map(fresh, found))) == squeezed("".join(unit.text for unit in units))
    assert all(0 < chunk.tokens <= limit for chunk in found)


@given(documents, st.integers(32, 120), st.integers(1, 16))
def test_the_repeated_text_is_short_and_ends_the_chunk_before(document, limit, overlap):
    found = split(units_of(document), limit, overlap)
    assert all(chunk.tokens <= limit for chunk in found)
    for before, chunk in pairwise(found):
        again = chunk.text[: chunk.overlap]
        if "table" not in chunk.kinds:
            assert count_tokens(again) <= overlap
            assert squeezed(before.text).endswith(squeezed(again))


@given(documents, st.integers(32, 120), st.integers(0, 16))
def test_the_same_document_has_the_same_chunks_again(document, limit, overlap):
    assert split(units_of(document), limit, overlap) == split(units_of(document), limit, overlap)


def test_running_text_goes_on_with_its_last_sentence():
    found = split(units_of([[paragraph(sentences(40))]]), 64, 16)
    assert len(found) > 2
    assert found[0].overlap == 0
    for before, chunk in pairwise(found):
        last = before.text.rstrip().rsplit(". ", 1)[-1]
        assert last in chunk.text[: chunk.overlap]


def test_of_a_sentence_that_is_too_long_the_last_words_come_again():
    words = " ".join(f"w{number:03d}" for number in range(200))
    found = split(units_of([[paragraph(words)]]), 40, 8)
    for before, chunk in pairwise(found):
        again = chunk.text[: chunk.overlap].split()
        assert 0 < len(again) <= 4
        assert before.text.split()[-len(again) :] == again


def test_a_chunk_that_begins_with_a_heading_repeats_nothing():
    document = [paragraph(sentences(8)), paragraph("Results", kind="section_header"), paragraph(sentences(8, "r"))]
    found = split(units_of([document]), 120, 16)
    (headed,) = [chunk for chunk in found if chunk.text.startswith("Results")]
    assert headed.overlap == 0


def test_repeated_text_has_its_places_too():
    first = [paragraph(sentences(3, "a"), top=0.1), paragraph(sentences(3, "b"), top=0.5)]
    found = split(units_of([first]), 56, 24)
    (second,) = [chunk for chunk in found if chunk.overlap and "b0" in chunk.text]
    (place,) = second.places
    assert isinstance(place, PagePlace)
    assert place.blocks == ("b0000", "b0001")


def test_a_table_that_goes_on_repeats_whole_rows_under_its_header():
    rows = [("Lake", "Area"), *((f"Lake{number}", f"{number} km") for number in range(40))]
    found = split(units_of([[table(rows)]]), 60, 12)
    assert len(found) > 2
    for before, chunk in pairwise(found):
        header, *again = chunk.text[: chunk.overlap].strip().splitlines()
        assert header == "Lake | Area"
        assert again == before.text.splitlines()[-len(again) :]


@pytest.mark.parametrize(
    "options",
    [
        {"max_tokens": 64, "overlap_tokens": 33},
        {"overlap_tokens": -1},
        {"overlap_tokens": 8, "method": "docling_hybrid"},
    ],
)
def test_an_overlap_that_cannot_be_is_refused(options):
    with pytest.raises(ValidationError):
        ChunkOptions.model_validate(options)
