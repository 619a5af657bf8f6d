"""Cells in their grid, as a drawing of ours: a part of a sheet under A1 headings, or rows of a table in flowing text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stepflow_assets.documents.cells import CellRange, column_name
from stepflow_assets.evidence.caption import INK, PALE, PAPER, RULE, STRIP
from stepflow_assets.evidence.fonts import Face, is_right_to_left
from stepflow_assets.evidence.highlight import mark
from stepflow_assets.evidence.text_lines import Line, shortened, wrap

if TYPE_CHECKING:
    from PIL.Image import Image

AROUND_ROWS, AROUND_COLUMNS = 4, 2  # cells shown around the range
MAX_ROWS, MAX_COLUMNS = 48, 48
NARROWEST, WIDEST = 64, 280  # pixels of a column
ALL_COLUMNS = 1700  # pixels that wide tables are kept to
MAX_LINES = 4  # of text in a cell
MAX_TEXT = 600  # characters of a cell looked at: more than its lines hold
_PADDING = 7


@dataclass(frozen=True)
class GridDrawing:
    picture: Image
    missing: set[str]
    shown: CellRange  # what is visible
    whole: bool  # all that is marked is: a large range is cut, which the caption says


def draw_grid(
    cells: Mapping[tuple[int, int], str], marked: Sequence[CellRange], extent: CellRange, *, crop: bool, names: bool
) -> GridDrawing:
    """``cells`` by (row, column) from 0. The first of the ``marked`` ranges is shown with those that fit beside it, and
    what lies around them unless ``crop``; a further range of one row (a repeated header) is shown above even where it
    is far away. ``names`` adds the letters and numbers that a sheet's columns and rows have and a table in a text has
    not."""
    from PIL import Image as Images
    from PIL import ImageDraw

    shown = _window(_together(marked), extent, 0 if crop else AROUND_ROWS, 0 if crop else AROUND_COLUMNS)
    face, head = Face(18), Face(15)
    columns = range(shown.left, shown.right + 1)
    far = {other.top for other in marked[1:] if other.rows == 1}
    rows = sorted(far.union(range(shown.top, shown.bottom + 1)))
    widest = max(NARROWEST, min(WIDEST, ALL_COLUMNS // len(columns)))
    widths = {column: _column_width(cells, rows, column, face, widest) for column in columns}
    texts: dict[tuple[int, int], tuple[str, list[Line]]] = {}
    for row in rows:
        for column in columns:
            text = _text(cells, row, column)
            texts[row, column] = text, wrap(text, face, widths[column] - 2 * _PADDING)
    heights = {
        row: min(MAX_LINES, max(len(texts[row, column][1]) for column in columns)) * face.line_height + 2 * _PADDING
        for row in rows
    }
    left = round(head.width(str(rows[-1] + 1))) + 2 * _PADDING if names else _PADDING
    top = head.line_height + 2 * _PADDING if names else _PADDING
    xs = _edges(left, [widths[column] for column in columns])
    ys = _edges(top, [heights[row] for row in rows])
    picture = Images.new("RGB", (xs[-1] + _PADDING, ys[-1] + _PADDING), PAPER)
    pen = ImageDraw.Draw(picture)
    if names:
        pen.rectangle((0, 0, xs[-1], top), fill=STRIP)
        pen.rectangle((0, 0, left, ys[-1]), fill=STRIP)
        for index, column in enumerate(columns):
            name = column_name(column)
            head.draw(pen, (xs[index] + (widths[column] - head.width(name)) / 2, _PADDING), name, PALE)
    first_x, first_y = (0, 0) if names else (left, top)
    for x in (first_x, *xs):
        pen.line((x, first_y, x, ys[-1]), fill=RULE)
    for y in (first_y, *ys):
        pen.line((first_x, y, xs[-1], y), fill=RULE)
    for index, row in enumerate(rows):
        if names:
            head.draw(pen, (_PADDING, ys[index] + _PADDING), str(row + 1), PALE)
        for place, column in enumerate(columns):
            text, lines = texts[row, column]
            for number, line in enumerate(lines[:MAX_LINES]):
                part = text[line.start : line.end]
                if number == MAX_LINES - 1 and len(lines) > MAX_LINES:
                    part = shortened(text[line.start :], face, widths[column] - 2 * _PADDING)
                start: float = xs[place] + _PADDING
                if is_right_to_left(part):
                    start = xs[place + 1] - _PADDING - face.width(part)
                face.draw(pen, (start, ys[index] + _PADDING + number * face.line_height), part, INK)
    mark(picture, [_outline(each, rows, columns, xs, ys) for each in marked if _is_shown(each, rows, columns)])
    whole = all(_is_whole(each, rows, columns) for each in marked)
    return GridDrawing(picture, face.missing | head.missing, shown, whole)


def _together(marked: Sequence[CellRange]) -> CellRange:
    """The first range with the further ones (a title's table, the tables of one sheet) that one picture can hold."""
    whole = marked[0]
    for other in marked[1:]:
        near = other.top <= whole.bottom + AROUND_ROWS and other.bottom >= whole.top - AROUND_ROWS
        both = CellRange(
            min(whole.left, other.left),
            min(whole.top, other.top),
            max(whole.right, other.right),
            max(whole.bottom, other.bottom),
        )
        if (near or other.rows > 1) and both.rows <= MAX_ROWS and both.columns <= MAX_COLUMNS:
            whole = both
    return whole


def _window(marked: CellRange, extent: CellRange, rows: int, columns: int) -> CellRange:
    left, top = max(0, marked.left - columns), max(0, marked.top - rows)
    right = min(max(extent.right, marked.right), marked.right + columns, left + MAX_COLUMNS - 1)
    bottom = min(max(extent.bottom, marked.bottom), marked.bottom + rows, top + MAX_ROWS - 1)
    return CellRange(left, top, right, bottom)


def _column_width(
    cells: Mapping[tuple[int, int], str], rows: Sequence[int], column: int, face: Face, widest: int
) -> int:
    wanted = max((face.width(_text(cells, row, column)) for row in rows), default=0.0)
    return round(min(widest, max(NARROWEST, wanted + 2 * _PADDING + 2)))


def _edges(start: int, sizes: list[int]) -> list[int]:
    edges = [start]
    for size in sizes:
        edges.append(edges[-1] + size)
    return edges


def _is_shown(marked: CellRange, rows: Sequence[int], columns: range) -> bool:
    return any(marked.top <= row <= marked.bottom for row in rows) and any(
        marked.left <= column <= marked.right for column in columns
    )


def _is_whole(marked: CellRange, rows: Sequence[int], columns: range) -> bool:
    kept = columns[0] <= marked.left and marked.right <= columns[-1]
    return kept and set(range(marked.top, marked.bottom + 1)).issubset(rows)


def _text(cells: Mapping[tuple[int, int], str], row: int, column: int) -> str:
    return " ".join(cells.get((row, column), "")[:MAX_TEXT].split())


def _outline(
    marked: CellRange, rows: Sequence[int], columns: range, xs: Sequence[int], ys: Sequence[int]
) -> list[tuple[float, float]]:
    mine = [index for index, row in enumerate(rows) if marked.top <= row <= marked.bottom]
    inside = [index for index, column in enumerate(columns) if marked.left <= column <= marked.right]
    inset = 2  # the tint stays inside the grid lines
    left, right = xs[inside[0]] + inset, xs[inside[-1] + 1] - inset
    top, bottom = ys[mine[0]] + inset, ys[mine[-1] + 1] - inset
    return [(left, top), (right, top), (right, bottom), (left, bottom)]
