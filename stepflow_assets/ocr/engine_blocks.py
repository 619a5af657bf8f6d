"""Blocks that an engine made itself: its kinds, order, tables and confidence are kept; lines inside them go along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stepflow_assets.ocr.reading_order.segments import Cell

Row = dict[str, Any]
_KEPT = ("cells", "html", "latex", "raw_kind")
_FURNITURE = frozenset({"page_header", "page_footer"})


def has_text(block: Row) -> bool:
    return bool(block["text"].strip()) or any(cell["text"].strip() for cell in block["cells"])


def block_row(block: Row, lines: Sequence[Cell]) -> Row:
    """A RecognizedBlock (as JSON) as a Block, but for its id and order. ``lines`` of the page are kept where they are its text."""
    table = _grid(block["cells"])
    text = block["text"] or "\n".join(" | ".join(cell for cell in row if cell) for row in table or ())
    return {
        "kind": block["kind"],
        "text": text,
        "quad": block["quad"],
        "place": None,
        "level": block["level"],
        "table": table,
        **{name: block[name] for name in _KEPT if block.get(name)},
        "confidence": block["confidence"],
        "order_source": "engine",
        "furniture": block["kind"] in _FURNITURE,
        "lines": _own_lines(text, block["quad"], lines),
    }


def woven(rows: Sequence[Row], into: Sequence[Row]) -> list[Row]:
    """Each row before the first of ``into`` that it stands above, in its column; what stands above none comes last. Rows at one
    place keep their own order."""
    places: list[list[Row]] = [[] for _ in range(len(into) + 1)]
    for row in rows:
        places[_before(row, into)].append(row)
    found = [one for before, other in zip(places, into, strict=False) for one in (*before, other)]
    return found + places[-1]


def _before(row: Row, others: Sequence[Row]) -> int:
    if row["quad"] is None:
        return len(others)
    left, top, right, _ = _box(row)
    for index, other in enumerate(others):
        if other["quad"] is None:
            continue
        x0, y0, x1, _ = _box(other)
        if y0 > top and min(right, x1) > max(left, x0):
            return index
    return len(others)


def _own_lines(text: str, quad: Row | None, lines: Sequence[Cell]) -> list[Cell]:
    if quad is None:
        return []
    left, top, right, bottom = _box({"quad": quad})
    inside = []
    for line in lines:
        x0, y0, x1, y1 = _box(line)
        if left <= (x0 + x1) / 2 <= right and top <= (y0 + y1) / 2 <= bottom:
            inside.append(line)
    return inside if _letters("".join(line["text"] for line in inside)) == _letters(text) else []


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def _box(row: Mapping[str, Any]) -> tuple[float, float, float, float]:
    xs, ys = zip(*row["quad"]["points"], strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _grid(cells: Sequence[Row]) -> list[list[str]] | None:
    """Texts by row and column; a cell that spans others is said once, at its first place."""
    if not cells:
        return None
    rows = max(cell["row"] + cell["row_span"] for cell in cells)
    columns = max(cell["column"] + cell["column_span"] for cell in cells)
    grid = [[""] * columns for _ in range(rows)]
    for cell in cells:
        grid[cell["row"]][cell["column"]] = cell["text"]
    return grid
