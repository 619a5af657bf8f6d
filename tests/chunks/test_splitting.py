"""Splitting: the limit holds, nothing is lost or doubled, places are narrowed to what a chunk really holds."""

from __future__ import annotations

import string
from collections import Counter

import pytest
from hand_built_pages import element, page, paragraph, table
from hypothesis import given
from hypothesis import strategies as st

from stepflow_assets.chunks.assembly import assemble
from stepflow_assets.chunks.splitting import split
from stepflow_assets.chunks.tokenizer import count_tokens
from stepflow_assets.documents.evidence import ElementPlace, PagePlace, SheetPlace, SlidePlace
from stepflow_assets.documents.geometry import Quad
from stepflow_assets.documents.table_text import table_text


def chunks_of(*pages, max_tokens=64):
    return split(assemble(pages).units, max_tokens)


def sentences(count: int, name: str = "w") -> str:
    return " ".join(f"The {name}{i} house stands near the river bank." for i in range(count))


words = st.text(alphabet=string.ascii_letters + string.digits + "äß中文字한글عر.-,", min_size=1, max_size=30)
lines = st.lists(st.lists(words, min_size=1, max_size=12).map(" ".join), min_size=1, max_size=8)
kinds = st.sampled_from(["text", "list_item", "section_header", "caption", "code", "footnote", "title"])
text_blocks = st.builds(lambda given, kind: paragraph(*given, kind=kind), lines, kinds)
tables = st.lists(st.lists(words, min_size=2, max_size=2), min_size=2, max_size=12).map(table)
documents = st.lists(st.lists(text_blocks | tables, min_size=1, max_size=6), min_size=1, max_size=4)


@given(documents, st.integers(16, 120))
def test_no_word_is_lost_or_doubled_and_every_chunk_fits(document, limit):
    pages = [page(number, blocks) for number, blocks in enumerate(document, start=1)]
    units = assemble(pages).units
    found = split(units, limit)
    assert all(0 < chunk.tokens <= limit and chunk.tokens == count_tokens(chunk.text) for chunk in found)
    expected = Counter("".join(unit.text for unit in units if not unit.rows).replace(" ", "").replace("\n", ""))
    in_tables = Counter("".join(unit.text for unit in units if unit.rows).replace(" ", "").replace("\n", ""))
    got = Counter("".join("".join(chunk.text.split()) for chunk in found))
    missing = expected + in_tables - got
    extra = got - expected - in_tables  # only header rows of tables that go on may come again
    assert not missing
    assert set(extra) <= set(in_tables)


@given(documents, st.integers(16, 120))
def test_places_name_only_blocks_and_boxes_of_their_page(document, limit):
    pages = {number: page(number, blocks) for number, blocks in enumerate(document, start=1)}
    for chunk in chunks_of(*pages.values(), max_tokens=limit):
        assert chunk.places
        for place in chunk.places:
            assert isinstance(place, PagePlace)
            blocks = {block.id: block for block in pages[place.page].blocks}
            assert place.page_id == f"page-{place.page}"
            assert set(place.blocks) <= set(blocks)
            known = {
                quad
                for name in place.blocks
                for quad in (blocks[name].quad, *(line.quad for line in blocks[name].lines))
            }
            assert set(place.quads) <= known


@given(documents)
def test_ids_are_the_same_in_every_run_and_unique(document):
    pages = [page(number, blocks) for number, blocks in enumerate(document, start=1)]
    first, second = chunks_of(*pages), chunks_of(*pages)
    assert first == second
    assert len({chunk.id for chunk in first}) == len(first)
    assert [chunk.ordinal for chunk in first] == list(range(len(first)))


def test_an_id_is_the_ordinal_and_eight_hex_digits_of_text_and_places():
    [chunk] = chunks_of(page(1, [paragraph("The river rose.")]))
    [moved] = chunks_of(page(1, [paragraph("The river rose.", top=0.5)]))
    assert chunk.id.startswith("0000-")
    assert len(chunk.id) == len("0000-") + 8
    assert moved.id != chunk.id


def test_changing_one_section_leaves_the_ids_digest_of_the_others():
    def digests(word: str) -> list[str]:
        blocks = []
        for section in ("alpha", word, "gamma"):
            blocks += [paragraph(f"About {section}", kind="section_header"), paragraph(sentences(6, section))]
        return [chunk.id.split("-")[1] for chunk in chunks_of(page(1, blocks), max_tokens=100)]

    before, after = digests("beta"), digests("delta")
    assert len(before) == 3
    assert (before[0], before[2]) == (after[0], after[2])
    assert before[1] != after[1]


def test_a_heading_stays_with_the_text_below_it():
    blocks = [
        paragraph(sentences(4)),
        paragraph("Methods", kind="section_header"),
        paragraph(sentences(6, "m")),
    ]
    found = chunks_of(page(1, blocks), max_tokens=60)
    [headed] = [chunk for chunk in found if "Methods" in chunk.text]
    assert headed.text.startswith("Methods\n\nThe m0 house")
    assert headed.headings == ("Methods",)
    assert found[-1].headings == ("Methods",)


def test_a_long_paragraph_is_cut_between_sentences():
    found = chunks_of(page(1, [paragraph(sentences(30))]), max_tokens=64)
    assert len(found) > 3
    assert all(chunk.text.startswith("The ") and chunk.text.endswith("bank.") for chunk in found)


def test_a_paragraph_that_fits_is_kept_whole():
    blocks = [paragraph(sentences(3, name)) for name in ("a", "b", "c", "d")]
    found = chunks_of(page(1, blocks), max_tokens=64)
    for name in ("a", "b", "c", "d"):
        assert sum(f"{name}0" in chunk.text for chunk in found) == 1
        [holder] = [chunk for chunk in found if f"{name}0" in chunk.text]
        assert f"{name}2" in holder.text


def test_a_table_that_fits_is_not_cut_and_takes_its_caption_along():
    rows = [["Year", "Level"], *([str(1990 + i), f"{i} m"] for i in range(6))]
    blocks = [
        paragraph(sentences(4)),
        paragraph("Table 1: Levels", kind="caption"),
        table(rows),
        paragraph(sentences(4, "z")),
    ]
    found = chunks_of(page(1, blocks), max_tokens=60)
    [chunk] = [chunk for chunk in found if "Table 1" in chunk.text]
    assert table_text(rows) in chunk.text
    assert chunk.kinds[:2] == ("caption", "table")


def test_a_long_table_is_cut_between_rows_and_repeats_its_header():
    rows = [["Year", "Level"], *([str(1900 + i), f"{i} m"] for i in range(60))]
    found = chunks_of(page(1, [table(rows)]), max_tokens=64)
    assert len(found) > 3
    assert all(chunk.text.startswith("Year | Level\n") and chunk.tokens <= 64 for chunk in found)
    body = [line for chunk in found for line in chunk.text.split("\n")[1:]]
    assert body == [f"{1900 + i} | {i} m" for i in range(60)]


def test_list_items_stay_with_each_other_rather_than_with_the_next_paragraph():
    items = [paragraph(f"- item number {i} of the list", kind="list_item") for i in range(4)]
    found = chunks_of(page(1, [paragraph(sentences(3)), *items, paragraph(sentences(3, "z"))]), max_tokens=64)
    [holder] = [chunk for chunk in found if "item number 0" in chunk.text]
    assert "item number 0 of the list\n- item number 1" in holder.text
    assert "item number 3" in holder.text


@pytest.mark.parametrize("text", ["x" * 4000, "中" * 500, "a-b" * 700, " ".join("word" for _ in range(900))])
def test_text_without_any_sentence_end_still_fits(text):
    found = chunks_of(page(1, [paragraph(text)]), max_tokens=16)
    assert all(chunk.tokens <= 16 for chunk in found)
    assert "".join("".join(chunk.text.split()) for chunk in found) == "".join(text.split())


def test_a_part_of_a_block_has_the_boxes_of_its_lines_only():
    block = paragraph(*(f"The house number {i} stands near the river bank." for i in range(20)))
    found = chunks_of(page(1, [block]), max_tokens=48)
    assert len(found) > 2
    for chunk in found:
        [place] = chunk.places
        held = [line.quad for line in block.lines if line.text in chunk.text]
        assert list(place.quads) == held


def test_confidence_is_weighted_by_characters_and_providers_are_named():
    pages = [
        page(1, [paragraph("aaaa", confidence=1.0)], "rapidocr"),
        page(2, [paragraph("BBBB BBBB BBB", confidence=0.5)], "text_layer"),
    ]
    [chunk] = chunks_of(*pages)
    assert chunk.confidence == pytest.approx((4 * 1.0 + 13 * 0.5) / 17, abs=1e-4)
    assert chunk.provider == "rapidocr, text_layer"


def test_a_chunk_of_flowing_text_names_exactly_its_characters():
    text = sentences(20)
    found = chunks_of(page(None, [element(text, "#/texts/3")]), max_tokens=48)
    assert len(found) > 2
    for chunk in found:
        [place] = chunk.places
        assert isinstance(place, ElementPlace)
        assert text[place.start : place.end] == chunk.text


def test_a_chunk_of_a_table_in_flowing_text_names_characters_of_its_rows():
    rows = [["Year", "Level"], *([str(1900 + i), f"{i} m"] for i in range(60))]
    place = ElementPlace(path="#/tables/0", start=0, end=1)
    whole = table_text(rows)
    for chunk in chunks_of(page(None, [table(rows, place)]), max_tokens=64):
        assert all(whole[part.start : part.end] in chunk.text for part in chunk.places)
        assert sum(part.end - part.start for part in chunk.places) >= len(chunk.text) - 1


def test_a_chunk_of_a_sheet_names_its_rows_and_the_repeated_header():
    rows = [["Year", "Level"], *([str(1900 + i), f"{i} m"] for i in range(60))]
    found = chunks_of(page(None, [table(rows, SheetPlace(sheet="Data", cells="C5:D65"))]), max_tokens=64)
    assert found[0].places[0].cells.startswith("C5:D")
    for chunk in found[1:]:
        body, header = chunk.places
        first = chunk.text.split("\n")[1].split(" | ")[0]
        assert body.cells.startswith(f"C{6 + int(first) - 1900}:D")
        assert header.cells == "C5:D5"


def test_a_row_that_is_cut_names_only_its_columns():
    rows = [[sentences(5, "a"), sentences(5, "b"), "end"]]
    found = chunks_of(page(None, [table(rows, SheetPlace(sheet="Data", cells="B2:D2"))]), max_tokens=40)
    columns = [chunk.places[0].cells for chunk in found]
    assert columns[0] == "B2"
    assert columns[-1].endswith("D2")


def test_a_grid_that_does_not_match_its_range_names_the_whole_range():
    rows = [["a", "b"], ["c", "d"], ["e", "f"]]
    [chunk] = chunks_of(page(None, [table(rows, SheetPlace(sheet="Data", cells="A1:B9"))]))
    assert [place.cells for place in chunk.places] == ["A1:B9"]


def test_a_loose_cell_of_a_sheet_is_no_further_row_of_the_table_above_it():
    blocks = [
        table([["Part", "Count"], ["bolt", "40"]], SheetPlace(sheet="Data", cells="A1:B2")),
        table([["counted in May"]], SheetPlace(sheet="Data", cells="H20")),
    ]
    [chunk] = chunks_of(page(None, blocks))
    assert chunk.text == "Part | Count\nbolt | 40\n\ncounted in May"


@pytest.mark.parametrize("kind", ["slide", "sheet"])
def test_a_chunk_never_spans_two_slides_or_sheets(kind):
    def place(number: int):
        if kind == "sheet":
            return SheetPlace(sheet=f"S{number}", cells="A1")
        return SlidePlace(slide=number, quads=(Quad.of_box(0.1, 0.1, 0.9, 0.2),))

    blocks = [element("few words", "", place=place(number)) for number in (1, 1, 2)]
    found = chunks_of(page(None, blocks))
    assert [len(chunk.places) for chunk in found] == [1, 1]
    assert found[0].text == "few words\n\nfew words"


def test_rows_of_a_page_table_have_the_boxes_of_their_lines():
    rows = [["Year", "Level"], ["1990", "3 m"], ["1991", "4 m"]]
    cells = [
        paragraph(text, top=0.3 + 0.02 * row, left=0.1 + 0.3 * column, right=0.3 + 0.3 * column).lines[0]
        for row, texts in enumerate(rows)
        for column, text in enumerate(texts)
    ]
    [chunk] = chunks_of(page(1, [table(rows, lines=tuple(cells))]))
    [place] = chunk.places
    assert [quad.box[1] for quad in place.quads] == [0.3, 0.32, 0.34]
    assert all(quad.box[0] == 0.1 and quad.box[2] == 0.6 for quad in place.quads)
