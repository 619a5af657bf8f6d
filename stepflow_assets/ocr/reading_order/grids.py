"""Tables that geometry shows: at least three rows whose texts stand in the same columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stepflow_assets.ocr.reading_order.segments import Segment, is_narrow
from stepflow_assets.ocr.reading_order.stacks import is_measured, stacks

Row = list[Segment]
Interval = tuple[float, float]

_FEWEST_ROWS = 3
_ROW_GAP = 3.0  # line heights between rows of one table
_LONELY = 2  # rows with one text in a row, inside a table: sub-headings, wrapped cells …
_WRAPPED = 6  # … whose lines stand closer than this, in line heights, and are at most so many
_CLOSE = 0.3
_CROSSING = 0.12  # share of rows that may cross a gutter: headings over several columns
_GUTTER = 0.5  # line heights …
_MEASURED_GUTTER = 0.15  # … of a recogniser's boxes, which are wider than their text: what it kept apart is apart
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
    at = done = 0
    while at < len(rows):
        end = _run_end(rows, at)
        grid = _grid(rows[at:end], rtl) if end - at >= _FEWEST_ROWS else None
        if grid is None:
            at += 1
            continue
        grid, start, end = _with_ends(grid, rows, (done, at, end), rtl)
        found += [*rows[done:start], grid]
        at = done = end
    return [*found, *rows[done:]]


def _with_ends(grid: Grid, rows: Sequence[Row], at: tuple[int, int, int], rtl: bool) -> tuple[Grid, int, int]:
    """The grid with the lines right below and above it that belong to cells of its last and first row, and where it then
    starts and ends. ``at``: where rows are still free, where it starts, where it ends."""
    free, start, end = at
    while end < len(rows) and _stands_close(rows[end], rows[end - 1]):
        longer = _grid(rows[start : end + 1], rtl)
        if longer is None or len(longer.cells) > len(grid.cells):
            break
        grid, end = longer, end + 1
    while start > free and _stands_close(rows[start - 1], rows[start]):
        longer = _grid(rows[start - 1 : end], rtl)
        if longer is None or len(longer.cells) > len(grid.cells):
            break
        grid, start = longer, start - 1
    return grid, start, end


def _run_end(rows: Sequence[Row], start: int) -> int:
    """End of the run of rows from ``start`` that could be one table; ``start`` itself when none begins there."""
    if len(rows[start]) < 2:
        return start
    end, lonely, full = start + 1, 0, rows[start]
    for at in range(start + 1, len(rows)):
        above, below = rows[at - 1], rows[at]
        height = max(item.height for item in below)
        gap = min(item.y0 for item in below) - max(item.y1 for item in above)
        if gap > _ROW_GAP * height:
            break
        if len(below) >= 2:
            end, lonely, full = at + 1, 0, below
            continue
        lonely += gap > _CLOSE * height or _crosses(below[0], full)
        if lonely > _LONELY or at + 1 - end > _WRAPPED:
            break
    return end


def _crosses(item: Segment, row: Row) -> bool:
    """Whether it runs under several cells of a row: no cell is wrapped so."""
    return sum(min(item.x1, cell.x1) - max(item.x0, cell.x0) > item.height for cell in row) > 1


def _stands_close(row: Row, other: Row) -> bool:
    """Whether a row is one text right below or above a cell of the other: a line of it, if their grid agrees."""
    if len(row) != 1:
        return False
    item = row[0]
    gap = max(item.y0 - max(cell.y1 for cell in other), min(cell.y0 for cell in other) - item.y1)
    return gap < 0.8 * item.height and any(_is_flush(item, cell) for cell in other)


def _is_flush(item: Segment, cell: Segment) -> bool:
    return min(abs(item.x0 - cell.x0), abs(item.x1 - cell.x1)) < item.height


def _grid(rows: Sequence[Row], rtl: bool) -> Grid | None:
    several = [row for row in rows if len(row) >= 2]
    if len(several) < _FEWEST_ROWS:
        return None
    columns = _columns(several)
    if len(columns) < 2:
        return None
    if rtl:
        columns.reverse()
    filled = [{_column_of(item, columns) for item in row} for row in several]
    if sum(len(found) >= 2 for found in filled) < 0.8 * len(several):
        return None
    columns = _without_lonely(columns, filled)
    if len(columns) < 2 or _is_prose(several, columns):
        return None
    cells = _fill(rows, columns)
    return Grid(tuple(rows), cells) if len(several) >= 0.5 * len(cells) else None


def _without_lonely(columns: Sequence[Interval], filled: Sequence[set[int]]) -> list[Interval]:
    """A column that one row alone uses belongs to a neighbour that this row leaves empty: a total below the amounts, its
    name beside it. Where it leaves none empty it is no table."""
    kept = list(columns)
    for index in reversed(range(len(columns))):
        users = [found for found in filled if index in found]
        if len(users) > 1:
            continue
        free = [near for near in (index - 1, index + 1) if 0 <= near < len(kept) and all(near not in u for u in users)]
        if not free:
            return []
        home = free[0]
        left, right = kept[min(home, index)], kept[max(home, index)]
        kept[min(home, index) : max(home, index) + 1] = [(min(left[0], right[0]), max(left[1], right[1]))]
        filled = [{at - (at > min(home, index)) for at in found} for found in filled]
    return kept


def _columns(rows: Sequence[Row]) -> list[Interval]:
    """Intervals between the gutters that (nearly) no row crosses."""
    events = sorted(event for row in rows for item in row for event in ((item.x0, 1), (item.x1, -1)))
    height = sorted(item.height for row in rows for item in row)[sum(len(row) for row in rows) // 2]
    measured = sum(is_measured(item) for row in rows for item in row) * 2 > sum(map(len, rows))
    gutter = height * (_MEASURED_GUTTER if measured else _GUTTER)
    allowed = int(_CROSSING * len(rows))
    columns: list[Interval] = []
    depth, start, closed = 0, 0.0, float("-inf")
    for x, step in events:
        before, depth = depth, depth + step
        if before <= allowed < depth:
            start = columns.pop()[0] if columns and x - closed < gutter else x
        elif depth <= allowed < before:
            columns.append((start, x))
            closed = x
    return columns


def _is_prose(rows: Sequence[Row], columns: Sequence[Interval]) -> bool:
    """Whether two columns or more are filled with running text: lines of a newspaper that happen to be level."""
    running = 0
    for start, end in columns:
        inside = [item for row in rows for item in row if item.x0 < end and item.x1 > start]
        full = [item for item in inside if item.x1 - item.x0 >= _FULL * (end - start)]
        letters = sorted(len(item.text) * (2 if is_narrow(item.text) else 1) for item in inside)
        running += len(full) >= 0.5 * len(inside) and letters[len(letters) // 2] >= _PROSE
    return running >= 2


def _column_of(item: Segment, columns: Sequence[Interval]) -> int:
    """The column it lies in most; for one across several, the first of them in the row's direction."""
    shares = [min(item.x1, end) - max(item.x0, start) for start, end in columns]
    inside = [index for index, share in enumerate(shares) if share > 0.5 * (columns[index][1] - columns[index][0])]
    if len(inside) > 1:
        return inside[0]
    return max(range(len(columns)), key=lambda index: shares[index])


def _fill(rows: Sequence[Row], columns: Sequence[Interval]) -> tuple[tuple[str, ...], ...]:
    places = [[_column_of(item, columns) for item in row] for row in rows]
    goes_on = _continued(rows, places, len(columns))
    cells: list[list[str]] = []
    for at, (row, found) in enumerate(zip(rows, places, strict=True)):
        if at in goes_on or (cells and len(row) == 1 and found[0] > 0):  # the second line of a wrapped cell
            target = cells[-1]
        else:
            target = [""] * len(columns)
            cells.append(target)
        for item, place in zip(row, found, strict=True):
            target[place] = f"{target[place]} {item.text}".strip()
    return tuple(tuple(row) for row in cells)


def _continued(rows: Sequence[Row], places: Sequence[Sequence[int]], count: int) -> set[int]:
    """Rows of lines that go on with the table's row above: where a cell of words has lines in both. Numbers are not wrapped,
    and two rows with numbers in one column are two."""
    joints: set[int] = set()
    for column in range(count):
        found = [
            (at, item)
            for at, (row, where) in enumerate(zip(rows, places, strict=True))
            for item, place in zip(row, where, strict=True)
            if place == column
        ]
        of_row = {id(item): at for at, item in found}
        for stack in stacks([item for _, item in found]):
            if any(_is_number(item.text) for item in stack):
                continue
            joints.update(range(of_row[id(stack[0])] + 1, of_row[id(stack[-1])] + 1))
    kept: set[int] = set()
    numbers: set[int] = set()
    for at, (row, where) in enumerate(zip(rows, places, strict=True)):
        own = {place for item, place in zip(row, where, strict=True) if _is_number(item.text)}
        if at in joints and at > 0 and not own & numbers:
            kept.add(at)
            numbers |= own
        else:
            numbers = own
    return kept


def _is_number(text: str) -> bool:
    digits = sum(char.isdigit() for char in text)
    return digits > sum(char.isalpha() for char in text)
