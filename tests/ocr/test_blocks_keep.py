"""What blocks keep of what was read: an engine's own words, markup and cells; of a grid that geometry showed, its cells."""

from __future__ import annotations

import json
from pathlib import Path

from hand_set_pages import line
from pydantic import TypeAdapter

from stepflow_assets.documents.geometry import Quad
from stepflow_assets.documents.page import Block, Confidence, Route
from stepflow_assets.documents.recognized import RecognizedBlock, RecognizedCell, RecognizedPage
from stepflow_assets.ocr.page_blocks import PageText, blocks_of_page

ROWS = [("Lake", "Area", "Depth"), ("Saimaa", "4370", "85"), ("Inari", "1040", "92"), ("Päijänne", "1080", "95")]


def made(
    tmp_path: Path, route: Route, *, layer: object = None, recognized: RecognizedPage | None = None
) -> list[Block]:
    files: dict[str, str | None] = {"layer": None, "recognized": None}
    if layer is not None:
        (tmp_path / "layer").write_text(json.dumps(layer))
        files["layer"] = str(tmp_path / "layer")
    if recognized is not None:
        (tmp_path / "recognized").write_text(recognized.model_dump_json())
        files["recognized"] = str(tmp_path / "recognized")
    found = blocks_of_page(PageText(route, 600, 800, files["layer"], files["recognized"]))
    return TypeAdapter(list[Block]).validate_json(found.blocks or b"[]")


def test_an_engines_block_keeps_its_word_markup_cells_and_confidence(tmp_path: Path) -> None:
    quad = Quad.of_box(0.1, 0.1, 0.9, 0.3)
    sure = Confidence(value=0.9, kind="token_prob_block")
    cells = (RecognizedCell(row=0, column=0, column_span=2, text="Area", header=True, quad=quad),)
    read = RecognizedPage(
        blocks=(
            RecognizedBlock(kind="table", raw_kind="Table", text="Area", cells=cells, html="<table/>", quad=quad),
            RecognizedBlock(kind="formula", text="a/b", latex="\\frac{a}{b}", quad=quad, confidence=sure),
        )
    )
    table, formula = made(tmp_path, Route.OCR, recognized=read)
    assert (table.raw_kind, table.html, table.cells) == ("Table", "<table/>", cells)
    assert table.order_source == formula.order_source == "engine"
    assert (formula.latex, formula.confidence) == ("\\frac{a}{b}", sure)


def test_a_grid_that_geometry_shows_has_cells_with_quads_and_a_bold_first_row_is_its_header(tmp_path: Path) -> None:
    cells = [
        line(text, 60 + 150 * column, 100 + 16 * row, 80, bold=row == 0)
        for row, texts in enumerate(ROWS)
        for column, text in enumerate(texts)
    ]
    (table,) = made(tmp_path, Route.TEXT, layer=cells)
    assert table.table == tuple(ROWS)
    assert [(cell.row, cell.column, cell.text) for cell in table.cells] == [
        (row, column, text) for row, texts in enumerate(ROWS) for column, text in enumerate(texts)
    ]
    assert [cell.header for cell in table.cells] == [cell.row == 0 for cell in table.cells]
    for cell, given in zip(table.cells, cells, strict=True):
        assert cell.quad is not None
        assert cell.quad.box == Quad.model_validate(given["quad"]).box
