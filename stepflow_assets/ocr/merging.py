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
    """Recognised lines that the text layer covers by less than half, and does not say where they touch it: a recogniser's
    boxes are wider than their text, so that of a short line most lies beside the layer's."""
    boxes = [_box(cell) for cell in layer]
    return [
        cell
        for cell in recognized
        if _covered(box := _box(cell), boxes) < _COVERED and not _said(cell, box, layer, boxes)
    ]


def _said(cell: Cell, box: Box, layer: Sequence[Cell], boxes: Sequence[Box]) -> bool:
    letters = _letters(cell["text"])
    return bool(letters) and any(
        letters in _letters(other["text"]) for other, at in zip(layer, boxes, strict=True) if _shared(box, at) > 0
    )


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


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
    return sum(_shared(box, other) for other in others) / area


def _shared(one: Box, other: Box) -> float:
    width, height = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    return width * height if width > 0 and height > 0 else 0.0


def _box(cell: Cell) -> Box:
    xs, ys = zip(*cell["quad"]["points"], strict=True)
    return min(xs), min(ys), max(xs), max(ys)
