"""Text cells of PDF pages: what they say, and that their quads lie on the ink, however the page is turned or cropped."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from reportlab.lib.pagesizes import letter
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from stepflow_assets.documents.page import TextCell
from stepflow_assets.pages.cells import clean
from stepflow_assets.pages.page_bytes import PageBytes
from stepflow_assets.pages.reading import read_pages
from tests.pages.pdf_files import changed, line, lines, pdf, together


def page_of(file: Path, number: int = 1) -> PageBytes:
    (page,) = read_pages(str(file), "pdf", [number], ())
    assert isinstance(page, PageBytes)
    return page


def cells_of(file: Path, number: int = 1) -> list[TextCell]:
    return [TextCell.model_validate(cell) for cell in json.loads(page_of(file, number).cells or b"[]")]


def ink_box(file: Path) -> tuple[float, float, float, float]:
    """left, top, right, bottom of what is drawn on page 1, 0..1 of the displayed page."""
    document = pypdfium2.PdfDocument(file)
    dark = document[0].render(scale=2, grayscale=True).to_numpy() < 128
    document.close()
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    height, width = dark.shape
    return columns[0] / width, rows[0] / height, (columns[-1] + 1) / width, (rows[-1] + 1) / height


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, (50, 400, 450, 760)], ids=["whole", "cropped"])
@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_quads_lie_on_the_ink(rotation: int, crop: tuple[int, ...] | None, angle: int, tmp_path: Path) -> None:
    file = pdf(tmp_path / "a.pdf", line("Hydrology", 250, 600, angle=angle))

    def turn(page: pypdfium2.PdfPage) -> None:
        page.set_rotation(rotation)
        if crop:
            page.set_cropbox(*crop)

    (cell,) = cells_of(changed(file, 1, turn))
    assert cell.text == "Hydrology"
    assert cell.quad.box == pytest.approx(ink_box(file), abs=0.006)
    assert page_of(file).rotation == rotation


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("angle", [0, 90, 180, 270, 30])
def test_quads_start_where_the_text_starts(rotation: int, angle: int, tmp_path: Path) -> None:
    file = pdf(tmp_path / "a.pdf", line("Hydrology", 300, 400, angle=angle))
    (cell,) = cells_of(changed(file, 1, lambda page: page.set_rotation(rotation)))
    page = page_of(file)
    (x0, y0), (x1, y1) = cell.quad.points[0], cell.quad.points[1]
    seen = math.degrees(math.atan2((y0 - y1) * page.height_pt, (x1 - x0) * page.width_pt))  # the page's y runs down
    assert (seen - (angle - rotation)) % 360 == pytest.approx(0, abs=1) or (seen - (angle - rotation)) % 360 > 359


def test_oblique_text_has_an_oblique_quad_around_its_ink(tmp_path: Path) -> None:
    file = pdf(tmp_path / "a.pdf", line("Draft", 250, 400, size=40, angle=45))
    (cell,) = cells_of(file)
    assert cell.quad.box == pytest.approx(ink_box(file), abs=0.03)
    assert len({y for _, y in cell.quad.points}) == 4


def test_a_line_is_one_cell_with_single_spaces(tmp_path: Path) -> None:
    sentence = "Words are separated by single spaces, even in justified text."
    (cell,) = cells_of(pdf(tmp_path / "a.pdf", line(sentence)))
    assert cell.text == sentence


def test_words_drawn_one_by_one_are_one_line(tmp_path: Path) -> None:
    x, drawings = 72.0, []
    for word in ("Every", "word", "was", "drawn", "alone"):
        drawings.append(line(word, x, 700))
        x += stringWidth(word, "Helvetica", 12) + 5
    (cell,) = cells_of(pdf(tmp_path / "a.pdf", together(*drawings)))
    assert cell.text == "Every word was drawn alone"


def test_distant_words_of_a_line_are_cells_of_their_own(tmp_path: Path) -> None:
    drawings = [line(word, x, 700) for word, x in [("Item", 72), ("Price", 200), ("Total", 320)]]
    assert [cell.text for cell in cells_of(pdf(tmp_path / "a.pdf", together(*drawings)))] == ["Item", "Price", "Total"]


def test_lines_come_in_order_and_do_not_run_together(tmp_path: Path) -> None:
    found = cells_of(pdf(tmp_path / "a.pdf", lines("First line", "second line", "third line")))
    assert [cell.text for cell in found] == ["First line", "second line", "third line"]
    assert all(above.quad.box[3] <= below.quad.box[1] + 0.003 for above, below in pairwise(found))


def test_superscripts_stay_in_their_line(tmp_path: Path) -> None:
    drawings = together(line("area in km", 72, 700), line("2", 131, 704, size=7), line("of the lake", 140, 700))
    (cell,) = cells_of(pdf(tmp_path / "a.pdf", drawings))
    assert cell.text.replace(" ", "") == "areainkm2ofthelake"


def test_a_word_broken_at_the_line_end_keeps_its_hyphen(tmp_path: Path) -> None:
    found = cells_of(pdf(tmp_path / "a.pdf", lines("the trans-", "formation of documents")))
    assert [cell.text for cell in found] == ["the trans-", "formation of documents"]


def test_font_size_and_weight_are_told(tmp_path: Path) -> None:
    file = pdf(
        tmp_path / "a.pdf",
        together(line("Heading", 72, 700, size=20, font="Helvetica-Bold"), line("body", 72, 600, size=9)),
    )
    assert [(cell.text, cell.font_size, cell.bold) for cell in cells_of(file)] == [
        ("Heading", 20.0, True),
        ("body", 9.0, False),
    ]


def test_text_that_is_cropped_away_is_left_out(tmp_path: Path) -> None:
    file = pdf(tmp_path / "a.pdf", together(line("shown", 200, 600), line("hidden", 200, 100)))
    found = cells_of(changed(file, 1, lambda page: page.set_cropbox(0, 400, 612, 792)))
    assert [cell.text for cell in found] == ["shown"]


def test_of_a_line_over_the_edge_the_words_on_the_page_are_kept(tmp_path: Path) -> None:
    hidden = stringWidth("hidden words ", "Helvetica", 12)
    found = cells_of(pdf(tmp_path / "a.pdf", together(line("hidden words seen words", -hidden, 400), line("l", 610.5))))
    assert [cell.text for cell in found] == ["seen words", "l"]


@pytest.mark.parametrize(
    ("text", "x", "y", "size"),
    [("without extent", 72, 500, 0.005), ("on the lower edge", 72, -4, 12), ("right edge", 580, 300, 12)],
)
def test_every_cell_has_an_area_on_the_page(text: str, x: float, y: float, size: float, tmp_path: Path) -> None:
    found = cells_of(pdf(tmp_path / "a.pdf", together(line("in the middle"), line(text, x, y, size=size))))
    assert len(found) == 2
    assert all(cell.quad.area > 0 for cell in found)
    assert all(0 <= value <= 1 for cell in found for value in cell.quad.box)


def test_text_that_begins_behind_the_edge_is_left_out(tmp_path: Path) -> None:
    file = pdf(tmp_path / "a.pdf", together(line("in the middle"), line("I", 612.2, 300, size=2)))
    assert [cell.text for cell in cells_of(file)] == ["in the middle"]


def test_a_form_field_beside_the_page_is_left_out(tmp_path: Path) -> None:
    def form(canvas: Canvas) -> None:
        for name, x in (("inside", 60), ("outside", 700)):
            canvas.acroForm.textfield(name=name, value=f"{name} value", x=x, y=600, width=200, height=20)

    found = cells_of(pdf(tmp_path / "a.pdf", form))
    assert [cell.text for cell in found] == ["inside value"]
    assert found[0].quad.area > 0


def test_values_of_form_fields_are_cells(tmp_path: Path) -> None:
    def form(canvas: object) -> None:
        line("Name:", 72, 700)(canvas)
        canvas.acroForm.textfield(name="n", value="Ada Lovelace", x=120, y=690, width=200, height=24)

    found = cells_of(pdf(tmp_path / "a.pdf", form))
    assert [cell.text for cell in found] == ["Name:", "Ada Lovelace"]
    left, top, right, bottom = found[1].quad.box
    width, height = letter
    assert (left, top, right, bottom) == pytest.approx((120 / width, 78 / height, 320 / width, 102 / height), abs=0.01)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("exam\ufffe", "exam-"),
        ("exam\x02", "exam-"),
        ("a\x00b\x1fc\x9fd", "abcd"),
        ("\u200bzero\ufeffwidth", "zerowidth"),
        ("e\u0301clair", "éclair"),
        ("\ufb01ne \ufb04uent", "fine ffluent"),
        ("x² ½ ﹪", "x² ½ ﹪"),
        ("  edges  ", "edges"),
        ("R وPythonمن", "R وPython من"),
    ],
)
def test_text_is_cleaned_but_not_flattened(raw: str, text: str) -> None:
    assert clean(raw) == text
