"""Tables against true tables: found or not by their boxes, and alike by TEDS (1 minus the tree edit distance of their
HTML, as a share of the larger tree; Zhong et al. 2020). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apted import APTED, Config
from rapidfuzz.distance import Levenshtein

from stepflow_assets.evals.texts import normal

Box = tuple[float, float, float, float]
MOST_CELLS = 320
"""Of one table: tree edit distance grows with the square of the cells and more (notes/ocr 5.2). Rows beyond are left out on
both sides."""
_OVERLAP = 0.5


@dataclass(frozen=True)
class Cell:
    """A cell at ``row`` and ``column`` (from 0) that spans some of each."""

    row: int
    column: int
    text: str
    rows: int = 1
    columns: int = 1


@dataclass(frozen=True)
class Table:
    """``box`` on the page, 0..1 from the top left; cells in any order."""

    cells: tuple[Cell, ...]
    box: Box = (0.0, 0.0, 1.0, 1.0)


def grid(rows: Sequence[Sequence[str]], box: Box = (0.0, 0.0, 1.0, 1.0)) -> Table:
    """A table without spans."""
    return Table(tuple(Cell(y, x, text) for y, row in enumerate(rows) for x, text in enumerate(row)), box)


def teds(truth: Table, found: Table) -> float:
    """1 for equal tables, 0 where nothing is alike."""
    kept = _rows_kept(truth, found)
    true, other = _tree(truth, kept), _tree(found, kept)
    size = max(_size(true), _size(other))
    distance: float = APTED(true, other, _Costs()).compute_edit_distance()
    return 1 - distance / size


@dataclass(frozen=True)
class TablesFound:
    """``likeness`` is the sum of TEDS over true tables, 0 for one that was not found. Adds up over pages."""

    true: int = 0
    found: int = 0
    extra: int = 0
    likeness: float = 0.0

    def __add__(self, other: TablesFound) -> TablesFound:
        return TablesFound(
            self.true + other.true,
            self.found + other.found,
            self.extra + other.extra,
            self.likeness + other.likeness,
        )

    @property
    def teds(self) -> float | None:
        return self.likeness / self.true if self.true else None


def tables_found(truth: Sequence[Table], tables: Sequence[Table]) -> TablesFound:
    """Each true table is held against the one that shares most of its box; one that shares less than half is not it."""
    left = list(tables)
    found, likeness = 0, 0.0
    for true in truth:
        best = max(left, key=lambda table: _overlap(true.box, table.box), default=None)
        if best is None or _overlap(true.box, best.box) < _OVERLAP:
            continue
        left.remove(best)
        found += 1
        likeness += teds(true, best)
    return TablesFound(len(truth), found, len(left), likeness)


def _overlap(one: Box, other: Box) -> float:
    """Shared area as a share of both together."""
    width, height = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / ((one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1]) - shared)


@dataclass(slots=True)
class _Node:
    tag: str
    children: list[_Node]
    text: str = ""


def _rows_kept(truth: Table, found: Table) -> int:
    """How many rows of both together are at most MOST_CELLS on either side."""
    kept = max((cell.row for table in (truth, found) for cell in table.cells), default=0) + 1
    while kept > 1 and any(sum(cell.row < kept for cell in table.cells) > MOST_CELLS for table in (truth, found)):
        kept -= 1
    return kept


def _tree(table: Table, rows: int) -> _Node:
    by_row: dict[int, list[Cell]] = {}
    for cell in table.cells:
        if cell.row < rows:
            by_row.setdefault(cell.row, []).append(cell)
    children = [
        _Node("tr", [_leaf(cell) for cell in sorted(by_row[row], key=lambda cell: cell.column)])
        for row in sorted(by_row)
    ]
    return _Node("table", children)


def _leaf(cell: Cell) -> _Node:
    return _Node(f"td {cell.rows} {cell.columns}", [], normal(cell.text))


def _size(node: _Node) -> int:
    return 1 + sum(map(_size, node.children))


class _Costs(Config):  # type: ignore[misc]  # apted has no types
    def rename(self, one: _Node, other: _Node) -> float:
        if one.tag != other.tag:
            return 1.0
        return Levenshtein.normalized_distance(one.text, other.text)

    def children(self, node: _Node) -> list[_Node]:
        return node.children
