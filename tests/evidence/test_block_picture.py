"""A page with its blocks: every block's box, label and confidence where they belong, and nothing over the text."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from stepflow_assets.documents.geometry import Quad
from stepflow_assets.errors import EvidenceError
from stepflow_assets.evidence.block_picture import draw_blocks, read_blocks
from stepflow_assets.evidence.confidence import STEPS, UNTOLD, shown, step_of
from stepflow_assets.evidence.request import PageRequest
from tests.evidence.test_picture import HEIGHT, WIDTH, blue_pdf, displayed, hull_of, pixels

LEFT = Quad.of_box(0.1, 0.6, 0.4, 0.7)
RIGHT = Quad.of_box(0.6, 0.6, 0.9, 0.7)


def block(quad: Quad | None, confidence: float | None = None, **more: Any) -> dict[str, Any]:
    value = None if confidence is None else {"value": confidence, "kind": "ctc_char_mean"}
    points = None if quad is None else quad.model_dump()
    return {"kind": "text", "text": "…", "quad": points, "confidence": value, "furniture": False} | more


def written(tmp_path: Path, *blocks: dict[str, Any]) -> Path:
    file = tmp_path / "blocks.json"
    file.write_text(json.dumps(blocks))
    return file


def drawn(source: Path, blocks: Path | None, **more: Any) -> Image.Image:
    data = draw_blocks(PageRequest(source=source, format="pdf", page=1, blocks=blocks, **more))
    return Image.open(io.BytesIO(data)).convert("RGB")


def side_of_page(picture: Image.Image) -> int:
    """Where the page begins: what is left of it is the margin with the labels."""
    return next(x for x in range(picture.width) if picture.getpixel((x, 5)) == (255, 255, 255))


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_confidence_is_the_colour_of_box_and_label(tmp_path: Path, step: Any) -> None:
    picture = drawn(blue_pdf(tmp_path / "a.pdf"), written(tmp_path, block(LEFT, step.least)))
    page = picture.crop((side_of_page(picture), 0, picture.width, 1600))
    left, top, right, bottom = hull_of(pixels(page, step.colour))
    x0, y0, x1, y1 = (side * edge for side, edge in zip((1067, 1600, 1067, 1600), LEFT.box, strict=True))
    assert x0 - 40 < left < x0  # the number stands before the box
    assert all(0 < distance < 9 for distance in (y0 - top, right - x1, bottom - y1))
    assert pixels(picture.crop((0, 0, side_of_page(picture), 1600)), step.colour)  # its label, in the margin


def test_a_block_without_confidence_has_a_colour_of_its_own(tmp_path: Path) -> None:
    picture = drawn(blue_pdf(tmp_path / "a.pdf"), written(tmp_path, block(LEFT)))
    assert len(pixels(picture.crop((0, 0, picture.width, 1600)), UNTOLD.colour)) > 500


def test_furniture_is_dashed(tmp_path: Path) -> None:
    def line_along_the_bottom(**more: Any) -> float:
        picture = drawn(blue_pdf(tmp_path / "a.pdf"), written(tmp_path, block(LEFT, 0.99, **more)))
        start, y = side_of_page(picture), round(LEFT.box[3] * 1600) + 4
        row = [picture.getpixel((start + x, y)) == STEPS[0].colour for x in range(110, 420)]
        return sum(row) / len(row)

    assert line_along_the_bottom() == 1
    assert 0.4 < line_along_the_bottom(furniture=True, kind="page_footer") < 0.8


def test_labels_stand_in_the_margin_on_the_blocks_side_and_cover_no_text(tmp_path: Path) -> None:
    source = blue_pdf(tmp_path / "a.pdf")
    bare, both = drawn(source, None), drawn(source, written(tmp_path, block(LEFT), block(RIGHT)))
    start = side_of_page(both)
    assert both.width > start + bare.width > bare.width
    box = displayed(0, None).box
    part = tuple(round(edge * side) for edge, side in zip(box, (1067, 1600, 1067, 1600), strict=True))
    moved = (part[0] + start, part[1], part[2] + start, part[3])
    assert list(both.crop(moved).getdata()) == list(bare.crop(part).getdata())


def test_hundreds_of_blocks_have_a_label_each_inside_the_picture(tmp_path: Path) -> None:
    many = [block(Quad.of_box(0.1, 0.002 * i, 0.4, 0.002 * i + 0.001), 0.99) for i in range(400)]
    picture = drawn(blue_pdf(tmp_path / "a.pdf"), written(tmp_path, *many))
    margin = picture.crop((0, 0, side_of_page(picture), 1600))
    assert hull_of(pixels(margin, STEPS[0].colour))[3] < 1600


def test_plain_is_the_page_alone(tmp_path: Path) -> None:
    picture = drawn(blue_pdf(tmp_path / "a.pdf"), written(tmp_path, block(LEFT)), plain=True)
    assert picture.size == (round(1600 * WIDTH / HEIGHT), 1600)
    assert not pixels(picture, UNTOLD.colour)


def test_what_cannot_be_drawn_is_said(tmp_path: Path) -> None:
    source = blue_pdf(tmp_path / "a.pdf")
    with pytest.raises(EvidenceError, match="has 1 pages, page 2"):
        draw_blocks(PageRequest(source=source, format="pdf", page=2))
    (tmp_path / "blocks.json").write_text('{"no": "list"}')
    with pytest.raises(EvidenceError, match="blocks of the page cannot be read"):
        drawn(source, tmp_path / "blocks.json")


def test_numbers_are_the_order_and_blocks_without_a_place_keep_theirs(tmp_path: Path) -> None:
    found = read_blocks(written(tmp_path, block(LEFT), block(None), block(RIGHT, 0.876, kind="section_header")))
    assert [each.label for each in found] == ["1 text", "3 section header .87"]


def test_a_confidence_below_one_is_never_shown_as_one() -> None:
    assert [shown(value) for value in (None, 0.9999, 1.0, 0.05)] == ["", ".99", "1.00", ".05"]
    assert [step_of(value).name for value in (None, 1.0, 0.95, 0.9499, 0.5, 0.0)] == [
        "untold", "sure", "sure", "good", "weak", "poor",
    ]  # fmt: skip
