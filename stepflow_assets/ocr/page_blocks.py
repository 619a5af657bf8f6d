"""Blocks of one page from its text layer, its recognised lines, or both. Runs in a worker process: files in, bytes out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stepflow_assets.documents.page import Route
from stepflow_assets.ocr.merging import not_in_layer, script_unread
from stepflow_assets.ocr.protocol import mean_confidence
from stepflow_assets.ocr.reading_order.blocks import OrderedBlock, ordered_blocks
from stepflow_assets.ocr.reading_order.segments import Cell


@dataclass(frozen=True)
class PageText:
    """``width`` and ``height`` in points, as displayed; ``layer`` and ``recognized`` are files with a JSON
    list of TextCell each (None: nothing there)."""

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


def blocks_of_pages(pages: Sequence[PageText]) -> list[PageBlocks]:
    """Of several pages in one call: what a call costs between processes is as much as the reading order."""
    return [blocks_of_page(page) for page in pages]


def blocks_of_page(page: PageText) -> PageBlocks:
    """Pure: equal files give equal bytes."""
    cells = _chosen(page.route, _load(page.layer), _load(page.recognized))
    found = ordered_blocks(cells, page.width, page.height)
    rows = [_block(index, block) for index, block in enumerate(found)]
    return PageBlocks(
        json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode() if rows else None,
        len(rows),
        sum(len(block.text.split()) for block in found),
        sum(len(block.text) for block in found),
        _confidence([cell for block in found for cell in block.cells]),
    )


def _chosen(route: Route, layer: list[Cell], recognized: list[Cell]) -> list[Cell]:
    match route:
        case Route.OCR:  # its layer is damaged, but more of it is right than of what was made up
            return layer if script_unread(recognized, layer) else recognized
        case Route.SCAN_TEXT:  # someone else's recognition is only kept where ours found nothing, or cannot have
            return layer if not recognized or script_unread(recognized, layer) else recognized
        case Route.HYBRID:
            return layer + not_in_layer(recognized, layer)
        case _:
            return layer


def _load(file: str | None) -> list[Cell]:
    if file is None:
        return []
    cells: list[Cell] = json.loads(Path(file).read_bytes())
    return cells


def _block(index: int, block: OrderedBlock) -> dict[str, Any]:
    """A Block as JSON, by hand: validating what was just built would cost more than building it."""
    points = [point for cell in block.cells for point in cell["quad"]["points"]]
    left, top = min(x for x, _ in points), min(y for _, y in points)
    right, bottom = max(x for x, _ in points), max(y for _, y in points)
    kinds = {cell["confidence"]["kind"] for cell in block.cells if cell.get("confidence")}
    value = _confidence(block.cells)
    return {
        "id": f"b{index:04d}",
        "order": index,
        "kind": block.kind.label,
        "text": block.text,
        "quad": {"points": [[left, top], [right, top], [right, bottom], [left, bottom]]},
        "place": None,
        "level": block.kind.level,
        "table": block.table,
        "confidence": {"value": value, "kind": kinds.pop()} if value is not None and len(kinds) == 1 else None,
        "order_source": "xycut",
        "furniture": block.kind.furniture,
        "lines": block.cells,
    }


def _confidence(cells: Sequence[Cell]) -> float | None:
    return mean_confidence([(cell["text"], cell["confidence"]["value"]) for cell in cells if cell.get("confidence")])
