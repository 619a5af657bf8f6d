"""What a converted part holds, read from its DoclingDocument JSON: slides, sheets and elements by their paths.

The JSON is read as it is: importing docling-core costs a second and gives nothing that drawing or checking needs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from stepflow_assets.chunks.cells import CellRange
from stepflow_assets.chunks.table_text import table_text
from stepflow_assets.documents.geometry import Quad

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
    """Raises ValueError when the bytes are no DoclingDocument."""

    def __init__(self, data: bytes) -> None:
        value = json.loads(data)
        if not isinstance(value, dict) or "body" not in value:
            raise ValueError("this is no converted document")
        self._value: dict[str, Any] = value

    @cached_property
    def slides(self) -> Mapping[int, Slide]:
        """By number, from 1; formats without sizes of pages have none."""
        items: dict[int, list[SlideItem]] = {}
        sizes = {int(number): page["size"] for number, page in self._value.get("pages", {}).items()}
        for item in self._items:
            for provenance in item.get("prov", ()):
                size = sizes.get(provenance["page_no"])
                if size:
                    box = _box(provenance["bbox"], size)
                    items.setdefault(provenance["page_no"], []).append(SlideItem(item["label"], _text(item), box))
        return {
            number: Slide(size["width"], size["height"], tuple(items.get(number, ()))) for number, size in sizes.items()
        }

    @cached_property
    def sheets(self) -> Mapping[str, Mapping[tuple[int, int], str]]:
        """Cells by (row, column) from 0, of each sheet by name; positions come from the tables' boxes in cells."""
        sheets: dict[str, dict[tuple[int, int], str]] = {}
        for group in self._value.get("groups", ()):
            if group.get("label") != "sheet":
                continue
            cells = sheets.setdefault(group["name"], {})
            for item in self._below(group):
                cells.update(_sheet_cells(item))
        return sheets

    def extent(self, sheet: str) -> CellRange | None:
        """From A1 to the last cell that holds something."""
        cells = self.sheets.get(sheet)
        if not cells:
            return None
        return CellRange(0, 0, max(column for _, column in cells), max(row for row, _ in cells))

    def element_text(self, path: str) -> str | None:
        """The text that character ranges of this element count in, or None when there is no such element."""
        item = self._resolve(path)
        return _text(item) if item is not None and ("text" in item or "data" in item) else None

    def table(self, path: str) -> Grid | None:
        item = self._resolve(path)
        return _grid(item) if item is not None and "data" in item else None

    def kind(self, path: str) -> str:
        item = self._resolve(path)
        return str(item.get("label", "text")) if item is not None else "text"

    def around(self, path: str) -> tuple[Sequence[str], Sequence[str]]:
        """Paths of the elements before and after, in reading order, that hold text."""
        paths = [item["self_ref"] for item in self._items if _text(item).strip()]
        if path not in paths:
            return (), ()
        index = paths.index(path)
        return paths[:index], paths[index + 1 :]

    @cached_property
    def _items(self) -> Sequence[dict[str, Any]]:
        """Everything below the body, in reading order."""
        return tuple(self._below(self._value["body"]))

    def _below(self, parent: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        stack = list(reversed(parent.get("children", ())))
        seen: set[str] = set()
        while stack:
            path = stack.pop()["$ref"]
            item = self._resolve(path)
            if item is None or path in seen:
                continue
            seen.add(path)
            yield item
            stack.extend(reversed(item.get("children", ())))

    def _resolve(self, path: str) -> dict[str, Any] | None:
        if not path.startswith("#/"):
            return None
        value: Any = self._value
        for part in path[2:].split("/"):
            if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
                value = value[int(part)]
            elif isinstance(value, dict) and part in value:
                value = value[part]
            else:
                return None
        return value if isinstance(value, dict) else None


def _text(item: Mapping[str, Any]) -> str:
    return table_text(_grid(item)) if "data" in item and "table_cells" in item["data"] else str(item.get("text", ""))


def _grid(item: Mapping[str, Any]) -> Grid:
    """A cell that spans several is repeated in each, as in docling's own grid."""
    data = item["data"]
    rows = [[""] * data["num_cols"] for _ in range(data["num_rows"])]
    for cell in data["table_cells"]:
        for row in range(cell["start_row_offset_idx"], min(cell["end_row_offset_idx"], len(rows))):
            for column in range(cell["start_col_offset_idx"], min(cell["end_col_offset_idx"], data["num_cols"])):
                rows[row][column] = cell["text"]
    return tuple(tuple(row) for row in rows)


def _sheet_cells(item: Mapping[str, Any]) -> Iterator[tuple[tuple[int, int], str]]:
    for provenance in item.get("prov", ())[:1]:
        top, left = int(provenance["bbox"]["t"]), int(provenance["bbox"]["l"])
        if "data" in item and "table_cells" in item["data"]:
            for cell in item["data"]["table_cells"]:
                yield (top + cell["start_row_offset_idx"], left + cell["start_col_offset_idx"]), cell["text"]
        elif item.get("text"):
            yield (top, left), item["text"]


def _box(bbox: Mapping[str, Any], size: Mapping[str, float]) -> Quad:
    width, height = size["width"] or 1.0, size["height"] or 1.0
    top, bottom = bbox["t"], bbox["b"]
    if bbox.get("coord_origin") == "BOTTOMLEFT":
        top, bottom = height - top, height - bottom
    return Quad.of_box(bbox["l"] / width, top / height, bbox["r"] / width, bottom / height)
