"""Blocks of one page from its text layer, from what was recognised, or both. Runs in a worker process: files in, bytes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_core import from_json, to_json

from stepflow_assets.documents.page import Route
from stepflow_assets.documents.table_cells import placed_cells
from stepflow_assets.ocr.engine_blocks import block_row, has_text, woven
from stepflow_assets.ocr.merging import not_in_layer, script_unread
from stepflow_assets.ocr.protocol import mean_confidence
from stepflow_assets.ocr.reading_order.blocks import OrderedBlock, ordered_blocks
from stepflow_assets.ocr.reading_order.segments import Cell


@dataclass(frozen=True)
class PageText:
    """``width`` and ``height`` in points, as displayed; ``layer`` is a file with a JSON list of TextCell, ``recognized`` one
    with a RecognizedPage (None: nothing there)."""

    route: Route
    width: float
    height: float
    layer: str | None
    recognized: str | None


@dataclass(frozen=True)
class PageBlocks:
    """``blocks`` is a JSON list of Block (None: no text). ``confidence`` is of the recognised text, by characters."""

    blocks: bytes | None
    count: int
    words: int
    characters: int
    confidence: float | None


@dataclass(frozen=True)
class _Chosen:
    """What a page is made of: lines to be put in order, blocks of the engine's own, and its lines, which say where those stand."""

    cells: list[Cell]
    blocks: list[dict[str, Any]]
    lines: list[Cell]


def blocks_of_pages(pages: Sequence[PageText]) -> list[PageBlocks]:
    """Of several pages in one call: what a call costs between processes is as much as the reading order."""
    return [blocks_of_page(page) for page in pages]


def blocks_of_page(page: PageText) -> PageBlocks:
    """Pure: equal files give equal bytes."""
    layer = _load(page.layer) or []
    read = _load(page.recognized) or {"lines": [], "blocks": []}
    chosen = _chosen(page.route, layer, read["lines"], [block for block in read["blocks"] if has_text(block)])
    rows = [_block(block) for block in ordered_blocks(chosen.cells, page.width, page.height)]
    if chosen.blocks:
        rows = woven([block_row(block, chosen.lines) for block in chosen.blocks], rows)
    rows = [{"id": f"b{index:04d}", "order": index, **row} for index, row in enumerate(rows)]
    return PageBlocks(
        to_json(rows) if rows else None,
        len(rows),
        sum(len(row["text"].split()) for row in rows),
        sum(len(row["text"]) for row in rows),
        _confidence([said for row in rows for said in ([row] if row["order_source"] == "engine" else row["lines"])]),
    )


def _chosen(route: Route, layer: list[Cell], lines: list[Cell], blocks: list[dict[str, Any]]) -> _Chosen:
    """An engine's own blocks have all that it read: beside them its lines are no text of their own."""
    read = blocks or lines
    match route:
        case Route.SCAN_TEXT if not read or script_unread(read, layer):
            return _Chosen(layer, [], [])  # someone else's recognition: only where ours found nothing, or cannot have
        case Route.OCR if read and script_unread(read, layer):
            return _Chosen(layer, [], [])  # its layer is damaged, but more of it is right than of what was made up
        case Route.OCR | Route.SCAN_TEXT:
            return _Chosen([] if blocks else lines, blocks, lines)
        case Route.HYBRID if blocks:
            fresh = not_in_layer([block for block in blocks if block["quad"] is not None], layer)
            kept = [block for block in blocks if block["quad"] is None or any(block is one for one in fresh)]
            return _Chosen(layer, kept, lines)
        case Route.HYBRID:
            return _Chosen(layer + not_in_layer(lines, layer), [], [])
        case _:
            return _Chosen(layer, [], [])


def _load(file: str | None) -> Any:
    return from_json(Path(file).read_bytes()) if file is not None else None


def _block(block: OrderedBlock) -> dict[str, Any]:
    """A Block as JSON but for its id and order, by hand: validating what was just built would cost more than building it."""
    points = [point for cell in block.cells for point in cell["quad"]["points"]]
    left, top = min(x for x, _ in points), min(y for _, y in points)
    right, bottom = max(x for x, _ in points), max(y for _, y in points)
    kinds = {cell["confidence"]["kind"] for cell in block.cells if cell.get("confidence")}
    value = _confidence(block.cells)
    return {
        "kind": block.kind.label,
        "text": block.text,
        "quad": {"points": [[left, top], [right, top], [right, bottom], [left, bottom]]},
        "place": None,
        "level": block.kind.level,
        "table": block.table,
        "confidence": {"value": value, "kind": kinds.pop()} if value is not None and len(kinds) == 1 else None,
        "order_source": "xycut",
        "furniture": block.kind.furniture,
        "lines": list(block.cells),
        **({"cells": placed_cells(block.table, block.cells)} if block.table else {}),
    }


def _confidence(cells: Sequence[Cell]) -> float | None:
    return mean_confidence([(cell["text"], cell["confidence"]["value"]) for cell in cells if cell.get("confidence")])
