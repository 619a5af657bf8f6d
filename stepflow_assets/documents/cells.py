"""Cell ranges in A1 notation."""

from __future__ import annotations

import re
from dataclasses import dataclass

_A1 = re.compile(r"\$?([A-Z]{1,3})\$?([1-9]\d*)(?::\$?([A-Z]{1,3})\$?([1-9]\d*))?")


@dataclass(frozen=True)
class CellRange:
    """Columns and rows from 0, both ends included."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def parse(cls, text: str) -> CellRange:
        """``B2:D14`` or ``B2``. Raises ValueError."""
        match = _A1.fullmatch(text.strip().upper())
        if match is None:
            raise ValueError(f"{text!r} is no cell range in A1 notation")
        left, top, right, bottom = match.groups()
        columns = sorted((_column_index(left), _column_index(right or left)))
        rows = sorted((int(top) - 1, int(bottom or top) - 1))
        return cls(columns[0], rows[0], columns[1], rows[1])

    def __str__(self) -> str:
        first = f"{column_name(self.left)}{self.top + 1}"
        last = f"{column_name(self.right)}{self.bottom + 1}"
        return first if first == last else f"{first}:{last}"

    @property
    def rows(self) -> int:
        return self.bottom - self.top + 1

    @property
    def columns(self) -> int:
        return self.right - self.left + 1

    def row(self, index: int) -> CellRange:
        """Row ``index`` (from 0) of this range."""
        return CellRange(self.left, self.top + index, self.right, self.top + index)

    def contains(self, other: CellRange) -> bool:
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.top <= other.top
            and other.bottom <= self.bottom
        )

    def joined(self, other: CellRange) -> CellRange | None:
        """One range that holds exactly both, where there is one."""
        if self.contains(other):
            return self
        if (
            (self.left, self.right) == (other.left, other.right)
            and self.bottom + 1 >= other.top
            and other.bottom >= self.top - 1
        ):
            return CellRange(self.left, min(self.top, other.top), self.right, max(self.bottom, other.bottom))
        if (
            (self.top, self.bottom) == (other.top, other.bottom)
            and self.right + 1 >= other.left
            and other.right >= self.left - 1
        ):
            return CellRange(min(self.left, other.left), self.top, max(self.right, other.right), self.bottom)
        return None


def column_name(index: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    name = ""
    index += 1
    while index:
        index, letter = divmod(index - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


def _column_index(name: str) -> int:
    index = 0
    for letter in name:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1
