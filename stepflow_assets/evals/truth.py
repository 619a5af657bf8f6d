"""What is known to be true of a document, whichever way it is known: words with their places, texts of areas in reading
order, tables, or only a text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stepflow_assets.evals.tables import Box, Table

Point = tuple[float, float]


@dataclass(frozen=True)
class TrueWord:
    """A word: where it starts and ends (the middles of those edges of its box), 0..1 of the displayed page from the top left.
    ``extent`` is the box's hull."""

    text: str
    start: Point
    end: Point
    extent: Box

    @property
    def middle(self) -> Point:
        return (self.start[0] + self.end[0]) / 2, (self.start[1] + self.end[1]) / 2


@dataclass(frozen=True)
class TrueArea:
    """A paragraph, heading or list item. ``order`` is its place in the page's reading order, None where that is not known
    or has no meaning (running headers); ``text`` is None where only the place is known."""

    box: Box
    order: float | None = None
    text: str | None = None


@dataclass(frozen=True)
class TruePage:
    """``number`` from 1; ``layer``: whether the page has a text layer. ``text`` is its words in no certain order, ``words``
    the same with their places: of a picture, or of the layer (which knows nothing of what stands inside pictures)."""

    number: int
    layer: bool
    words: tuple[TrueWord, ...] = ()
    areas: tuple[TrueArea, ...] = ()
    tables: tuple[Table, ...] | None = None  # None: not known
    text: str | None = None


@dataclass(frozen=True)
class TrueDocument:
    """``text`` is the whole document's where no page of it is known, in reading order if ``ordered``; ``reference``: it is
    another reader's output with its errors, to be compared with and not to be aimed at."""

    file: Path
    family: str
    pages: tuple[TruePage, ...] = ()
    text: str | None = None
    ordered: bool = False
    reference: bool = False
    paged: bool = True
