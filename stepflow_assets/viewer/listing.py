"""Long lists in parts: which part is shown, and where the others are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Part(Generic[T]):
    """``items`` are those shown; ``number`` of ``count`` parts, from 1; ``first`` is the place of its first item."""

    items: Sequence[T]
    number: int
    count: int
    first: int
    total: int

    @property
    def last(self) -> int:
        return self.first + len(self.items) - 1


def part_of(items: Sequence[T], number: int, size: int) -> Part[T]:
    """A number beyond the last part is the last one."""
    count = max(1, -(-len(items) // size))
    number = min(max(1, number), count)
    start = (number - 1) * size
    return Part(items[start : start + size], number, count, start + 1, len(items))
