"""Flowing text as a rendered crop: the element's words with the range marked, and a little of what stands around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stepflow_assets.documents.cells import CellRange
from stepflow_assets.documents.evidence import ElementPlace
from stepflow_assets.errors import EvidenceError
from stepflow_assets.evidence.caption import INK, PALE, PAPER
from stepflow_assets.evidence.converted import ConvertedDocument
from stepflow_assets.evidence.fonts import Colour, Face, is_right_to_left
from stepflow_assets.evidence.grid_picture import draw_grid
from stepflow_assets.evidence.highlight import Polygon, mark
from stepflow_assets.evidence.table_ranges import cells_of
from stepflow_assets.evidence.text_lines import Line, wrap

if TYPE_CHECKING:
    from PIL.Image import Image

WIDTH = 1000  # pixels of a line
MARGIN = 44
EDGE = 8
BETWEEN = 14  # pixels between elements
AROUND_ELEMENTS = 3  # elements shown before and after
AROUND_LINES = 3  # lines of each
MAX_LINES = 60  # of an element itself
MAX_ELEMENTS = 40
BEFORE_TEXT = 1_200  # characters: more than the lines around a place hold
MOST_TEXT = 16_000  # characters: more than the lines of an element hold
_SIZES = {"title": 32, "section_header": 27}
_TEXT = 21


@dataclass(frozen=True)
class _Row:
    """One line to draw, and which characters of the element it holds (null: of another element)."""

    text: str
    face: Face
    colour: Colour
    gap: int
    line: Line | None = None


@dataclass(frozen=True)
class FlowDrawing:
    """``cut`` says in words what of the places is not visible; empty when all of it is."""

    picture: Image
    missing: set[str]
    cut: str


@dataclass(frozen=True)
class _Part:
    picture: Image | None
    missing: set[str]
    cut: str = ""


def draw_elements(places: Sequence[ElementPlace], document: ConvertedDocument, *, crop: bool) -> FlowDrawing:
    """The elements in reading order. The first place has to be there: raises EvidenceError when there is no such
    element or range."""
    first = places[0]
    text = document.element_text(first.path)
    if text is None or not 0 <= first.start < first.end <= len(text):
        raise EvidenceError(f"the document has no characters {first.start}–{first.end} in {first.path}")
    ranges: dict[str, list[ElementPlace]] = {}
    for place in places[:MAX_ELEMENTS]:
        if document.element_text(place.path) is not None:
            ranges.setdefault(place.path, []).append(place)
    parts = [_draw(path, found, document, crop=crop) for path, found in ranges.items()]
    if len(places) > MAX_ELEMENTS:
        parts.append(_Part(None, set(), f"Only {MAX_ELEMENTS} of {len(places)} places are shown."))
    if not crop:
        before, after = document.around(first.path)[0], document.around(next(reversed(ranges)))[1]
        parts = [
            _Part(*_paint(list(_context(document, before[-AROUND_ELEMENTS:], last_lines=True)))),
            *parts,
            _Part(*_paint(list(_context(document, after[:AROUND_ELEMENTS], last_lines=False)))),
        ]
    return FlowDrawing(
        _stacked([part.picture for part in parts if part.picture is not None]),
        set().union(*(part.missing for part in parts)),
        " ".join(dict.fromkeys(part.cut for part in parts if part.cut)),
    )


def _draw(path: str, places: Sequence[ElementPlace], document: ConvertedDocument, *, crop: bool) -> _Part:
    grid = document.table(path)
    if grid:
        rows, columns = len(grid), len(grid[0])
        drawing = draw_grid(
            {(row, column): cell for row, cells in enumerate(grid) for column, cell in enumerate(cells)},
            [cells for place in places for cells in cells_of(grid, place.start, place.end)],
            CellRange(0, 0, columns - 1, rows - 1),
            crop=crop,
            names=False,
        )
        shown = drawing.shown
        cut = (
            f"Only columns {shown.left + 1}–{shown.right + 1} of {columns} and rows {shown.top + 1}–{shown.bottom + 1} "
            f"of {rows} are shown."
        )
        return _Part(drawing.picture, drawing.missing, "" if drawing.whole else cut)
    text = document.element_text(path) or ""
    lines = list(_element_rows(places, text, document.kind(path)))
    end = lines[-1].line.end if lines and lines[-1].line else 0
    cut = "" if max(place.end for place in places) <= end else "Only the beginning of the marked text is shown."
    return _Part(*_paint(lines, places, text), cut)


def _stacked(pictures: Sequence[Image]) -> Image:
    from PIL import Image as Images

    width = max(picture.width for picture in pictures) + 2 * MARGIN
    height = sum(picture.height + BETWEEN for picture in pictures) - BETWEEN + 2 * MARGIN
    whole = Images.new("RGB", (width, height), PAPER)
    y = MARGIN
    for picture in pictures:
        whole.paste(picture, (MARGIN, y))
        y += picture.height + BETWEEN
    return whole


def _element_rows(places: Sequence[ElementPlace], text: str, kind: str) -> Iterator[_Row]:
    """Lines around the first place. Of a long text only what they can hold is looked at."""
    face = _face(kind)
    begin = _word_start(text, places[0].start - BEFORE_TEXT)
    lines = [Line(begin + line.start, begin + line.end) for line in wrap(text[begin : begin + MOST_TEXT], face, WIDTH)]
    first = next((index for index, line in enumerate(lines) if line.end > places[0].start), 0)
    top = max(0, first - AROUND_LINES if begin else min(first - AROUND_LINES, len(lines) - MAX_LINES))
    for index, line in enumerate(lines[top : top + MAX_LINES]):
        yield _Row(text[line.start : line.end], face, INK, BETWEEN if index == 0 else 0, line)


def _word_start(text: str, at: int) -> int:
    """The start of a word at or shortly after ``at``."""
    if at <= 0:
        return 0
    space = text.find(" ", at, at + 40)
    return space + 1 if space >= 0 else at


def _context(document: ConvertedDocument, paths: Sequence[str], *, last_lines: bool) -> Iterator[_Row]:
    """The near end of each neighbour: what comes just before or just after is what helps."""
    for path in paths:
        face = _face(document.kind(path))
        whole = document.element_text(path) or ""
        text = whole[_word_start(whole, len(whole) - BEFORE_TEXT) :] if last_lines else whole[:BEFORE_TEXT]
        lines = wrap(text, face, WIDTH)
        cut = lines[-AROUND_LINES:] if last_lines else lines[:AROUND_LINES]
        for index, line in enumerate(cut):
            part = text[line.start : line.end]
            if last_lines and index == 0 and len(lines) > len(cut):
                part = f"… {part}"
            if not last_lines and index == len(cut) - 1 and len(lines) > len(cut):
                part = f"{part} …"
            yield _Row(part, face, PALE, BETWEEN if index == 0 else 0)


def _face(kind: str) -> Face:
    return Face(_SIZES.get(kind, _TEXT), bold=kind in _SIZES)


def _paint(rows: Sequence[_Row], places: Sequence[ElementPlace] = (), text: str = "") -> tuple[Image | None, set[str]]:
    """Lines from top to bottom; null when there are none. ``text`` is what the places' characters count in."""
    from PIL import Image as Images
    from PIL import ImageDraw

    if not rows:
        return None, set()
    height = sum(row.gap + row.face.line_height for row in rows) - rows[0].gap
    # A little room on all sides: the outline runs around the first and last line.
    picture = Images.new("RGB", (WIDTH + 2 * EDGE, height + 2 * EDGE), PAPER)
    pen = ImageDraw.Draw(picture)
    marks: list[Polygon] = []
    missing: set[str] = set()
    y = EDGE - rows[0].gap
    for row in rows:
        y += row.gap
        width = row.face.width(row.text)
        x = EDGE + (WIDTH - width if is_right_to_left(row.text) else 0.0)
        row.face.draw(pen, (x, y), row.text, row.colour)
        if row.line is not None:
            for place in places:
                marks.extend(_marked(row, row.line, place, text, x, y, width))
        y += row.face.line_height
        missing |= row.face.missing
    mark(picture, marks)
    return picture, missing


def _marked(
    row: _Row, line: Line, place: ElementPlace, text: str, x: float, y: float, width: float
) -> Iterator[Polygon]:
    start, end = max(place.start, line.start), min(place.end, line.end)
    if start >= end:
        return
    before, upto = row.face.width(text[line.start : start]), row.face.width(text[line.start : end])
    left, right = (x + width - upto, x + width - before) if is_right_to_left(row.text) else (x + before, x + upto)
    top, bottom = y + 1, y + row.face.line_height - 1
    yield [(left, top), (right, top), (right, bottom), (left, bottom)]
