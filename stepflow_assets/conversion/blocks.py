"""A converted document as blocks, each with the place its format has: slide and box, sheet and cells, or element."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stepflow_assets.conversion.items import Found, Item, elements
from stepflow_assets.documents.cells import CellRange
from stepflow_assets.documents.evidence import ElementPlace, Place, SheetPlace, SlidePlace
from stepflow_assets.documents.geometry import WHOLE, Quad
from stepflow_assets.documents.page import Block
from stepflow_assets.documents.table_text import table_text

Grid = tuple[tuple[str, ...], ...]

_KINDS = {"paragraph": "text", "reference": "text", "field_heading": "section_header"}
_SKIPPED = frozenset({"field_region", "field_item", "marker", "picture", "chart"})
_HIDDEN = frozenset({"invisible", "background"})  # layers nobody sees: hidden sheets, watermarks


def blocks_of(document: Mapping[str, Any]) -> list[Block]:
    """Blocks in reading order. Hidden sheets are left out; running headers, footers and the like are ``furniture``."""
    return [
        Block(
            id=f"b{order:04d}",
            order=order,
            kind=kind,
            text=text,
            place=place,
            level=_level(item, kind),
            table=grid,
            order_source="document",
            furniture=item.get("content_layer") == "furniture",
        )
        for order, (item, kind, text, grid, place) in enumerate(_contents(document))
    ]


def _contents(document: Mapping[str, Any]) -> Iterator[tuple[Item, str, str, Grid | None, Place]]:
    sizes = {int(number): page["size"] for number, page in document.get("pages", {}).items()}
    for found in elements(document):
        item = found.item
        if found.in_table or item.get("content_layer") in _HIDDEN:
            continue
        grid = _grid(item)
        label = str(item.get("label", ""))
        if grid is None and label in _SKIPPED:
            continue
        text = table_text(grid) if grid is not None else str(item.get("text", ""))
        if not text.strip():
            continue
        kind = "table" if grid is not None else _KINDS.get(label, label)
        yield item, kind, text, grid, _place(found, text, sizes)


def _level(item: Item, kind: str) -> int | None:
    if kind == "title":
        return 1
    return int(item.get("level") or 1) if kind == "section_header" else None


def _grid(item: Item) -> Grid | None:
    """Rows of a table, or of the numbers behind a chart. A cell that spans several is repeated in each."""
    data = item.get("data") or (item.get("meta") or {}).get("tabular_chart", {}).get("chart_data") or {}
    if not data.get("table_cells"):
        return None
    rows = [[""] * data["num_cols"] for _ in range(data["num_rows"])]
    for cell in data["table_cells"]:
        for row in range(cell["start_row_offset_idx"], min(cell["end_row_offset_idx"], data["num_rows"])):
            for column in range(cell["start_col_offset_idx"], min(cell["end_col_offset_idx"], data["num_cols"])):
                rows[row][column] = cell["text"]
    return tuple(tuple(row) for row in rows)


def _place(found: Found, text: str, sizes: Mapping[int, Mapping[str, float]]) -> Place:
    item = found.item
    provenance = next(iter(item.get("prov", ())), None)
    if found.sheet is not None and provenance is not None:
        return SheetPlace(sheet=found.sheet, cells=_cells(provenance["bbox"]))
    if found.on_slide and provenance is not None and provenance["page_no"] in sizes:
        number = provenance["page_no"]
        return SlidePlace(slide=number, quads=(_quad(provenance["bbox"], sizes[number]),))
    return ElementPlace(path=item["self_ref"], start=0, end=len(text))


def _cells(box: Mapping[str, float]) -> str:
    """docling counts columns and rows from 0 and gives the first ones behind the range."""
    left, top = int(box["l"]), int(box["t"])
    return str(CellRange(left, top, max(left, int(box["r"]) - 1), max(top, int(box["b"]) - 1)))


def _quad(box: Mapping[str, Any], size: Mapping[str, float]) -> Quad:
    """The box on the slide; the whole slide for what has no area there: speaker notes, shapes beside it or of no size."""
    width, height = size["width"] or 1.0, size["height"] or 1.0
    top, bottom = box["t"], box["b"]
    if box.get("coord_origin") == "BOTTOMLEFT":
        top, bottom = height - top, height - bottom
    quad = Quad.of_box(box["l"] / width, top / height, box["r"] / width, bottom / height)
    return quad if quad.area > 0 else WHOLE
