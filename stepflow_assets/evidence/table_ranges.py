"""Which cells of a table in flowing text a range of its characters falls into."""

from __future__ import annotations

from collections.abc import Sequence

from stepflow_assets.documents.cells import CellRange
from stepflow_assets.documents.table_text import SEPARATOR, row_text

Grid = Sequence[Sequence[str]]


def cells_of(grid: Grid, start: int, end: int) -> list[CellRange]:
    """The cells that characters ``start`` to ``end`` of the table's text touch, as few ranges as hold exactly them: a
    part of the first row, whole rows, a part of the last."""
    found: list[CellRange] = []
    begin = at = 0
    for row, cells in enumerate(grid):
        stop = begin + len(row_text(cells))
        if start < stop and begin < end:
            first, last = _columns(cells, start - begin, end - begin)
            here = CellRange(first, row, last, row)
            joined = found[-1].joined(here) if found else None
            found = [*found[:-1], joined] if joined else [*found, here]
        at = row if begin <= start else at
        begin = stop + 1
    return found or [CellRange(0, at, len(grid[at]) - 1, at)]  # a line's end alone


def _columns(cells: Sequence[str], start: int, end: int) -> tuple[int, int]:
    touched = []
    begin = 0
    for column, cell in enumerate(cells):
        stop = begin + len(" ".join(cell.split()))
        if begin < end and start < stop:
            touched.append(column)
        begin = stop + len(SEPARATOR)
    return (touched[0], touched[-1]) if touched else (0, len(cells) - 1)
