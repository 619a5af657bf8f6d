"""A hybrid page through the real engine: the figure is read, the lines of the text layer are not, and it costs less."""

from __future__ import annotations

import io
import json
from pathlib import Path

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pypdfium2
import pytest

from stepflow_assets.ocr.protocol import OcrPage, PageStatus, Picture
from stepflow_assets.ocr.quality import QualityRules, fault_of
from stepflow_assets.ocr.rapidocr_provider import RapidOcrProvider
from stepflow_assets.pages.page_bytes import PageBytes
from stepflow_assets.pages.reading import read_pages
from tests.pages.pdf_files import LOREM, image_bytes, lines, pdf, picture, together

pytestmark = pytest.mark.process

SAID = ("HERONS", "OTTERS", "LYNXES")
FIGURE = (100, 80, 400, 333)  # left, bottom, width, height in points


def chart() -> PIL.Image.Image:
    image = PIL.Image.new("RGB", (900, 750), "white")
    pen = PIL.ImageDraw.Draw(image)
    for row, text in enumerate(SAID):
        pen.text((60, 60 + 220 * row), text, fill="navy", font=PIL.ImageFont.load_default(150))
    return image


def recognised(picture: bytes, file: Path, *, partial: bool) -> OcrPage:
    file.write_bytes(picture)
    (page,) = RapidOcrProvider().recognize([Picture(str(file), partial=partial)])
    return page


def test_only_what_the_layer_has_not_is_recognised(tmp_path: Path) -> None:
    file = pdf(tmp_path / "a.pdf", together(lines(*[LOREM[:80]] * 12), picture(chart(), *FIGURE)))
    (page,) = read_pages(str(file), "pdf", [1], ())
    assert isinstance(page, PageBytes)
    assert page.picture is not None
    assert page.route == "hybrid"
    with pypdfium2.PdfDocument(file) as document:
        whole = image_bytes(
            document[0].render(scale=PIL.Image.open(io.BytesIO(page.picture)).width / 612).to_pil(), "PNG"
        )

    regions = recognised(page.picture, tmp_path / "regions", partial=True)
    everything = recognised(whole, tmp_path / "whole", partial=False)

    assert sorted(line.text for line in regions.lines) == sorted(SAID)
    assert len(everything.lines) == 12 + len(SAID), "each line is a call of the recogniser"
    for said in SAID:
        (here,) = (line.quad for line in regions.lines if line.text == said)
        (there,) = (line.quad for line in everything.lines if line.text == said)
        for one, other in zip(here.points, there.points, strict=True):
            assert one == pytest.approx(other, abs=0.01), "quads are quads of the page"
    assert len(json.loads(page.cells or b"[]")) == 12


@pytest.mark.parametrize(("partial", "fault"), [(True, None), (False, "ink but no text")])
def test_finding_nothing_is_an_answer_for_regions_only(partial: bool, fault: str | None, tmp_path: Path) -> None:
    file = tmp_path / "marks.png"
    image = PIL.Image.new("L", (1200, 1600), "white")
    pen = PIL.ImageDraw.Draw(image)
    for index in range(60):
        place = (100 + 90 * (index % 11), 200 + 120 * (index // 11))
        pen.ellipse((*place, place[0] + 16, place[1] + 22), fill="black")
    image.save(file)
    found = fault_of(OcrPage(PageStatus.BLANK), Picture(str(file), partial=partial), QualityRules())
    assert (found is None) if fault is None else (found or "").startswith(fault)
