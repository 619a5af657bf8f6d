"""Blocks that an engine made itself become the page's blocks: kind, order, table and confidence are the engine's."""

from __future__ import annotations

import json

import pytest
from hand_set_pages import column, line, recognised
from pydantic import TypeAdapter

from stepflow_assets.documents.geometry import Quad
from stepflow_assets.documents.page import Block, Confidence, Route, TextCell
from stepflow_assets.documents.recognized import RecognizedBlock, RecognizedCell, RecognizedPage
from stepflow_assets.ocr.page_blocks import PageText, blocks_of_page

SURE = Confidence(value=0.8, kind="token_prob_block")
HEADING = RecognizedBlock(
    kind="section_header",
    raw_kind="Section-Header",
    text="What it cost",
    level=2,
    quad=Quad.of_box(0.1, 0.5, 0.9, 0.55),
)
TABLE = RecognizedBlock(
    kind="table",
    text="",
    quad=Quad.of_box(0.1, 0.2, 0.9, 0.4),
    html="<table>…</table>",
    confidence=SURE,
    cells=(
        RecognizedCell(row=0, column=0, column_span=2, text="Costs", header=True),
        RecognizedCell(row=1, column=0, text="Bolts"),
        RecognizedCell(row=1, column=1, text="4.10"),
    ),
)
FOOTER = RecognizedBlock(kind="page_footer", text="17", quad=Quad.of_box(0.4, 0.95, 0.6, 0.97), confidence=SURE)
PICTURE = RecognizedBlock(kind="picture", text="", quad=Quad.of_box(0.1, 0.6, 0.9, 0.9))


@pytest.fixture
def made(tmp_path):
    def make(*blocks, lines=(), layer=None, route=Route.OCR):
        (tmp_path / "read").write_bytes(RecognizedPage(lines=tuple(lines), blocks=blocks).model_dump_json().encode())
        (tmp_path / "layer").write_text(json.dumps(layer or []))
        found = blocks_of_page(PageText(route, 600, 800, str(tmp_path / "layer"), str(tmp_path / "read")))
        return found, TypeAdapter(list[Block]).validate_json(found.blocks or b"[]")

    return make


def test_they_keep_kind_order_level_confidence_and_the_engines_word(made):
    found, blocks = made(HEADING, TABLE, FOOTER)
    assert [(block.id, block.order, block.kind, block.furniture) for block in blocks] == [
        ("b0000", 0, "section_header", False),
        ("b0001", 1, "table", False),
        ("b0002", 2, "page_footer", True),
    ]
    assert {block.order_source for block in blocks} == {"engine"}
    assert (blocks[0].level, blocks[0].raw_kind, blocks[0].quad, blocks[0].confidence) == (
        2,
        "Section-Header",
        HEADING.quad,
        None,
    )
    assert found.confidence == pytest.approx(0.8)


def test_a_table_keeps_its_cells_and_has_a_grid_and_text(made):
    (table,) = made(TABLE)[1]
    assert table.table == (("Costs", "Costs"), ("Bolts", "4.10"))
    assert table.cells == TABLE.cells
    assert table.html == TABLE.html
    assert table.text.splitlines()[-1] == "Bolts | 4.10"


def test_blocks_without_text_are_no_blocks_of_the_page(made):
    assert made(PICTURE)[0].blocks is None


def test_a_block_that_was_not_placed_has_no_box_and_none_is_made_up(made):
    (block,) = made(HEADING.model_copy(update={"quad": None}))[1]
    assert block.quad is None


def cells(*rows):
    return [TextCell.model_validate(row) for row in recognised(rows)]


def test_lines_inside_a_block_go_along_where_they_are_its_text(made):
    inside = cells(line("What it", 70, 402, 100), line("cost", 180, 402, 60))
    (block,) = made(HEADING, lines=inside)[1]
    assert [item.text for item in block.lines] == ["What it", "cost"]
    (block,) = made(HEADING, lines=cells(line("What 1t c0st", 70, 402, 100)))[1]
    assert block.lines == ()
    assert block.text == "What it cost"


def test_beside_blocks_lines_are_no_text_of_their_own(made):
    assert len(made(HEADING, lines=cells(line("said by the other engine", 60, 100, 300)))[1]) == 1


def test_on_a_hybrid_page_they_stand_in_their_place_among_the_layers_blocks(made):
    layer = [*column("above", 60, 40, 480, 6), *column("below", 60, 500, 480, 6)]
    _, blocks = made(TABLE, HEADING, layer=layer, route=Route.HYBRID)
    assert [(block.order_source, block.text.split()[0]) for block in blocks] == [
        ("xycut", "above"),
        ("engine", "Costs"),
        ("engine", "What"),
        ("xycut", "below"),
    ]


def test_on_a_hybrid_page_what_the_layer_has_is_not_said_twice(made):
    layer = column("layer", 60, 160, 480, 12)  # under the table
    _, blocks = made(TABLE, HEADING, layer=layer, route=Route.HYBRID)
    assert [block.order_source for block in blocks] == ["xycut", "engine"]


@pytest.mark.parametrize(("blocks", "sources"), [((HEADING,), {"engine"}), ((PICTURE,), {"xycut"})])
def test_the_layer_of_a_scan_is_only_kept_where_nothing_was_recognised(made, blocks, sources):
    _, found = made(*blocks, layer=column("layer", 60, 100, 480, 4), route=Route.SCAN_TEXT)
    assert {block.order_source for block in found} == sources
