"""A stored page in docling-core's types: places come out in points of the displayed page, and back to the same quads."""

from __future__ import annotations

import json
from pathlib import Path

import pypdfium2
import pytest
from docling_core.types.doc import DoclingDocument, SectionHeaderItem, TableItem
from docling_core.types.doc.page import SegmentedPage
from hypothesis import given
from hypothesis import strategies as st

from stepflow_assets.documents.geometry import Quad
from stepflow_assets.documents.page import (
    Block,
    BlockList,
    Confidence,
    PageContent,
    PageGeometry,
    Route,
    TextCell,
    WordSpan,
)
from stepflow_assets.documents.stored_page import StoredPage
from stepflow_assets.documents.table_cells import TableCell
from stepflow_assets.documents.views.points import (
    box_in_points,
    quad_of_box,
    quad_of_rectangle,
    rectangle_in_points,
)
from stepflow_assets.ocr.page_blocks import PageText, blocks_of_page
from tests.pages.pdf_files import changed, line, pdf
from tests.pages.test_text_cells import page_of

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
in_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the repository")
FIELDS = ("ocr__block_id", "ocr__confidence", "ocr__confidence_kind")
EXACT = 1.5e-5


def stored(blocks: list[Block], geometry: PageGeometry | None = None) -> StoredPage:
    geometry = geometry or PageGeometry(width_pt=600, height_pt=800)
    content = PageContent(page_id="p", geometry=geometry, route=Route.TEXT, route_reason="it has text")
    return StoredPage(content, BlockList(status="ok", count=len(blocks)), tuple(blocks))


def read(file: Path, tmp_path: Path, number: int = 1) -> StoredPage:
    """The page as the assets store it."""
    page = page_of(file, number)
    assert page.cells is not None
    cells = tmp_path / "cells.json"
    cells.write_bytes(page.cells)
    made = blocks_of_page(PageText(Route.TEXT, page.width_pt, page.height_pt, str(cells), None))
    geometry = PageGeometry(width_pt=page.width_pt, height_pt=page.height_pt, rotation=page.rotation)
    return stored([Block.model_validate(block) for block in json.loads(made.blocks or b"[]")], geometry)


shares = st.floats(0, 1).map(lambda value: round(value, 5))
points = st.tuples(shares, shares)
pages = st.builds(PageGeometry, width_pt=st.floats(50, 3000), height_pt=st.floats(50, 3000))


@given(st.builds(Quad, points=st.tuples(points, points, points, points)), pages)
def test_a_quad_in_points_and_back_is_the_same_quad(quad: Quad, page: PageGeometry) -> None:
    back = quad_of_rectangle(rectangle_in_points(quad, page), page)
    assert all(a == pytest.approx(b, abs=EXACT) for a, b in zip(back.points, quad.points, strict=True))
    assert quad_of_box(box_in_points(quad, page), page).box == pytest.approx(quad.box, abs=EXACT)


@given(st.builds(Quad, points=st.tuples(points, points, points, points)), pages)
def test_a_box_counted_from_the_bottom_is_the_same_place(quad: Quad, page: PageGeometry) -> None:
    box = box_in_points(quad, page).to_bottom_left_origin(page.height_pt)
    assert quad_of_box(box, page).box == pytest.approx(quad.box, abs=EXACT)
    rectangle = rectangle_in_points(quad, page).to_bottom_left_origin(page.height_pt)
    assert quad_of_rectangle(rectangle, page).box == pytest.approx(quad.box, abs=EXACT)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_points_are_of_the_displayed_page(rotation: int, tmp_path: Path) -> None:
    """Where the word is drawn: measured on the rendered page, one pixel a point."""
    file = changed(pdf(tmp_path / "a.pdf", line("Hydrology", 200, 600)), 1, lambda page: page.set_rotation(rotation))

    def crop(page: pypdfium2.PdfPage) -> None:
        page.set_cropbox(50, 100, 550, 700)

    page = read(changed(file, 1, crop), tmp_path)
    document = pypdfium2.PdfDocument(file)
    dark = document[0].render(scale=1, grayscale=True).to_numpy() < 128
    document.close()
    (item,) = page.to_docling(4).texts
    (place,) = item.prov
    rows, columns = dark.any(axis=1).nonzero()[0], dark.any(axis=0).nonzero()[0]
    assert place.page_no == 4
    assert place.bbox.l == pytest.approx(columns[0], abs=3) and place.bbox.r == pytest.approx(columns[-1], abs=3)
    assert place.bbox.t == pytest.approx(rows[0], abs=4) and place.bbox.b == pytest.approx(rows[-1], abs=4)
    (word,) = page.to_segmented().word_cells
    assert word.rect.angle_360 % 90 == 0


def test_the_angle_of_a_line_survives(tmp_path: Path) -> None:
    page = read(pdf(tmp_path / "a.pdf", line("runs upwards", 200, 400, angle=90)), tmp_path)
    (cell,) = page.to_segmented().textline_cells
    assert cell.rect.angle_360 in (90, 270)
    assert [word.text for word in page.to_segmented().word_cells] == ["runs", "upwards"]


def test_items_say_which_block_they_are_and_how_sure() -> None:
    quad = Quad.of_box(0.1, 0.1, 0.5, 0.2)
    sure = Confidence(value=0.91, kind="ctc_char_mean")
    blocks = [
        Block(id="b0000", order=0, kind="section_header", text="Results", level=2, quad=quad, confidence=sure),
        Block(id="b0001", order=1, kind="list_item", text="one", quad=quad),
        Block(id="b0002", order=2, kind="list_item", text="two", quad=quad),
        Block(id="b0003", order=3, kind="page_footer", text="7", quad=quad, furniture=True),
        Block(id="b0004", order=4, kind="formula", text="a over b", latex="\\frac{a}{b}", quad=quad),
    ]
    document = DoclingDocument.model_validate_json(stored(blocks).to_docling(7).model_dump_json())
    header, one, two, footer, formula = document.texts
    assert isinstance(header, SectionHeaderItem) and header.level == 2
    assert tuple(header.meta.get_custom_part()[name] for name in FIELDS) == ("b0000", 0.91, "ctc_char_mean")
    assert one.parent == two.parent and one.parent.cref.startswith("#/groups/")
    assert footer.content_layer == "furniture"
    assert (formula.text, formula.orig) == ("\\frac{a}{b}", "a over b")
    assert "confidence" not in str(two.meta)


def test_a_table_keeps_its_grid_spans_and_boxes() -> None:
    quad = Quad.of_box(0.1, 0.1, 0.3, 0.2)
    cells = (
        TableCell(row=0, column=0, column_span=2, text="Area", header=True, quad=quad),
        TableCell(row=1, column=0, text="km²"),
        TableCell(row=1, column=1, text="538"),
    )
    block = Block(id="b0000", order=0, kind="table", text="Area\nkm² | 538", quad=quad, cells=cells)
    (table,) = stored([block]).to_docling(1).tables
    assert isinstance(table, TableItem)
    assert (table.data.num_rows, table.data.num_cols) == (2, 2)
    assert [[cell.text for cell in row] for row in table.data.grid] == [["Area", "Area"], ["km²", "538"]]
    assert table.data.table_cells[0].column_header
    assert table.data.table_cells[0].bbox.l == pytest.approx(60)


def test_a_segmented_page_has_lines_and_words_in_order() -> None:
    words = (WordSpan(0, 3, 0.0, 0.4), WordSpan(4, 7, 0.5, 1.0))
    first = TextCell(text="one two", quad=Quad.of_box(0.1, 0.1, 0.5, 0.2), words=words)
    read_line = first.model_copy(update={"confidence": Confidence(value=0.8, kind="ctc_char_mean")})
    blocks = [
        Block(id="b0000", order=0, kind="text", text="one two", quad=first.quad, lines=(first,)),
        Block(id="b0001", order=1, kind="text", text="one two", quad=first.quad, lines=(read_line,)),
    ]
    page = SegmentedPage.model_validate_json(stored(blocks).to_segmented().model_dump_json())
    assert [cell.text for cell in page.textline_cells] == ["one two", "one two"]
    assert [(cell.text, cell.index) for cell in page.word_cells] == [("one", 0), ("two", 1), ("one", 2), ("two", 3)]
    assert [cell.from_ocr for cell in page.textline_cells] == [False, True]
    assert page.textline_cells[1].confidence == 0.8
    assert page.word_cells[1].rect.to_bounding_box().l == pytest.approx(180)


@pytest.mark.corpus
@in_corpus
@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("born_digital/2305.14962v1.pdf", 4),
        ("born_digital/redp5110_sampled.pdf", 5),
        ("tables/rotated_table.pdf", 1),
        ("rtl/right_to_left_01.pdf", 1),
    ],
)
def test_a_real_page_goes_through_both_views_and_back(name: str, number: int, tmp_path: Path) -> None:
    page = read(CORPUS / name, tmp_path, number)
    geometry = page.content.geometry
    document = DoclingDocument.model_validate_json(page.to_docling(number).model_dump_json())
    found = {item.meta.get_custom_part()["ocr__block_id"]: item for item in [*document.texts, *document.tables]}
    assert sorted(found) == [block.id for block in page.blocks]
    for block in page.blocks:
        (place,) = found[block.id].prov
        assert place.page_no == number
        assert quad_of_box(place.bbox, geometry).box == pytest.approx(block.quad.box, abs=EXACT)
    segmented = SegmentedPage.model_validate_json(page.to_segmented().model_dump_json())
    lines = [line for block in page.blocks for line in block.lines]
    for cell, given_line in zip(segmented.textline_cells, lines, strict=True):
        assert cell.text == given_line.text
        assert quad_of_rectangle(cell.rect, geometry).box == pytest.approx(given_line.quad.box, abs=EXACT)
    squeezed = "".join("".join(line.text.split()) for line in lines)
    assert "".join("".join(cell.text.split()) for cell in segmented.word_cells) == squeezed


@pytest.mark.corpus
@in_corpus
def test_cells_of_a_table_stand_inside_it(tmp_path: Path) -> None:
    tables = []
    for number in range(1, 10):
        tables += [
            block for block in read(CORPUS / "born_digital/2305.14962v1.pdf", tmp_path, number).blocks if block.table
        ]
    assert tables
    for block in tables:
        placed = [cell for cell in block.cells if cell.quad]
        assert len(placed) >= 0.9 * len(block.cells)
        assert {(cell.row, cell.column): cell.text for cell in block.cells} == {
            (row, column): text
            for row, texts in enumerate(block.table)
            for column, text in enumerate(texts)
            if text.strip()
        }
        left, top, right, bottom = block.quad.box
        for cell in placed:
            x0, y0, x1, y1 = cell.quad.box
            assert left <= x0 < x1 <= right and top <= y0 < y1 <= bottom
