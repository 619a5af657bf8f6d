"""Photographs on a page whose text layer is complete: not decoded for its route, and yet part of what the page is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from stepflow_assets.pages.frame import PageFrame
from stepflow_assets.pages.images_on_page import left_out, placed_images
from stepflow_assets.pages.opening import open_pdf, open_pdf_page
from stepflow_assets.pages.page_bytes import PageBytes
from stepflow_assets.pages.pictures import small_grey
from stepflow_assets.pages.reading import read_pages
from stepflow_assets.pages.route import is_text_whatever_pictures_show
from tests.pages.pdf_files import LOREM, joined, line, lines, pdf, picture, together
from tests.pages.test_route import SOUND

TEXT = lines(*[LOREM[:90]] * 30)


def photo(seed: int, size: tuple[int, int] = (300, 200)) -> PIL.Image.Image:
    """Noise: as many stored bytes as pixels, as in a photograph."""
    grain = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return PIL.Image.fromarray(grain)


def with_photo(seed: int, x: float = 100) -> Callable[[Canvas], None]:
    return together(TEXT, picture(photo(seed), x, 80, 150, 100))


def masked(shape: tuple[int, int, int, int]) -> PIL.Image.Image:
    """A drawing as office programs store it: all black, and a mask that says where."""
    drawing = PIL.Image.new("RGBA", (300, 200), (0, 0, 0, 0))
    drawing.paste((0, 0, 0, 255), shape)
    return drawing


def with_drawing(shape: tuple[int, int, int, int]) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        TEXT(canvas)
        canvas.drawImage(ImageReader(masked(shape)), 100, 80, 150, 100, mask="auto")

    return draw


def mirrored(canvas: Canvas) -> None:
    canvas.translate(350, 0)
    canvas.scale(-1, 1)
    picture(photo(1), 100, 80, 150, 100)(canvas)


def read(file: Path) -> list[PageBytes]:
    document = open_pdf(str(file), ())
    pages = read_pages(str(file), "pdf", list(range(1, len(document) + 1)), ())
    return [page for page in pages if isinstance(page, PageBytes)]


def test_a_photograph_is_left_out_where_the_text_layer_decides(tmp_path: Path) -> None:
    (page,) = read(pdf(tmp_path / "a.pdf", with_photo(1)))
    assert (page.route, page.signals["seen"]) == ("text", 0.0)
    assert page.signals["cov"] == pytest.approx(0.03, abs=0.01)
    assert page.signals["unx"] == 0.0, "ink is counted outside the photograph"


@pytest.mark.parametrize(
    "draw",
    [
        together(TEXT, picture(photo(1), 100, 80, 400, 300)),
        together(line("Few words"), picture(photo(1), 100, 80, 150, 100)),
        together(lambda canvas: canvas.rect(0, 0, 612, 300, fill=1), with_photo(1)),
        with_drawing((10, 10, 200, 100)),
    ],
    ids=["it covers much", "there is little text", "the page is mostly drawn", "its mask is what is seen"],
)
def test_it_is_looked_at_where_it_may_matter(draw: Callable[[Canvas], None], tmp_path: Path) -> None:
    (page,) = read(pdf(tmp_path / "a.pdf", draw))
    assert page.signals["seen"] == 1.0


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (with_photo(1), with_photo(2)),
        (with_photo(1), with_photo(1, x=101)),
        (with_photo(1), together(TEXT, mirrored)),
        (with_photo(1), TEXT),
        (with_photo(1), together(with_photo(1), lambda canvas: canvas.rect(300, 80, 20, 20))),
        (with_drawing((10, 10, 200, 100)), with_drawing((10, 10, 100, 200))),
    ],
    ids=[
        "another photograph",
        "another place",
        "mirrored",
        "none",
        "a drawing beside it",
        "the same pixels under another mask",
    ],
)
def test_pages_that_look_different_are_different_pages(left: Any, right: Any, tmp_path: Path) -> None:
    one, other = read(pdf(tmp_path / "a.pdf", left, right))
    assert one.cells == other.cells
    assert one.page_id != other.page_id


def test_the_same_page_in_two_files_is_one_page(tmp_path: Path) -> None:
    first = pdf(tmp_path / "first.pdf", with_photo(1), with_photo(2))
    longer = joined(tmp_path / "longer.pdf", [pdf(tmp_path / "other.pdf", line("Another page")), first])
    assert [page.page_id for page in read(longer)[1:]] == [page.page_id for page in read(first)]


def test_images_inside_forms_are_left_out_too_and_all_come_back(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.beginForm("stamp")
        picture(PIL.Image.new("RGB", (40, 40), "black"), 0, 0, 100, 100)(canvas)
        canvas.endForm()
        canvas.doForm("stamp")
        picture(PIL.Image.new("RGB", (40, 40), "black"), 200, 200, 100, 100)(canvas)

    opened = open_pdf_page(open_pdf(str(pdf(tmp_path / "a.pdf", draw)), ()), 1)
    frame = PageFrame.of(opened.page)
    before = small_grey(opened.page, None, frame)
    with left_out(placed_images(opened.page)):
        without = small_grey(opened.page, None, frame)
    after = small_grey(opened.page, None, frame)
    opened.close()
    assert without.min() == 255
    assert before.min() == 0
    assert (before == after).all()


@pytest.mark.parametrize(
    ("signals", "settled"),
    [
        ({}, True),
        ({"chars": 15}, False),
        ({"cov": 0.15}, False),
        ({"unx_noimg": 0.6, "unx": 0.6}, False),
        ({"unx_noimg": 0.6, "unx": 0.6, "ink": 0.009}, False),
        ({"vowel": 0.24}, False),
    ],
)
def test_when_pictures_cannot_change_the_route(signals: dict[str, float], settled: bool) -> None:
    assert is_text_whatever_pictures_show({**SOUND, **signals}) is settled
