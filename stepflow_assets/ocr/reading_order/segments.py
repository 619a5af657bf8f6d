"""Lines in an upright frame: quads turned by the page's own angle, so that everything after is boxes.

Turning the corner coordinates instead of the pixels is what makes skewed scans read in order (notes/ocr 2.4).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

Cell = Mapping[str, Any]
"""A TextCell as JSON: text, quad, confidence, font_size, bold."""

_WIDE = 0.10  # of the page width: only such lines say how the page is skewed
_SNAP = math.radians(20)  # a line further off the page's direction is read apart
_SHORT = 3  # characters: too few to have a direction of their own
_JOINT = 0.35  # heights between pieces of a line that differ in style; what a recogniser kept apart stays apart
_TIGHT = 0.12  # nearer than this, no space is between them
_RTL = frozenset({"R", "AL"})
_NARROW = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")


@dataclass(slots=True)
class Segment:
    """One run of text on a line: its pieces in reading order, box in the upright frame, y downwards."""

    cells: list[Cell]
    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    bold: bool
    rtl: bool

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def middle(self) -> float:
        return (self.y0 + self.y1) / 2


def directions(cells: Sequence[Cell], width: float, height: float) -> list[list[Segment]]:
    """Segments by direction of the text, the page's main direction first: each is ordered on its own.

    A vertical line in the margin of an upright page, or a table set sideways, is such a group.
    """
    quads = [[(x * width, y * height) for x, y in cell["quad"]["points"]] for cell in cells]
    angles = [math.atan2(quad[1][1] - quad[0][1], quad[1][0] - quad[0][0]) for quad in quads]
    lengths = [math.dist(quad[0], quad[1]) for quad in quads]
    main = _main_angle(angles, lengths, width)
    groups: dict[int, list[int]] = {}
    for index, angle in enumerate(angles):
        off = _difference(angle, main)
        quarter = 0 if len(cells[index]["text"]) <= _SHORT or abs(off) < _SNAP else round(off / (math.pi / 2)) % 4
        groups.setdefault(quarter, []).append(index)
    ordered = sorted(groups.items(), key=lambda item: (item[0] != 0, item[0]))
    return [
        _merged([_segment(cells[index], quads[index], main + quarter * math.pi / 2) for index in members])
        for quarter, members in ordered
    ]


def _main_angle(angles: Sequence[float], lengths: Sequence[float], width: float) -> float:
    """Median angle of the wide lines around the direction in which most text runs."""
    weights = [0.0] * 4
    for angle, length in zip(angles, lengths, strict=True):
        weights[round(angle / (math.pi / 2)) % 4] += length
    quarter = weights.index(max(weights)) * math.pi / 2
    near = [
        (_difference(angle, quarter), length)
        for angle, length in zip(angles, lengths, strict=True)
        if abs(_difference(angle, quarter)) < math.pi / 4
    ]
    wide = [off for off, length in near if length > _WIDE * width] or [off for off, _ in near]
    skew = median(wide) if wide else 0.0
    return quarter + (skew if abs(skew) > 0.001 else 0.0)


def _difference(angle: float, other: float) -> float:
    return math.remainder(angle - other, 2 * math.pi)


def _segment(cell: Cell, quad: Sequence[tuple[float, float]], angle: float) -> Segment:
    cosine, sine = math.cos(angle), math.sin(angle)
    xs = [x * cosine + y * sine for x, y in quad]
    ys = [y * cosine - x * sine for x, y in quad]
    x0, y0, x1, y1 = min(xs), min(ys), max(xs), max(ys)
    thickness = max(math.dist(quad[1], quad[2]), math.dist(quad[0], quad[3]))
    if y1 - y0 > thickness > 0:  # what is left of a line's own skew must not make it overlap its neighbours
        y0, y1 = (y0 + y1 - thickness) / 2, (y0 + y1 + thickness) / 2
    size = cell.get("font_size") or (y1 - y0) * 0.72
    text = cell["text"]
    return Segment([cell], text, x0, y0, x1, max(y1, y0 + 0.1), max(size, 0.1), bool(cell.get("bold")), is_rtl(text))


def _merged(pieces: list[Segment]) -> list[Segment]:
    """Pieces that stand close together on one line, as one segment."""
    pieces.sort(key=lambda piece: (piece.x0, piece.y0))
    ends: dict[int, list[Segment]] = {}  # by height on the page, in stripes, so that only neighbours are looked at
    stripe = 2 * median(piece.y1 - piece.y0 for piece in pieces)
    done: list[Segment] = []
    for piece in pieces:
        at = int(piece.middle // stripe)
        near = [end for key in (at - 1, at, at + 1) for end in ends.get(key, ())]
        home = next((end for end in reversed(near) if _continues(end, piece)), None)
        if home is None:
            ends.setdefault(at, []).append(piece)
            done.append(piece)
        else:
            _append(home, piece)
    return done


def _continues(end: Segment, piece: Segment) -> bool:
    height, other = end.y1 - end.y0, piece.y1 - piece.y0
    lower = min(height, other)
    gap = piece.x0 - end.x1
    joint = _JOINT if piece.cells[0].get("font_size") else 0.0
    return (
        -0.6 * lower <= gap <= joint * lower
        and min(end.y1, piece.y1) - max(end.y0, piece.y0) >= 0.6 * lower
        and max(height, other) <= 2.2 * lower
    )


def _append(end: Segment, piece: Segment) -> None:
    tight = piece.x0 - end.x1 < _TIGHT * min(end.height, piece.height)
    if len(piece.text) > len(end.text):
        end.size = piece.size
        end.bold = piece.bold
    rtl = end.rtl or piece.rtl
    end.cells = [*piece.cells, *end.cells] if rtl else [*end.cells, *piece.cells]
    first, second = (piece.text, end.text) if rtl else (end.text, piece.text)
    end.text = first + ("" if tight else " ") + second
    end.rtl = rtl
    end.x1, end.y0, end.y1 = max(end.x1, piece.x1), min(end.y0, piece.y0), max(end.y1, piece.y1)


def is_rtl(text: str) -> bool:
    """Whether most of its letters are of a script that runs from right to left."""
    if text.isascii():
        return False
    kinds = [unicodedata.bidirectional(char) for char in text]
    right = sum(kind in _RTL for kind in kinds)
    return right > kinds.count("L")


def is_narrow(text: str) -> bool:
    """Whether it is written without spaces between words (Chinese, Japanese): its lines join without one."""
    return bool(_NARROW.search(text))


def mostly_rtl(segments: Iterable[Segment]) -> bool:
    balance = sum(len(segment.text) if segment.rtl else -len(segment.text) for segment in segments)
    return balance > 0
