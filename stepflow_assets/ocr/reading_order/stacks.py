"""Cells that are wrapped: lines under each other, closer than what stands above and below them."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import median

from stepflow_assets.ocr.reading_order.segments import Segment

_TOUCHING = 1.05  # line heights from middle to middle: boxes of recognised lines are a little higher than their text …
_LEADED = 1.3  # … those of a text layer are not
_APART = 1.25  # so many times further from the lines of the next cell

Stack = list[Segment]


def is_measured(item: Segment) -> bool:
    """Whether the text was recognised: its box is measured on the picture, not taken from a font."""
    return item.cells[0].get("font_size") is None


def stacks(column: Sequence[Segment]) -> list[Stack]:
    """Lines of one column from top to bottom, those of a cell together. Where lines are evenly spaced nothing says which
    belong together, and each is a cell of its own."""
    lines = sorted(column, key=lambda item: item.middle)
    reach = _reach(lines)
    found: list[Stack] = []
    for line in lines:
        if found and line.middle - found[-1][-1].middle <= reach:
            found[-1].append(line)
        else:
            found.append([line])
    return found


def _reach(lines: Sequence[Segment]) -> float:
    """The distance up to which lines belong to one cell: between two kinds of distances that clearly differ; else -1."""
    pitches = sorted(below.middle - above.middle for above, below in zip(lines, lines[1:], strict=False))
    if len(pitches) < 2:
        return -1.0
    height = median(line.height for line in lines)
    widest = height * (_TOUCHING if is_measured(lines[0]) else _LEADED)
    ratio, reach = 1.0, -1.0
    for near, far in zip(pitches, pitches[1:], strict=False):
        if 0.3 * height < near <= widest and far / near > ratio:
            ratio, reach = far / near, sqrt(near * far)
    return reach if ratio >= _APART else -1.0


def level(few: Sequence[Stack], many: Sequence[Stack]) -> float:
    """Share of the cells on one side that stand beside a cell of the other which stands beside no further one."""
    owners: list[int | None] = []
    for stack in few:
        middle = (stack[0].y0 + stack[-1].y1) / 2
        owners.append(next((at for at, other in enumerate(many) if other[0].y0 <= middle <= other[-1].y1), None))
    return sum(owner is not None and owners.count(owner) == 1 for owner in owners) / len(few)
