"""What a converted part shows: slides, sheets and elements, as its blocks and their places say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from stepflow_assets.conversion.blocks import blocks_of
from stepflow_assets.conversion.items import elements
from stepflow_assets.documents.cells import CellRange
from stepflow_assets.documents.evidence import ElementPlace, SheetPlace, SlidePlace
from stepflow_assets.documents.geometry import Quad
from stepflow_assets.documents.page import Block

Grid = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class SlideItem:
    """Something on a slide: its kind, text (a table's as lines of cells) and box, normalised to the slide."""

    kind: str
    text: str
    box: Quad


@dataclass(frozen=True)
class Slide:
    width: float  # any unit: only the ratio matters
    height: float
    items: tuple[SlideItem, ...]


class ConvertedDocument:
    """A DoclingDocument's JSON. Raises ValueError when the bytes are none."""

    def __init__(self, data: bytes) -> None:
        value = json.loads(data)
        if not isinstance(value, dict) or "body" not in value:
            raise ValueError("this is no converted document")
        self._value: dict[str, Any] = value
        self._blocks = blocks_of(value)

    @cached_property
    def slides(self) -> Mapping[int, Slide]:
        """By number, from 1; formats without sizes of pages have none. Pictures are there too, without text."""
        sizes = {int(number): page["size"] for number, page in self._value.get("pages", {}).items()}
        items: dict[int, list[SlideItem]] = {number: [] for number in sizes}
        for block in self._blocks:
            if isinstance(block.place, SlidePlace):
                items[block.place.slide].extend(SlideItem(block.kind, block.text, box) for box in block.place.quads)
        for found in elements(self._value):
            if found.item.get("label") == "picture" and found.sheet is None:
                for place in found.item.get("prov", ())[:1]:
                    if place["page_no"] in sizes:
                        box = _box(place["bbox"], sizes[place["page_no"]])
                        items[place["page_no"]].append(SlideItem("picture", "", box))
        return {number: Slide(size["width"], size["height"], tuple(items[number])) for number, size in sizes.items()}

    @cached_property
    def sheets(self) -> Mapping[str, Mapping[tuple[int, int], str]]:
        """Cells by (row, column) from 0, of each sheet by name."""
        sheets: dict[str, dict[tuple[int, int], str]] = {}
        for block in self._blocks:
            if isinstance(block.place, SheetPlace):
                first = CellRange.parse(block.place.cells)
                cells = sheets.setdefault(block.place.sheet, {})
                for row, texts in enumerate(block.table or ((block.text,),)):
                    for column, text in enumerate(texts):
                        cells.setdefault((first.top + row, first.left + column), text)
        return sheets

    def extent(self, sheet: str) -> CellRange | None:
        """From A1 to the last row and column that a table, text or chart of the sheet reaches."""
        ranges = [
            CellRange.parse(block.place.cells)
            for block in self._blocks
            if isinstance(block.place, SheetPlace) and block.place.sheet == sheet
        ]
        if not ranges:
            return None
        return CellRange(0, 0, max(cells.right for cells in ranges), max(cells.bottom for cells in ranges))

    def element_text(self, path: str) -> str | None:
        """The text that character ranges of this element count in, or None when there is no such element."""
        found = self._elements.get(path)
        return found.text if found is not None else None

    def table(self, path: str) -> Grid | None:
        found = self._elements.get(path)
        return found.table if found is not None else None

    def kind(self, path: str) -> str:
        return self._elements[path].kind

    def around(self, path: str) -> tuple[Sequence[str], Sequence[str]]:
        """Paths of the elements before and after, in reading order."""
        paths = list(self._elements)
        index = paths.index(path)
        return paths[:index], paths[index + 1 :]

    @cached_property
    def _elements(self) -> Mapping[str, Block]:
        return {block.place.path: block for block in self._blocks if isinstance(block.place, ElementPlace)}


def _box(bbox: Mapping[str, Any], size: Mapping[str, float]) -> Quad:
    width, height = size["width"] or 1.0, size["height"] or 1.0
    top, bottom = bbox["t"], bbox["b"]
    if bbox.get("coord_origin") == "BOTTOMLEFT":
        top, bottom = height - top, height - bottom
    return Quad.of_box(bbox["l"] / width, top / height, bbox["r"] / width, bottom / height)
