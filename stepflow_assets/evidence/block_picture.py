"""A page with its blocks over it: number in reading order, kind, confidence as colour, furniture dashed. Runs in a worker."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepflow_assets.errors import EvidenceError
from stepflow_assets.evidence.caption import INK, PAPER, RULE, STRIP
from stepflow_assets.evidence.confidence import STEPS, UNTOLD, Step, shown, step_of
from stepflow_assets.evidence.fonts import Face
from stepflow_assets.evidence.page_picture import LONG_SIDE, rendered_page
from stepflow_assets.evidence.request import PageRequest
from stepflow_assets.evidence.text_lines import wrap

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

Point = tuple[float, float]

_LINE, _FURNITURE_LINE = 3, 2  # pixels
_DASH, _GAP = 12, 8
_TINT = 28  # of 255
_ROOM = 4  # pixels between text and outline
_LABEL = 15  # pixels of a label's text
_PADDING = 16
_NARROWEST = 720  # pixels, so that the legend has room


@dataclass(frozen=True)
class DrawnBlock:
    """A block as it is shown: ``number`` from 1 in reading order, corners normalised to the page."""

    number: int
    kind: str
    corners: tuple[Point, ...]
    confidence: float | None
    furniture: bool

    @property
    def label(self) -> str:
        return " ".join(
            part for part in (str(self.number), self.kind.replace("_", " "), shown(self.confidence)) if part
        )


def draw_blocks(request: PageRequest) -> bytes:
    """PNG. Raises EvidenceError when the bytes have no such page, DocumentError or PageError when they cannot be opened."""
    picture = rendered_page(request.source, request.format, request.page, request.passwords, LONG_SIDE)
    if request.plain:
        return _png(picture)
    blocks = read_blocks(request.blocks)
    for block in blocks:
        _tint(picture, block)
    return _png(_with_legend(_with_labels(picture, blocks), request, blocks))


def read_blocks(file: Path | None) -> list[DrawnBlock]:
    """Blocks with a place on the page, in reading order. Raises EvidenceError when the file is none of blocks."""
    if file is None:
        return []
    try:
        listed = json.loads(file.read_bytes())
        return [_block(number, block) for number, block in enumerate(listed, 1) if block["quad"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EvidenceError(f"the blocks of the page cannot be read ({type(error).__name__})") from error


def _block(number: int, block: dict[str, Any]) -> DrawnBlock:
    confidence = block["confidence"]
    corners = tuple((float(x), float(y)) for x, y in block["quad"]["points"])
    return DrawnBlock(number, block["kind"], corners, confidence and confidence["value"], block["furniture"])


def _corners(block: DrawnBlock, picture: Image) -> list[Point]:
    """In pixels, moved outwards a little: the boxes of text are tight, and no line should run through its letters."""
    points = [(x * picture.width, y * picture.height) for x, y in block.corners]
    middle_x, middle_y = (sum(values) / len(points) for values in zip(*points, strict=True))
    return [(x + (_ROOM if x > middle_x else -_ROOM), y + (_ROOM if y > middle_y else -_ROOM)) for x, y in points]


def _tint(picture: Image, block: DrawnBlock) -> None:
    from PIL import Image as Images
    from PIL import ImageDraw

    corners = _corners(block, picture)
    left, top = (max(0, int(min(values))) for values in zip(*corners, strict=True))
    right, bottom = (int(max(values)) + 1 for values in zip(*corners, strict=True))
    box = (left, top, min(right, picture.width), min(bottom, picture.height))
    if box[0] >= box[2] or box[1] >= box[3]:
        return
    mask = Images.new("L", (box[2] - left, box[3] - top), 0)
    ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in corners], fill=_TINT)
    picture.paste(step_of(block.confidence).colour, box, mask)


def _outline(pen: ImageDraw, block: DrawnBlock, corners: Sequence[Point]) -> None:
    colour = step_of(block.confidence).colour
    for start, end in zip(corners, [*corners[1:], corners[0]], strict=True):
        if block.furniture:
            _dashed(pen, start, end, colour)
        else:
            pen.line((*start, *end), fill=colour, width=_LINE)


def _dashed(pen: ImageDraw, start: Point, end: Point, colour: tuple[int, int, int]) -> None:
    across, down = end[0] - start[0], end[1] - start[1]
    length = (across**2 + down**2) ** 0.5
    at = 0.0
    while at < length:
        stop = min(at + _DASH, length)
        pen.line(
            (
                start[0] + across * at / length,
                start[1] + down * at / length,
                start[0] + across * stop / length,
                start[1] + down * stop / length,
            ),
            fill=colour,
            width=_FURNITURE_LINE,
        )
        at = stop + _GAP


def _with_labels(picture: Image, blocks: Sequence[DrawnBlock]) -> Image:
    """The page between two margins that hold the labels, so that they cover no text; a number stands at each block."""
    from PIL import Image as Images
    from PIL import ImageDraw

    sides: dict[bool, list[DrawnBlock]] = {True: [], False: []}  # by whether the block lies more to the left
    for block in blocks:
        sides[sum(x for x, _ in block.corners) / len(block.corners) < 0.5].append(block)
    most = max(map(len, sides.values()), default=0)
    face = Face(max(7, min(_LABEL, int(picture.height / max(most, 1) / 1.5))), bold=True)
    margins = {left: _margin(found, face) for left, found in sides.items()}
    whole = Images.new("RGB", (margins[True] + picture.width + margins[False], picture.height), STRIP)
    whole.paste(picture, (margins[True], 0))
    pen = ImageDraw.Draw(whole)
    for block in blocks:
        corners = [(margins[True] + x, y) for x, y in _corners(block, picture)]
        _outline(pen, block, corners)
        _tag(pen, str(block.number), min(x for x, _ in corners), min(y for _, y in corners), face, block, before=True)
    for left, found in sides.items():
        y = 0.0
        for rest, block in zip(range(len(found) - 1, -1, -1), _from_the_top(found), strict=True):
            lowest = picture.height - (rest + 1) * face.line_height
            y = max(y, min(min(y for _, y in _corners(block, picture)), lowest))
            start = margins[True] - face.width(block.label) - 12 if left else margins[True] + picture.width + 4
            _tag(pen, block.label, start, y, face, block)
            y += face.line_height + 1
    return whole


def _from_the_top(blocks: Sequence[DrawnBlock]) -> list[DrawnBlock]:
    return sorted(blocks, key=lambda block: min(y for _, y in block.corners))


def _margin(blocks: Sequence[DrawnBlock], face: Face) -> int:
    return round(max(face.width(block.label) for block in blocks)) + 16 if blocks else 0


def _tag(pen: ImageDraw, text: str, x: float, y: float, face: Face, block: DrawnBlock, *, before: bool = False) -> None:
    width = face.width(text) + 8
    left = max(0.0, x - width if before else x)
    pen.rectangle((left, y, left + width, y + face.line_height - 1), fill=step_of(block.confidence).colour)
    face.draw(pen, (left + 4, y + 1), text, PAPER)


def _with_legend(picture: Image, request: PageRequest, blocks: Sequence[DrawnBlock]) -> Image:
    from PIL import Image as Images
    from PIL import ImageDraw

    face = Face(18)
    width = max(picture.width, _NARROWEST)
    text = "\n".join((f"{request.name} · page {request.page}", *request.notes))
    lines = wrap(text, face, width - 2 * _PADDING)
    present = {step_of(block.confidence) for block in blocks}
    swatches = [*STEPS, UNTOLD] if present else []
    rows = _rows([step.words for step in swatches], face, width)
    height = (len(lines) + rows + (2 if swatches else 0)) * face.line_height + 2 * _PADDING
    whole = Images.new("RGB", (width, picture.height + height), PAPER)
    whole.paste(picture, (0, 0))
    pen = ImageDraw.Draw(whole)
    pen.rectangle((0, picture.height, width, picture.height + height), fill=STRIP)
    pen.line((0, picture.height, width, picture.height), fill=RULE)
    y = picture.height + _PADDING
    for line in lines:
        face.draw(pen, (_PADDING, y), text[line.start : line.end], INK)
        y += face.line_height
    if swatches:
        _legend(pen, swatches, face, y, width)
    return whole


_SWATCH = 40  # pixels of a swatch with the gap behind its words


def _rows(words: Sequence[str], face: Face, width: int) -> int:
    x, rows = float(_PADDING), 1 if words else 0
    for each in words:
        step = _SWATCH + face.width(each)
        if x + step > width - _PADDING and x > _PADDING:
            x, rows = float(_PADDING), rows + 1
        x += step
    return rows


def _legend(pen: ImageDraw, swatches: Sequence[Step], face: Face, y: float, width: int) -> None:
    face.draw(pen, (_PADDING, y), "Number: reading order. Word: kind. Colour and figure: confidence:", INK)
    y += face.line_height
    x = float(_PADDING)
    for step in swatches:
        room = _SWATCH + face.width(step.words)
        if x + room > width - _PADDING and x > _PADDING:
            x, y = float(_PADDING), y + face.line_height
        pen.rectangle((x, y + 4, x + 16, y + 20), fill=step.colour)
        face.draw(pen, (x + 22, y), step.words, INK)
        x += room
    y += face.line_height
    for start in (0, _DASH + _GAP):
        pen.line((_PADDING + start, y + 12, _PADDING + start + _DASH, y + 12), fill=INK, width=_FURNITURE_LINE)
    face.draw(pen, (_PADDING + 42, y), "dashed: furniture, such as headers and page numbers, left out of chunks", INK)


def _png(picture: Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()
