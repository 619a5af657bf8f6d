"""Tables that geometry shows: at least three rows whose texts stand in the same columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stepflow_assets.ocr.reading_order.segments import Segment, is_narrow

Row = list[Segment]

_FEWEST_ROWS = 3
_ROW_GAP = 3.0  # line heights between rows of one table
_LONELY = 2  # rows with one text in a row, inside a table: wrapped cells, sub-headings
_CROSSING = 0.12  # share of rows that may cross a gutter: headings over several columns
_GUTTER = 0.5  # line heights
_FULL = 0.8  # of the column's width: a line of running text
_PROSE = 20  # its characters


@dataclass(frozen=True, slots=True)
class Grid:
    """``cells`` is rows × columns of text, all rows of equal length; ``rows`` the segments it was made of."""

    rows: tuple[Row, ...]
    cells: tuple[tuple[str, ...], ...]


def with_grids(rows: Sequence[Row], rtl: bool) -> list[Row | Grid]:
    """The same rows in the same order, runs that form a table replaced by a Grid."""
    found: list[Row | Grid] = []
    at = 0
    while at < len(rows):
        end = _run_end(rows, at)
        grid = _grid(rows[at:end], rtl) if end - at >= _FEWEST_ROWS else None
        while grid is not None and end < len(rows) and _wraps(rows[end], rows[end - 1]):
            longer = _grid(rows[at : end + 1], rtl)
            if longer is None:
                break
            grid, end = longer, end + 1
        if grid is None:
            found.append(rows[at])
            at += 1
        else:
            found.append(grid)
            at = end
    return found


def _run_end(rows: Sequence[Row], start: int) -> int:
    """End of the run of rows from ``start`` that could be one table; ``start`` itself when none begins there."""
    if len(rows[start]) < 2:
        return start
    end = start + 1
    for at in range(start + 1, len(rows)):
        above, below = rows[at - 1], rows[at]
        height = max(item.height for item in below)
        if min(item.y0 for item in below) - max(item.y1 for item in above) > _ROW_GAP * height:
            break
        if len(below) >= 2:
            end = at + 1
        elif at + 1 - end > _LONELY:
            break
    return end


def _wraps(row: Row, above: Row) -> bool:
    """Whether a row is one text right below the last but not the first cell of the row above: its wrapped end."""
    if len(row) != 1:
        return False
    item, cell = row[0], above[-1]
    close = item.y0 - max(other.y1 for other in above) < 0.8 * item.height
    return close and abs(item.x0 - cell.x0) < item.height and abs(item.x0 - above[0].x0) > item.height


def _grid(rows: Sequence[Row], rtl: bool) -> Grid | None:
    several = [row for row in rows if len(row) >= 2]
    if len(several) < _FEWEST_ROWS or len(several) < 0.5 * len(rows):
        return None
    columns = _columns(several)
    if len(columns) < 2:
        return None
    if rtl:
        columns.reverse()
    filled = [{_column_of(item, columns) for item in row} for row in several]
    if sum(len(found) >= 2 for found in filled) < 0.8 * len(several):
        return None
    if any(sum(index in found for found in filled) < 2 for index in range(len(columns))) or _is_prose(several, columns):
        return None
    return Grid(tuple(rows), _fill(rows, columns))


def _columns(rows: Sequence[Row]) -> list[tuple[float, float]]:
    """Intervals between the gutters that (nearly) no row crosses."""
    events = sorted(event for row in rows for item in row for event in ((item.x0, 1), (item.x1, -1)))
    height = sorted(item.height for row in rows for item in row)[sum(len(row) for row in rows) // 2]
    allowed = int(_CROSSING * len(rows))
    columns: list[tuple[float, float]] = []
    depth, start, closed = 0, 0.0, float("-inf")
    for x, step in events:
        before, depth = depth, depth + step
        if before <= allowed < depth:
            start = columns.pop()[0] if columns and x - closed < _GUTTER * height else x
        elif depth <= allowed < before:
            columns.append((start, x))
            closed = x
    return columns


def _is_prose(rows: Sequence[Row], columns: Sequence[tuple[float, float]]) -> bool:
    """Whether two columns or more are filled with running text: lines of a newspaper that happen to be level."""
    running = 0
    for start, end in columns:
        inside = [item for row in rows for item in row if item.x0 < end and item.x1 > start]
        full = [item for item in inside if item.x1 - item.x0 >= _FULL * (end - start)]
        letters = sorted(len(item.text) * (2 if is_narrow(item.text) else 1) for item in inside)
        running += len(full) >= 0.5 * len(inside) and letters[len(letters) // 2] >= _PROSE
    return running >= 2


def _column_of(item: Segment, columns: Sequence[tuple[float, float]]) -> int:
    """The column it lies in most; for one across several, the first of them in the row's direction."""
    shares = [min(item.x1, end) - max(item.x0, start) for start, end in columns]
    inside = [index for index, share in enumerate(shares) if share > 0.5 * (columns[index][1] - columns[index][0])]
    if len(inside) > 1:
        return inside[0]
    return max(range(len(columns)), key=lambda index: shares[index])


def _fill(rows: Sequence[Row], columns: Sequence[tuple[float, float]]) -> tuple[tuple[str, ...], ...]:
    cells: list[list[str]] = []
    for row in rows:
        places = [_column_of(item, columns) for item in row]
        if cells and len(row) == 1 and places[0] > 0:  # the second line of a wrapped cell
            target = cells[-1]
        else:
            target = [""] * len(columns)
            cells.append(target)
        for item, place in zip(row, places, strict=True):
            target[place] = f"{target[place]} {item.text}".strip()
    return tuple(tuple(row) for row in cells)
