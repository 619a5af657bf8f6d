"""Hybrid pages: the text layer first, and recognised lines only where it has no text."""

from __future__ import annotations

from collections.abc import Sequence

from stepflow_assets.ocr.reading_order.segments import Cell

_COVERED = 0.5  # of a recognised line's box
Box = tuple[float, float, float, float]


def not_in_layer(recognized: Sequence[Cell], layer: Sequence[Cell]) -> list[Cell]:
    """Recognised lines that the text layer covers by less than half."""
    boxes = [_box(cell) for cell in layer]
    return [cell for cell in recognized if _covered(_box(cell), boxes) < _COVERED]


def _covered(box: Box, others: Sequence[Box]) -> float:
    """Share of the box under others. Text hardly overlaps text, so their areas are simply added."""
    left, top, right, bottom = box
    area = (right - left) * (bottom - top)
    if area <= 0:
        return 1.0
    shared = 0.0
    for x0, y0, x1, y1 in others:
        width, height = min(right, x1) - max(left, x0), min(bottom, y1) - max(top, y0)
        if width > 0 and height > 0:
            shared += width * height
    return shared / area


def _box(cell: Cell) -> Box:
    xs, ys = zip(*cell["quad"]["points"], strict=True)
    return min(xs), min(ys), max(xs), max(ys)
