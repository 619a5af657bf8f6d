"""Text layer and recognition of the same page: which lines of the second the first has not, and when the second cannot
have read what the first says."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence

from stepflow_assets.ocr.reading_order.segments import Cell

_COVERED = 0.5  # of a recognised line's box
_MOST, _HARDLY_ANY = 0.5, 0.1  # of a text's letters
_UNTELLING = ("LATIN", "CJK")  # what recognition reads, and what broken layers look like
Box = tuple[float, float, float, float]


def not_in_layer(recognized: Sequence[Cell], layer: Sequence[Cell]) -> list[Cell]:
    """Recognised lines that the text layer covers by less than half."""
    boxes = [_box(cell) for cell in layer]
    return [cell for cell in recognized if _covered(_box(cell), boxes) < _COVERED]


def script_unread(recognized: Sequence[Cell], layer: Sequence[Cell]) -> bool:
    """Whether the layer is in a script of which recognition saw nothing: then what it saw is made up of other letters."""
    shares = _scripts(layer)
    script = max(shares, key=lambda name: shares[name], default="LATIN")
    if script in _UNTELLING or shares[script] < _MOST:
        return False
    return _scripts(recognized).get(script, 0.0) < _HARDLY_ANY


def _scripts(cells: Sequence[Cell]) -> dict[str, float]:
    """Shares of the letters, by the first word of their Unicode names: LATIN, CYRILLIC, HEBREW, …"""
    letters = Counter(char for cell in cells for char in cell["text"] if char.isalpha())
    found: Counter[str] = Counter()
    for char, count in letters.items():
        found[unicodedata.name(char, "unnamed").partition(" ")[0]] += count
    return {name: count / letters.total() for name, count in found.items()}


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
