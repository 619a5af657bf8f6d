"""Reading order against the true one: the share of pairs that stand the wrong way round. Pure."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Disorder:
    """Normalised Kendall distance: 0 is the true order, 1 the reverse, about .5 chance. Adds up over pages."""

    swapped: int = 0
    pairs: int = 0

    def __add__(self, other: Disorder) -> Disorder:
        return Disorder(self.swapped + other.swapped, self.pairs + other.pairs)

    @property
    def rate(self) -> float | None:
        return self.swapped / self.pairs if self.pairs else None


def disorder(positions: Sequence[float]) -> Disorder:
    """``positions``: the true place of each thing, in the order in which they were read. Things of equal place (lines of
    one paragraph, words of one line) are no pair."""
    seen: list[float] = []
    swapped = pairs = 0
    for index, position in enumerate(positions):
        at = bisect_left(seen, position)
        equal = 0
        while at + equal < len(seen) and seen[at + equal] == position:
            equal += 1
        swapped += index - at - equal
        pairs += index - equal
        insort(seen, position)
    return Disorder(swapped, pairs)
