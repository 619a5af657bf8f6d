"""Cells of a table: where each stands in the grid, what it spans, and its quad where that is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from stepflow_assets.documents.geometry import Quad


class TableCell(BaseModel):
    """A cell of a table: its place in the grid (from 0), what it spans, whether it is a header."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    row: int
    column: int
    row_span: int = 1
    column_span: int = 1
    text: str = ""
    header: bool = False
    quad: Quad | None = None


def placed_cells(table: Sequence[Sequence[str]], lines: Sequence[Any]) -> list[dict[str, Any]]:
    """Cells as JSON of a grid that geometry showed. ``lines`` are the text cells (as JSON) that the grid was made of, row by row:
    a cell's quad is around those that spell it, and null where they do not. A first row in bold alone is the header."""
    left = [("".join(line["text"].split()), line) for line in lines]
    found: list[dict[str, Any]] = []
    weights: list[set[bool]] = []
    for row, texts in enumerate(table):
        weights.append(set())
        for column, text in enumerate(texts):
            if not text.strip():
                continue
            mine = _taken("".join(text.split()), left)
            weights[row].update(bool(line.get("bold")) for line in mine)
            found.append({"row": row, "column": column, "text": text, "quad": _around(mine)})
    header = len(weights) > 1 and weights[0] == {True} and not any(True in row for row in weights[1:])
    return [{**cell, "header": True} if header and cell["row"] == 0 else cell for cell in found]


def _taken(wanted: str, left: list[tuple[str, Any]]) -> list[Any]:
    """The lines that together spell ``wanted``, taken out of ``left``; none where they do not."""
    for index, (text, line) in enumerate(left):
        if text == wanted:
            del left[index]
            return [line]
    taken: list[int] = []
    rest = wanted
    for index, (text, _) in enumerate(left):
        if text and rest.startswith(text):
            taken.append(index)
            rest = rest[len(text) :]
            if not rest:
                break
    if rest:
        return []
    lines = [left[index][1] for index in taken]
    for index in reversed(taken):
        del left[index]
    return lines


def _around(lines: Sequence[Any]) -> dict[str, Any] | None:
    if not lines:
        return None
    points = [point for line in lines for point in line["quad"]["points"]]
    left, top = min(x for x, _ in points), min(y for _, y in points)
    right, bottom = max(x for x, _ in points), max(y for _, y in points)
    return {"points": [[left, top], [right, top], [right, bottom], [left, bottom]]}
