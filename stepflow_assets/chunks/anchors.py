"""Where a run of text comes from, and the places that several runs amount to.

An anchor is attached to a span of a unit's text. A chunk takes a part of that span; ``place`` narrows the anchor to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stepflow_assets.documents.cells import CellRange
from stepflow_assets.documents.evidence import ElementPlace, PagePlace, Place, SheetPlace, SlidePlace
from stepflow_assets.documents.geometry import Quad


@dataclass(frozen=True)
class PageAnchor:
    """One line, or a whole block where its lines are not known, on a page."""

    page: int
    page_id: str
    block: str
    quads: tuple[Quad, ...]

    def place(self, start: int, end: int) -> Place:
        return PagePlace(page=self.page, page_id=self.page_id, quads=self.quads, blocks=(self.block,))


@dataclass(frozen=True)
class SlideAnchor:
    """A shape on a slide."""

    slide: int
    block: str
    quads: tuple[Quad, ...]

    def place(self, start: int, end: int) -> Place:
        return SlidePlace(slide=self.slide, quads=self.quads, blocks=(self.block,))


@dataclass(frozen=True)
class CellsAnchor:
    """One row of a sheet: ``cells`` is its range, ``ends`` where each of its cells ends in the span's text.

    Without ``ends`` the row cannot be narrowed to columns (the block's grid does not match its range)."""

    sheet: str
    block: str
    cells: CellRange
    ends: tuple[int, ...] = ()

    def place(self, start: int, end: int) -> Place:
        cells = self.cells
        if self.ends and not (start <= 0 and end >= self.ends[-1]):
            first = sum(1 for cell_end in self.ends if cell_end <= start)
            last = sum(1 for cell_end in self.ends if cell_end < end)
            width = len(self.ends) - 1
            first, last = min(first, width), min(max(first, last), width)
            cells = CellRange(cells.left + first, cells.top, cells.left + last, cells.bottom)
        return SheetPlace(sheet=self.sheet, cells=str(cells), blocks=(self.block,))


@dataclass(frozen=True)
class ElementAnchor:
    """Flowing text: the span begins at character ``offset`` of the element."""

    path: str
    block: str
    offset: int

    def place(self, start: int, end: int) -> Place:
        return ElementPlace(path=self.path, start=self.offset + start, end=self.offset + end, blocks=(self.block,))


@dataclass(frozen=True)
class WholeAnchor:
    """A place that cannot be narrowed: whatever part of the span is taken, it comes from somewhere in there."""

    whole: Place

    def place(self, start: int, end: int) -> Place:
        return self.whole


Anchor = PageAnchor | SlideAnchor | CellsAnchor | ElementAnchor | WholeAnchor


@dataclass(frozen=True)
class Taken:
    """Characters ``start`` to ``end`` of an anchored span were taken into a chunk."""

    anchor: Anchor
    start: int
    end: int


def places(taken: Iterable[Taken]) -> tuple[Place, ...]:
    """The places of a chunk: one per page or slide, one per contiguous range of a sheet or an element, in order."""
    merged: list[Place] = []
    groups: dict[tuple[object, ...], _Boxes] = {}
    for item in taken:
        anchor = item.anchor
        if isinstance(anchor, PageAnchor | SlideAnchor):
            key = (anchor.page, anchor.page_id) if isinstance(anchor, PageAnchor) else (anchor.slide,)
            if key not in groups:
                groups[key] = _Boxes(len(merged))
                merged.append(anchor.place(item.start, item.end))
            groups[key].add(anchor)
        else:
            _add(merged, anchor.place(item.start, item.end))
    for group in groups.values():
        update = {"quads": tuple(group.quads), "blocks": tuple(group.blocks)}
        merged[group.index] = merged[group.index].model_copy(update=update)
    return tuple(merged)


class _Boxes:
    """The quads and blocks gathered for one page or slide, whose place stands at ``index``."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.quads: list[Quad] = []
        self.blocks: dict[str, None] = {}

    def add(self, anchor: PageAnchor | SlideAnchor) -> None:
        # The spans of one block share its quad object: identity is enough, and comparing thousands by value is slow.
        self.quads.extend(quad for quad in anchor.quads if not any(quad is seen for seen in self.quads[-8:]))
        self.blocks[anchor.block] = None


def _add(merged: list[Place], new: Place) -> None:
    for index in range(len(merged) - 1, -1, -1):
        together = _merge(merged[index], new)
        if together is not None:
            merged[index] = together
            return
    merged.append(new)


def _merge(old: Place, new: Place) -> Place | None:
    blocks = tuple(dict.fromkeys((*old.blocks, *new.blocks)))
    match old, new:
        case SheetPlace(), SheetPlace() if old.sheet == new.sheet:
            cells = CellRange.parse(old.cells).joined(CellRange.parse(new.cells))
            return None if cells is None else old.model_copy(update={"cells": str(cells), "blocks": blocks})
        case ElementPlace(), ElementPlace() if old.path == new.path and new.start - old.end in (0, 1):
            return old.model_copy(update={"end": new.end, "blocks": blocks})
        case _ if old == new:
            return old
    return None
