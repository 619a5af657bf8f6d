"""A slide as a drawing of ours: its texts in their boxes, the place marked. No rendering: fonts and colours are not those
of the presentation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stepflow_assets.documents.evidence import SlidePlace
from stepflow_assets.documents.geometry import WHOLE, Quad, hull
from stepflow_assets.errors import EvidenceError
from stepflow_assets.evidence.caption import INK, PALE, PAPER, RULE, STRIP
from stepflow_assets.evidence.converted import ConvertedDocument, SlideItem
from stepflow_assets.evidence.fonts import Face, is_right_to_left
from stepflow_assets.evidence.highlight import mark
from stepflow_assets.evidence.text_lines import wrap

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

WIDTH = 1400
CROP_MARGIN = 40  # pixels
LARGEST, SMALLEST = 44, 11  # pixels of text
_PADDING = 8
BELOW = "Of the whole slide, beside it or in its notes:"
_HEADING = frozenset({"title", "section_header"})


def draw_slide(place: SlidePlace, document: ConvertedDocument, *, crop: bool) -> tuple[Image, set[str]]:
    """The picture and the characters no font has. Raises EvidenceError when there is no such slide."""
    from PIL import Image as Images
    from PIL import ImageDraw

    slide = document.slides.get(place.slide)
    if slide is None:
        raise EvidenceError(f"the presentation has {len(document.slides)} slides, slide {place.slide} was asked for")
    height = max(100, round(WIDTH * slide.height / max(slide.width, 1e-9)))
    shapes = _shapes(slide.items)
    below = _below([item for box, items in shapes if box == WHOLE for item in items if item.text.strip()])
    picture = Images.new("RGB", (WIDTH, height + below.height), PAPER)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, WIDTH - 1, height - 1), outline=RULE)
    missing: set[str] = set()
    for box, items in shapes:
        if box != WHOLE:
            missing |= _draw_shape(pen, box, items, height)
    missing |= below.draw(pen, height)
    marked = [quad for quad in place.quads if quad != WHOLE or not below.lines]
    marks = [[(x * WIDTH, y * height) for x, y in quad.points] for quad in marked]
    if len(marked) < len(place.quads):
        marks.append(below.box(height))
    mark(picture, marks)
    if crop and WHOLE in place.quads:
        return picture, missing
    if crop and place.quads:
        left, top, right, bottom = hull(place.quads).box
        picture = picture.crop(
            (
                max(0, round(left * WIDTH) - CROP_MARGIN),
                max(0, round(top * height) - CROP_MARGIN),
                min(WIDTH, round(right * WIDTH) + CROP_MARGIN),
                min(height, round(bottom * height) + CROP_MARGIN),
            )
        )
    return picture, missing


@dataclass(frozen=True)
class _Below:
    """Lines under the slide: what is said on it as a whole, beside it or in its notes has no box to stand in."""

    lines: tuple[str, ...]
    face: Face

    @property
    def height(self) -> int:
        return len(self.lines) * self.face.line_height + 2 * _PADDING if self.lines else 0

    def box(self, y: float) -> list[tuple[float, float]]:
        """Around the lines under ``y``, without the one that says what they are."""
        top, bottom = y + _PADDING + self.face.line_height, y + self.height - _PADDING
        left, right = _PADDING, WIDTH - _PADDING
        return [(left, top), (right, top), (right, bottom), (left, bottom)]

    def draw(self, pen: ImageDraw, y: float) -> set[str]:
        for index, line in enumerate(self.lines):
            at = y + _PADDING + index * self.face.line_height
            start = WIDTH - _PADDING - self.face.width(line) if is_right_to_left(line) else _PADDING
            self.face.draw(pen, (start, at), line, INK if index else PALE)
        return self.face.missing


def _below(items: Sequence[SlideItem]) -> _Below:
    face = Face(20)
    if not items:
        return _Below((), face)
    text = "\n".join(_paragraph(item) for item in items)
    lines = tuple(text[line.start : line.end] for line in wrap(text, face, WIDTH - 2 * _PADDING))
    return _Below((BELOW, *lines), face)


def _shapes(items: Sequence[SlideItem]) -> list[tuple[Quad, list[SlideItem]]]:
    """The paragraphs of one shape all carry its box: together they fill it. Large shapes first, so none hides another."""
    shapes: dict[Quad, list[SlideItem]] = {}
    for item in items:
        shapes.setdefault(item.box, []).append(item)
    return sorted(shapes.items(), key=lambda shape: -shape[0].area)


def _draw_shape(pen: ImageDraw, box: Quad, items: Sequence[SlideItem], height: int) -> set[str]:
    left, top, right, bottom = box.box
    x, y, far, low = left * WIDTH, top * height, right * WIDTH, bottom * height
    text = "\n".join(_paragraph(item) for item in items if item.text.strip())
    if not text:
        face = Face(16)
        pen.rectangle((x, y, far, low), fill=STRIP, outline=RULE)
        if far - x > 80 and low - y > 24:
            face.draw(pen, (x + _PADDING, y + _PADDING), items[0].kind, PALE)
        return face.missing
    pen.rectangle((x, y, far, low), outline=RULE)
    face = _fitting(text, far - x - 2 * _PADDING, low - y - _PADDING, bold=items[0].kind in _HEADING)
    y += _PADDING / 2
    for line in wrap(text, face, far - x - 2 * _PADDING):
        part = text[line.start : line.end]
        start = far - _PADDING - face.width(part) if is_right_to_left(part) else x + _PADDING
        face.draw(pen, (start, y), part, INK)
        y += face.line_height
    return face.missing


def _paragraph(item: SlideItem) -> str:
    return f"• {item.text}" if item.kind == "list_item" else item.text


def _fitting(text: str, width: float, height: float, *, bold: bool) -> Face:
    """The largest text that fits the box; the smallest where none does (it then runs over, rather than be cut off)."""
    for size in range(LARGEST, SMALLEST, -3):
        face = Face(size, bold=bold)
        if len(wrap(text, face, max(width, 20.0))) * face.line_height <= height:
            return face
    return Face(SMALLEST, bold=bold)
