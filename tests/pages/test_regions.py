"""Hybrid pages: what of them recognition gets to see. The text layer's lines are not recognised again."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageDraw
import pytest
from reportlab.pdfgen.canvas import Canvas

from stepflow_assets.pages.page_bytes import PageBytes
from stepflow_assets.pages.reading import read_pages
from stepflow_assets.pages.regions import regions_of
from tests.pages.pdf_files import LOREM, changed, lines, pdf, picture, scan, together

TEXT = lines(*[LOREM[:90]] * 12)  # on the upper third
FIGURE = (100, 200, 400, 300)  # left, bottom, width, height in points
Draw = Callable[[Canvas], None]


def hybrid(folder: Path, draw: Draw, rotation: int = 0) -> PageBytes:
    file = pdf(folder / f"{uuid.uuid4()}.pdf", draw)  # a worker takes a path it has open for the same file
    if rotation:
        changed(file, 1, lambda page: page.set_rotation(rotation))
    (page,) = read_pages(str(file), "pdf", [1], ())
    assert isinstance(page, PageBytes)
    assert page.route == "hybrid", page.reason
    return page


def shown(page: PageBytes) -> np.ndarray:
    assert page.picture is not None
    return np.asarray(PIL.Image.open(io.BytesIO(page.picture)).convert("L"))


def ink_in(pixels: np.ndarray, left: float, top: float, right: float, bottom: float) -> int:
    rows, columns = pixels.shape
    part = pixels[int(top * rows) : int(bottom * rows), int(left * columns) : int(right * columns)]
    return int(np.count_nonzero(part < 128))


def photograph() -> PIL.Image.Image:
    return scan((400, 300))


def test_only_the_figure_is_shown_and_it_stays_where_it_is(tmp_path: Path) -> None:
    page = hybrid(tmp_path, together(TEXT, picture(photograph(), *FIGURE)))
    (region,) = page.regions
    pixels = shown(page)
    assert ink_in(pixels, 0, 0, 1, 0.3) == 0, "the lines of the text layer"
    assert ink_in(pixels, *region) == ink_in(pixels, 0, 0, 1, 1) > 1000
    left, bottom, width, height = FIGURE
    placed = (left / 612, 1 - (bottom + height) / 792, (left + width) / 612, 1 - bottom / 792)
    assert region[0] <= placed[0] <= region[0] + 0.05
    assert region[1] <= placed[1] <= region[1] + 0.05
    assert region[2] - 0.05 <= placed[2] <= region[2]
    assert region[3] - 0.05 <= placed[3] <= region[3]


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_regions_turn_with_the_page(rotation: int, tmp_path: Path) -> None:
    page = hybrid(tmp_path, together(TEXT, picture(photograph(), *FIGURE)), rotation)
    (region,) = page.regions
    pixels = shown(page)
    assert ink_in(pixels, *region) == ink_in(pixels, 0, 0, 1, 1) > 1000


def test_two_figures_are_two_regions_and_the_space_between_them_is_not_shown(tmp_path: Path) -> None:
    figures = [picture(photograph(), x, 200, 230, 300) for x in (40, 340)]
    page = hybrid(tmp_path, together(TEXT, *figures))
    assert len(page.regions) == 2
    (_, _, right, _), (left, _, _, _) = sorted(page.regions)
    assert right <= left


def test_outlined_letters_are_a_region(tmp_path: Path) -> None:
    def outlines(canvas: Canvas) -> None:
        for row in range(30):
            for column in range(40):
                canvas.rect(60 + column * 12, 80 + row * 16, 6, 8, fill=1)
        lines("Figure 1 shows the outlines", top=700)(canvas)

    page = hybrid(tmp_path, outlines)
    (region,) = page.regions
    assert region[1] > 1 - (80 + 31 * 16) / 792 - 0.05
    assert ink_in(shown(page), 0, 0, 1, 0.2) == 0


@pytest.mark.parametrize(
    ("ground", "left_standing"),
    [("red", False), ("noise", True)],
    ids=["on a plain ground it goes", "over a photograph it stays"],
)
def test_a_line_of_the_layer_inside_a_figure(ground: str, left_standing: bool, tmp_path: Path) -> None:
    image = photograph()
    if ground == "noise":
        grain = np.random.default_rng(1).integers(0, 256, (300, 400, 3), dtype=np.uint8)
        image = PIL.Image.fromarray(grain)
    else:
        PIL.ImageDraw.Draw(image).rectangle((0, 200, 400, 300), fill="red")

    def label(canvas: Canvas) -> None:
        canvas.setFillColorRGB(1, 1, 1)
        canvas.setFont("Helvetica-Bold", 14)
        canvas.drawString(140, 230, "A LABEL OF THE TEXT LAYER")

    with_label = hybrid(tmp_path, together(TEXT, picture(image, *FIGURE), label))
    without = hybrid(tmp_path, together(TEXT, picture(image, *FIGURE)))
    there = (130 / 612, 1 - 245 / 792, 340 / 612, 1 - 226 / 792)
    differing = np.abs(shown(with_label).astype(int) - shown(without)) > 60
    found = ink_in(np.where(differing, 0, 255), *there)
    assert (found > 200) is left_standing


def test_pages_that_differ_outside_their_regions_are_different_pages(tmp_path: Path) -> None:
    one = hybrid(tmp_path, together(TEXT, picture(photograph(), *FIGURE)))
    other = hybrid(tmp_path, together(TEXT, picture(photograph(), *FIGURE), lambda canvas: canvas.rect(300, 99, 2, 2)))
    assert one.cells == other.cells
    assert one.regions == other.regions
    assert one.picture == other.picture
    assert one.page_id != other.page_id


def test_specks_are_no_region_and_regions_never_overlap() -> None:
    grey = np.full((550, 425), 255, dtype=np.uint8)
    grey[500:502, 400:403] = 0  # a speck
    grey[100:200, 100:103] = 0  # an angle: its two strokes' boxes overlap what stands between them
    grey[200:203, 100:200] = 0
    grey[120:140, 150:180] = 0
    assert regions_of(grey, [], []) == (
        (round(88 / 425, 5), round(88 / 550, 5), round(208 / 425, 5), round(216 / 550, 5)),
    )
    explained = (0.2, 0.15, 0.5, 0.4)
    assert regions_of(grey, [explained], []) == ()


def test_a_page_that_is_read_whole_has_no_regions(tmp_path: Path) -> None:
    (page,) = read_pages(str(pdf(tmp_path / "a.pdf", picture(scan()))), "pdf", [1], ())
    assert isinstance(page, PageBytes)
    assert (page.route, page.regions) == ("ocr", ())
