"""What blocks a page is made of, and of which kind."""

from __future__ import annotations

import json
import time

import pytest
from hand_set_pages import blocks, column, kinds, line, recognised
from pydantic import TypeAdapter

from stepflow_assets.documents.page import Block, Route
from stepflow_assets.ocr.page_blocks import PageText, blocks_of_page
from stepflow_assets.ocr.reading_order.joining import join_lines

BODY = [line(f"Ordinary text of the page goes on in line {row}", 60, 200 + 14 * row, 480) for row in range(8)]


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        (["a well", "formed line"], "a well formed line"),
        (["hyphen-", "ated word"], "hyphenated word"),
        (["the years 1990-", "1995"], "the years 1990- 1995"),
        (["Anglo-", "Saxon"], "Anglo- Saxon"),
        (["a dash -", "and more"], "a dash - and more"),
        (["人口は", "増えた"], "人口は増えた"),
        (["", "  ", "text"], "text"),
    ],
)
def test_lines_of_a_paragraph_become_one_text(lines, joined):
    assert join_lines(lines) == joined


def test_lines_stay_as_they_are_where_a_broken_word_is_joined():
    page = [line("This ends with a hyphen-", 60, 100, 480), line("ated word and goes on", 60, 114, 480)]
    (block,) = blocks(page)
    assert block.text == "This ends with a hyphenated word and goes on"
    assert [item["text"] for item in block.cells] == ["This ends with a hyphen-", "ated word and goes on"]


def test_space_between_lines_separates_paragraphs():
    page = column("first", 60, 100, 480, 4) + column("second", 60, 100 + 4 * 14 + 12, 480, 4)
    assert [len(block.cells) for block in blocks(page)] == [4, 4]


def test_an_indent_separates_paragraphs():
    page = [
        line(f"full line {row} of text", 60 if row % 4 else 80, 100 + 14 * row, 480 if row % 4 else 460)
        for row in range(8)
    ]
    assert [len(block.cells) for block in blocks(page)] == [4, 4]


def test_larger_and_bolder_lines_are_headings_with_levels():
    page = [
        line("The Report", 60, 80, 150, size=24),
        line("Findings of the year", 60, 130, 160, size=14),
        line("Details", 60, 165, 60, size=10, bold=True),
        *BODY,
    ]
    found = [(block.kind.label, block.kind.level) for block in blocks(page)]
    assert found == [("title", 1), ("section_header", 2), ("section_header", 3), ("text", None)]


@pytest.mark.parametrize(("text", "level"), [("3 Results", 2), ("3.1 Corpus", 3), ("3.1.2 Scans", 4)])
def test_a_numbered_line_in_the_size_of_the_text_is_a_heading(text, level):
    page = recognised([line(text, 60, 170, 90), *BODY])
    first = blocks(page)[0]
    assert (first.kind.label, first.kind.level, first.text) == ("section_header", level, text)


def test_a_short_line_right_above_a_paragraph_is_a_heading_on_a_recognised_page():
    page = recognised(
        [*column("above", 60, 60, 480, 3), line("What it cost", 60, 120, 80), *column("below", 60, 134, 480, 4)]
    )
    assert [(block.kind.label, len(block.cells)) for block in blocks(page)] == [
        ("text", 3),
        ("section_header", 1),
        ("text", 4),
    ]


def test_a_paragraph_that_begins_in_bold_is_one_paragraph():
    page = [
        line("Silence is data. A logger that hears nothing clears", 60, 100, 480, bold=True),
        *column("its", 60, 114, 480, 3),
    ]
    assert [(block.kind.label, len(block.cells)) for block in blocks(page)] == [("text", 4)]


def test_items_of_a_list_are_blocks_of_their_own():
    page = [
        *BODY[:4],
        line("• the first item, which is so long that", 80, 270, 440),
        line("it goes on in a second line", 90, 284, 300),
        line("• the second item", 80, 298, 200),
    ]
    assert kinds(page)[1:] == [
        ("list_item", "• the first item, which is so long that it goes on in a second line"),
        ("list_item", "• the second item"),
    ]


@pytest.mark.parametrize("text", ["Figure 3. Growth by year.", "Table 12: Rates", "Fig. 2 – Map", "Abbildung 4: Karte"])
def test_captions_are_told_by_their_number(text):
    assert kinds([*BODY, line(text, 60, 330, 300)])[-1] == ("caption", text)


@pytest.mark.parametrize(
    ("text", "y", "kind"),
    [("17", 770, "page_footer"), ("Page 3 of 10", 20, "page_header"), ("- iv -", 770, "page_footer")],
)
def test_page_numbers_in_the_margin_are_furniture(text, y, kind):
    found = [block for block in blocks([*BODY, line(text, 290, y, 40)]) if block.kind.furniture]
    assert [(block.kind.label, block.text) for block in found] == [(kind, text)]


def test_a_number_in_the_text_is_no_page_number():
    assert not any(block.kind.furniture for block in blocks([*BODY, line("17", 290, 400, 20)]))


def table_of(rows, columns=(80, 250, 400), top=200.0):
    return [
        line(text, x, top + 18 * row, 10 + 5 * len(text))
        for row, values in enumerate(rows)
        for text, x in zip(values, columns, strict=True)
        if text
    ]


ROWS = [("Item", "Count", "Price"), ("Bolts", "200", "4.10"), ("Nuts", "180", "3.95"), ("Washers", "", "0.80")]


@pytest.mark.parametrize("as_given", [list, recognised], ids=["text layer", "recognised"])
def test_level_texts_in_columns_are_a_table_with_its_grid(as_given):
    (table,) = (block for block in blocks(as_given([*table_of(ROWS), *column("text", 60, 300, 480, 5)])) if block.table)
    assert table.kind.label == "table"
    assert table.table == tuple(ROWS)
    assert table.text.splitlines()[1] == "Bolts | 200 | 4.10"


def test_a_wrapped_cell_stays_in_its_row():
    rows = table_of([("Item", "Remark", "Price"), ("Bolts", "long, of", "4.10")]) + [line("good steel", 250, 231, 60)]
    rows += table_of([("Nuts", "short", "3.95"), ("Pins", "none", "0.10")], top=254)
    (table,) = blocks(rows)
    assert table.table == (
        ("Item", "Remark", "Price"),
        ("Bolts", "long, of good steel", "4.10"),
        ("Nuts", "short", "3.95"),
        ("Pins", "none", "0.10"),
    )


def test_the_wrapped_end_of_the_last_row_belongs_to_the_table():
    rows = table_of(ROWS, top=200) + [line("each", 400, 200 + 3 * 18 + 14, 30)]
    (table,) = blocks(rows)
    assert table.table == (*ROWS[:3], ("Washers", "", "0.80 each"))


def test_level_lines_of_two_text_columns_are_no_table():
    page = column("left", 50, 100, 230, 10) + column("right", 320, 100, 230, 10)
    assert not any(block.table for block in blocks(page))


def test_blocks_are_written_as_the_schema_says(tmp_path):
    (tmp_path / "cells").write_text(json.dumps({"lines": recognised([*BODY, *table_of(ROWS, top=400)]), "blocks": []}))
    page = PageText(Route.OCR, 600, 800, None, str(tmp_path / "cells"))
    made = blocks_of_page(page)
    found = TypeAdapter(list[Block]).validate_json(made.blocks)
    assert [block.id for block in found] == ["b0000", "b0001"]
    assert [block.order for block in found] == [0, 1]
    assert found[1].table == tuple(ROWS)
    assert found[0].confidence.value == pytest.approx(0.95)
    assert made.confidence == pytest.approx(0.95)
    left, top, right, bottom = found[0].quad.box
    assert (left, top, right) == pytest.approx((0.1, 0.25, 0.9))
    assert bottom < 0.4
    assert made.blocks == blocks_of_page(page).blocks


def test_a_page_of_a_hundred_lines_takes_a_few_milliseconds():
    page = column("left", 50, 100, 230, 50, pitch=13) + column("right", 320, 100, 230, 50, pitch=13)
    blocks(page)
    began = time.process_time()
    for _ in range(5):
        blocks(page)
    assert (time.process_time() - began) / 5 < 0.02  # measured: 4 ms
