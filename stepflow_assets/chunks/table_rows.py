"""The rows of a table block as text, each with where it is on its page, slide, sheet or in its element."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from stepflow_assets.chunks.anchors import (
    Anchor,
    CellsAnchor,
    ElementAnchor,
    PageAnchor,
    SlideAnchor,
    WholeAnchor,
)
from stepflow_assets.chunks.page_blocks import PageBlocks
from stepflow_assets.documents.cells import CellRange
from stepflow_assets.documents.evidence import ElementPlace, SheetPlace, SlidePlace
from stepflow_assets.documents.geometry import Quad, hull
from stepflow_assets.documents.page import Block, TextCell
from stepflow_assets.documents.table_text import SEPARATOR, row_text


@dataclass(frozen=True)
class Row:
    text: str
    anchor: Anchor


def table_rows(block: Block, source: PageBlocks) -> list[Row]:
    """Every row of the block's grid that has text, with where it is."""
    table = block.table or ()
    rows = _rows(block, source, table, [row_text(row) for row in table])
    return [row for row, cells in zip(rows, table, strict=True) if any(cell.strip() for cell in cells)]


def _rows(block: Block, source: PageBlocks, table: Sequence[Sequence[str]], texts: Sequence[str]) -> list[Row]:
    match block.place:
        case ElementPlace(path=path):
            offsets = accumulate((len(text) + 1 for text in texts), initial=0)
            return [
                Row(text, ElementAnchor(path, block.id, offset)) for text, offset in zip(texts, offsets, strict=False)
            ]
        case SheetPlace() as place:
            return [*_sheet_rows(block, place, table, texts)]
        case SlidePlace(slide=slide, quads=quads):
            return [Row(text, SlideAnchor(slide, block.id, quads)) for text in texts]
        case _:
            quads_of_rows = row_quads(table, block.lines)
            whole = (block.quad,) if block.quad else ()
            return [
                Row(text, PageAnchor(source.page or 0, source.page_id or "", block.id, (quad,) if quad else whole))
                for text, quad in zip(texts, quads_of_rows, strict=True)
            ]


def _sheet_rows(block: Block, place: SheetPlace, table: Sequence[Sequence[str]], texts: Sequence[str]) -> Iterator[Row]:
    cells = CellRange.parse(place.cells)
    fits = cells.rows == len(table)
    for index, (row, text) in enumerate(zip(table, texts, strict=True)):
        if not fits:
            yield Row(text, WholeAnchor(place.model_copy(update={"blocks": (block.id,)})))
            continue
        ends: tuple[int, ...] = ()
        if len(row) == cells.columns:
            widths = (
                len(" ".join(cell.split())) + (len(SEPARATOR) if column else 0) for column, cell in enumerate(row)
            )
            ends = tuple(accumulate(widths))
        yield Row(text, CellsAnchor(place.sheet, block.id, cells.row(index), ends))


def row_quads(table: Sequence[Sequence[str]], lines: Sequence[TextCell]) -> list[Quad | None]:
    """The box of each row, from the lines that make up its cells, in order; None where lines and cells differ.

    One mismatch does not spoil the rows after it: each row looks for its first line anew."""
    squeezed = ["".join(line.text.split()) for line in lines]
    where: dict[str, list[int]] = {}
    for index, line in enumerate(squeezed):
        where.setdefault(line, []).append(index)
    found: list[Quad | None] = []
    for row in table:
        mine: set[int] = set()
        wanted = [cell for cell in ("".join(cell.split()) for cell in row) if cell]
        complete = bool(wanted)
        for cell in wanted:
            indices = where.get(cell, [])[:1] or _lines_of(cell, squeezed, where)
            for index in indices:
                where[squeezed[index]].remove(index)
            mine.update(indices)
            complete = complete and bool(indices)
        found.append(hull(lines[index].quad for index in mine) if complete else None)
    return found


def _lines_of(cell: str, squeezed: Sequence[str], where: dict[str, list[int]]) -> list[int]:
    """Indices of unused lines that together, in order, spell the cell; empty when there are none."""
    taken: list[int] = []
    rest = cell
    for index, line in enumerate(squeezed):
        if line and rest.startswith(line) and index in where[line]:
            taken.append(index)
            rest = rest[len(line) :]
            if not rest:
                return taken
    return []
