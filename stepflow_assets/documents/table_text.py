"""A table as text: one line a row, cells between `` | ``. Character ranges of table elements count in this text."""

from __future__ import annotations

from collections.abc import Sequence

SEPARATOR = " | "


def row_text(cells: Sequence[str]) -> str:
    """Cells in one line; line breaks inside a cell become spaces."""
    return SEPARATOR.join(" ".join(cell.split()) for cell in cells)


def table_text(table: Sequence[Sequence[str]]) -> str:
    return "\n".join(row_text(row) for row in table)
