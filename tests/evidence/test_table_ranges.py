"""Which cells a range of a table's text touches."""

from __future__ import annotations

import pytest

from stepflow_assets.documents.table_text import table_text
from stepflow_assets.evidence.table_ranges import cells_of

GRID = [["a1", "b1", "c1"], ["a2", "", "c2"], ["a3", "b3", "c3"]]
TEXT = table_text(GRID)


@pytest.mark.parametrize(
    ("first", "last", "ranges"),
    [
        ("a1", "c1", ["A1:C1"]),
        ("b1", "b1", ["B1"]),
        ("a1", "c3", ["A1:C3"]),
        ("b1", "b3", ["B1:C1", "A2:C2", "A3:B3"]),
        ("c1", "c2", ["C1", "A2:C2"]),
        ("a2", "c3", ["A2:C3"]),
    ],
)
def test_a_range_of_characters_is_of_exactly_the_cells_it_touches(first: str, last: str, ranges: list[str]) -> None:
    found = cells_of(GRID, TEXT.index(first), TEXT.index(last) + 2)
    assert [str(cells) for cells in found] == ranges


def test_a_line_end_is_of_its_row() -> None:
    at = TEXT.index("\n")
    assert [str(cells) for cells in cells_of(GRID, at, at + 1)] == ["A1:C1"]
