"""A cheap look at a page's picture: is it full of tables, so that the stronger (and slower) route is worth it?

Two signs, either is enough: a grid of ruled lines, or rows of short runs of text that stand below each other in columns.
Columns of running text are no table: their lines fill the width of their column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np

from stepflow_assets.errors import ProviderError
from stepflow_assets.ocr.upright import lies_sideways, skew_of, straightened

Pixels = Any  # numpy array, height x width, uint8

_LONG_SIDE = 800  # pixels: about 70 dpi
_CROSSINGS = 12  # of ruled lines in one grid: six cells
_LINES = 3  # each way
_COMPLETE = 0.4  # of all crossings that the lines of a grid could have; cells may span
_SAME_LINE = 5  # pixels
_THICK = 7  # pixels: no ruled line, no letter of running text
_GRID_AREA = 0.015  # of the page
_ROWS = 4  # rows that stand in the same columns
_COLUMNS = 3
_FULL = 0.8  # of a row's width: rows filled more are running text
_SPACE = 1.5  # heights of text: a wider gap parts two cells
_APART = 8.0  # heights of text between two rows of a table
_ALIGNED = 0.8  # heights of text by which the edges of cells may differ


@dataclass(frozen=True)
class TableLook:
    """``crossings``: of ruled lines in the largest grid. ``rows``: most that stand in the same columns."""

    crossings: int
    rows: int

    @property
    def is_table(self) -> bool:
        return self.crossings >= _CROSSINGS or self.rows >= _ROWS


def looks_like_table(path: str) -> bool:
    """Raises ProviderError for a file that cannot be decoded as a picture."""
    pixels = cv2.imread(path, cv2.IMREAD_GRAYSCALE)
    if pixels is None:
        raise ProviderError("the page picture cannot be decoded", retryable=False)
    return look_at(pixels).is_table


def look_at(picture: Pixels) -> TableLook:
    """What is seen, in the direction in which the text of the page runs."""
    scale = _LONG_SIDE / max(picture.shape[:2])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else picture
    if min(small.shape[:2]) < 20:
        return TableLook(0, 0)
    if lies_sideways(small):
        small = np.ascontiguousarray(small.T)
    skew = skew_of(small)
    if skew:
        small = straightened(small, skew)[0]
    ink = cv2.adaptiveThreshold(small, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 25, 12)
    solid = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((_THICK, _THICK), np.uint8))  # pictures, bars, headlines
    ink = cv2.subtract(ink, cv2.dilate(solid, np.ones((3, 3), np.uint8)))
    rules, crossings = _grid(ink)
    return TableLook(crossings, _rows(cv2.subtract(ink, rules)))


def _grid(ink: Pixels) -> tuple[Pixels, int]:
    """The ruled lines, and how many of them cross in the largest grid: a figure's lines cross too, but not each with each."""
    height, width = ink.shape
    across = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, max(20, width // 25)), np.uint8))
    along = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((max(14, height // 45), 1), np.uint8))
    thick = np.ones((3, 3), np.uint8)
    across, along = cv2.dilate(across, thick), cv2.dilate(along, thick)
    rules = cv2.bitwise_or(across, along)
    crossed = cv2.bitwise_and(across, along)
    if not crossed.any():
        return rules, 0
    _, marks, boxes, _ = cv2.connectedComponentsWithStats(rules)
    _, _, _, points = cv2.connectedComponentsWithStats(crossed)
    at = points[1:].round().astype(int)
    owners = marks[at[:, 1], at[:, 0]]
    areas = boxes[:, cv2.CC_STAT_WIDTH] * boxes[:, cv2.CC_STAT_HEIGHT]
    large = [mark for mark in range(1, len(boxes)) if areas[mark] > _GRID_AREA * ink.size]
    return rules, max((_regular(at[owners == mark]) for mark in large), default=0)


def _regular(points: Any) -> int:
    """The crossings, where they are those of at least three lines with three, and most of these cross; else 0."""
    columns, rows = _distinct(points[:, 0]), _distinct(points[:, 1])
    if min(columns, rows) < _LINES or len(points) < _COMPLETE * columns * rows:
        return 0
    return len(points)


def _distinct(places: Any) -> int:
    return int((np.diff(np.sort(places)) > _SAME_LINE).sum()) + 1 if len(places) else 0


@dataclass(frozen=True)
class _Run:
    left: int
    right: int
    middle: float


def _rows(text: Pixels) -> int:
    """The longest chain of rows of short runs of which each stands in the columns of the one before."""
    heights = cv2.connectedComponentsWithStats(text)[2][1:, cv2.CC_STAT_HEIGHT]
    letters = heights[(heights >= 3) & (heights <= 40)]
    if len(letters) < 20:
        return 0
    size = float(np.median(letters))
    gap = np.ones((1, max(3, round(_SPACE * size))), np.uint8)
    boxes = cv2.connectedComponentsWithStats(cv2.morphologyEx(text, cv2.MORPH_CLOSE, gap))[2][1:]
    runs = [
        _Run(int(left), int(left + width), top + height / 2)
        for left, top, width, height, _ in boxes
        if 0.5 * size <= height <= 3 * size and width >= 0.5 * size
    ]
    longest = chain = 1
    for above, below in pairwise(row for row in _by_height(runs, size) if _is_cells(row)):
        near = below[0].middle - above[0].middle < _APART * size
        chain = chain + 1 if near and _in_columns(above, below, size) else 1
        longest = max(longest, chain)
    return longest if longest > 1 else 0


def _by_height(runs: Sequence[_Run], size: float) -> list[list[_Run]]:
    rows: list[list[_Run]] = []
    for run in sorted(runs, key=lambda run: run.middle):
        if rows and run.middle - rows[-1][0].middle < 0.6 * size:
            rows[-1].append(run)
        else:
            rows.append([run])
    return [sorted(row, key=lambda run: run.left) for row in rows]


def _is_cells(row: Sequence[_Run]) -> bool:
    return len(row) >= _COLUMNS and sum(run.right - run.left for run in row) < _FULL * (row[-1].right - row[0].left)


def _in_columns(above: Sequence[_Run], below: Sequence[_Run], size: float) -> bool:
    return sum(any(_aligned(one, other, _ALIGNED * size) for other in above) for one in below) >= _COLUMNS


def _aligned(one: _Run, other: _Run, slack: float) -> bool:
    left, right = one.left - other.left, one.right - other.right
    return min(abs(left), abs(right), abs(left + right) / 2) <= slack
