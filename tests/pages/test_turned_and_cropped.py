"""A mark on a page lies at one place, in its text cells, in its images, in its picture and in PDFium's own drawing, however
the page is turned and cropped."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import PIL.Image
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from stepflow_assets.pages.cells import cells_of
from stepflow_assets.pages.frame import PageFrame
from stepflow_assets.pages.images_on_page import placed_images
from stepflow_assets.pages.opening import open_pdf_page
from stepflow_assets.pages.pictures import colour_image
from stepflow_assets.pages.words import page_text, words_of
from tests.pages.pdf_files import changed, pdf, picture

RED = PIL.Image.new("RGB", (8, 8), (255, 0, 0))
SIZE = (500, 700)
MARK = 40  # points
Box = tuple[float, float, float, float]


@st.composite
def crops(draw: st.DrawFn) -> tuple[int, int, int, int]:
    """left, bottom, right, top in user space, at least 150 points each way."""
    left, bottom = draw(st.integers(0, SIZE[0] - 150)), draw(st.integers(0, SIZE[1] - 150))
    return left, bottom, draw(st.integers(left + 150, SIZE[0])), draw(st.integers(bottom + 150, SIZE[1]))


def marked(x: float, y: float) -> object:
    def draw(canvas: Canvas) -> None:
        picture(RED, x, y, MARK, MARK)(canvas)
        canvas.setFont("Helvetica", 12)
        canvas.drawString(x, y + MARK + 4, "MARK")

    return draw


def red_box(image: PIL.Image.Image) -> Box:
    """Around all red, 0..1."""
    pixels = np.asarray(image).astype(int)
    rows, columns = np.nonzero((pixels[:, :, 0] > 180) & (pixels[:, :, 1] < 80))
    height, width = pixels.shape[:2]
    return columns.min() / width, rows.min() / height, (columns.max() + 1) / width, (rows.max() + 1) / height


def black_box(image: PIL.Image.Image) -> Box:
    dark = np.asarray(image).max(axis=2) < 110
    rows, columns = np.nonzero(dark)
    height, width = dark.shape
    return columns.min() / width, rows.min() / height, (columns.max() + 1) / width, (rows.max() + 1) / height


@settings(max_examples=40, deadline=None)
@given(
    rotation=st.sampled_from([0, 90, 180, 270]),
    crop=crops(),
    media=st.sampled_from([(0, 0), (-30, 20), (15, -40)]),
    place=st.tuples(st.floats(0.05, 0.6), st.floats(0.05, 0.5)),
)
def test_a_mark_is_where_it_is_seen(
    rotation: int, crop: tuple[int, int, int, int], media: tuple[int, int], place: tuple[float, float]
) -> None:
    left, bottom, right, top = crop
    x, y = left + place[0] * (right - left), bottom + place[1] * (top - bottom)

    def change(page: pypdfium2.PdfPage) -> None:
        page.set_mediabox(min(0, media[0]), min(0, media[1]), SIZE[0] + 40, SIZE[1] + 40)
        page.set_cropbox(*crop)
        page.set_rotation(rotation)

    with tempfile.TemporaryDirectory() as folder:
        file = changed(pdf(Path(folder) / "a.pdf", marked(x, y), size=SIZE), 1, change)  # type: ignore[arg-type]
        document = pypdfium2.PdfDocument(file)
        opened = open_pdf_page(document, 1)
        frame = PageFrame.of(opened.page)
        (cell,) = cells_of(words_of(opened.textpage, page_text(opened.textpage)), frame)
        (image,) = placed_images(opened.page)
        seen = colour_image(opened.page, opened.form, frame, 2.0)
        opened.close()
        reference = document[0].render(scale=2.0).to_pil().convert("RGB")
        document.close()

    across = (right - left, top - bottom) if rotation % 180 == 0 else (top - bottom, right - left)
    assert (frame.width, frame.height) == pytest.approx(across, abs=0.01)
    pixel = 2 / min(seen.size)
    assert frame.box(*image.box) == pytest.approx(red_box(seen), abs=pixel)
    assert red_box(seen) == pytest.approx(red_box(reference), abs=pixel)
    ink = black_box(seen)
    assert cell.text == "MARK"
    slack = 5 / min(frame.width, frame.height)  # letters are lower and narrower than their boxes
    assert cell.box == pytest.approx(ink, abs=slack)
