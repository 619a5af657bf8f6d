"""Tesseract's TSV to lines with words.

Its blocks, paragraphs and their order are not used: on tables and skewed pages they tear lines apart (notes/ocr 2.3), and
one rule of reading order for all providers (XY-cut) is what keeps a fallback's page like the others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from stepflow_assets.ocr.protocol import mean_confidence

Corner = tuple[float, float]

_WORD = "5"  # the level of words in the first column
_COLUMN_GAP = 2.0  # heights: a wider gap is a column's or a cell's, not a space
_STEEP = math.tan(math.radians(12))  # more than any skew that is left in an upright picture


@dataclass(frozen=True)
class Word:
    """``confidence`` 0..1; the box in pixels of the picture that tesseract got."""

    text: str
    confidence: float
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top


@dataclass(frozen=True)
class TesseractLine:
    """``corners`` clockwise from the top left, along the slope of the line. ``spans``: for each word the characters of the
    text it has, and the share of the line's length at which it begins and ends."""

    text: str
    confidence: float
    corners: tuple[Corner, Corner, Corner, Corner]
    spans: tuple[tuple[int, int, float, float], ...]


def words_of(tsv: str) -> list[list[Word]]:
    """The words by tesseract's lines, in its order; the empty ones, which it finds in rules and specks, are left out."""
    lines: dict[tuple[str, ...], list[Word]] = {}
    for row in tsv.splitlines()[1:]:
        cells = row.split("\t")
        if len(cells) < 12 or cells[0] != _WORD or not cells[11].strip():
            continue
        left, top, width, height = (float(value) for value in cells[6:10])
        word = Word(cells[11].strip(), _share(float(cells[10])), left, top, left + width, top + height)
        lines.setdefault(tuple(cells[1:5]), []).append(word)
    return list(lines.values())


def lines_of(words: Iterable[Sequence[Word]]) -> list[TesseractLine]:
    """One line for each run of words that no wide gap parts."""
    return [_line(run) for line in words for run in _runs(line)]


def runs_down(lines: Iterable[Sequence[Word]]) -> bool | None:
    """Whether most text runs down the picture (True) or up (False); None: across, as it should."""
    down = up = across = 0
    for words in lines:
        characters = sum(len(word.text) for word in words)
        if not _stands(words):
            across += characters
        elif _middle(words[-1])[1] >= _middle(words[0])[1]:
            down += characters
        else:
            up += characters
    return None if across >= down + up else down > up


def _stands(words: Sequence[Word]) -> bool:
    """Whether a line runs along the height of the picture."""
    if len(words) > 1:
        (x0, y0), (x1, y1) = _middle(words[0]), _middle(words[-1])
        return abs(y1 - y0) > abs(x1 - x0)
    return len(words[0].text) > 2 and words[0].height > 1.5 * (words[0].right - words[0].left)


def _middle(word: Word) -> Corner:
    return (word.left + word.right) / 2, (word.top + word.bottom) / 2


def _runs(words: Sequence[Word]) -> list[list[Word]]:
    gap = _COLUMN_GAP * median(word.height for word in words)
    runs = [[words[0]]]
    for word in words[1:]:
        last = runs[-1][-1]
        apart = max(word.left - last.right, last.left - word.right)  # whichever way the line runs
        if apart > gap:
            runs.append([word])
        else:
            runs[-1].append(word)
    return runs


def _line(words: Sequence[Word]) -> TesseractLine:
    """Standing lines are laid down for it, a quarter turn, and their corners turned back."""
    if not _stands(words):
        return _lying(words)
    down = _middle(words[-1])[1] >= _middle(words[0])[1]
    laid = [
        Word(word.text, word.confidence, word.top, -word.right, word.bottom, -word.left)
        if down
        else Word(word.text, word.confidence, -word.bottom, word.left, -word.top, word.right)
        for word in words
    ]
    line = _lying(laid)
    first, second, third, fourth = ((-y, x) if down else (y, -x) for x, y in line.corners)
    return replace(line, corners=(first, second, third, fourth))


def _lying(words: Sequence[Word]) -> TesseractLine:
    left, right = min(word.left for word in words), max(word.right for word in words)
    slope = _slope(words)
    middle = (left + right) / 2
    top = min(word.top - slope * (_middle(word)[0] - middle) for word in words)
    bottom = max(word.bottom - slope * (_middle(word)[0] - middle) for word in words)
    down, up = slope * (left - middle), slope * (right - middle)
    length = max(right - left, 1.0)
    text = ""
    spans: list[tuple[int, int, float, float]] = []
    for word in words:
        start = len(text) + (1 if text else 0)
        text = f"{text} {word.text}" if text else word.text
        begins, ends = (round((edge - left) / length, 5) for edge in (word.left, word.right))
        spans.append((start, len(text), begins, ends))
    confidence = mean_confidence([(word.text, word.confidence) for word in words]) or 0.0
    corners = ((left, top + down), (right, top + up), (right, bottom + up), (left, bottom + down))
    return TesseractLine(text, confidence, corners, tuple(spans))


def _slope(words: Sequence[Word]) -> float:
    """Median slope of the feet of the words, which stand on one line; 0 where too few say."""
    if len(words) < 3:
        return 0.0
    slopes = [
        (one.bottom - other.bottom) / (_middle(one)[0] - _middle(other)[0])
        for index, one in enumerate(words)
        for other in words[:index]
        if abs(_middle(one)[0] - _middle(other)[0]) > one.height
    ]
    slope = median(slopes) if slopes else 0.0
    return slope if abs(slope) < _STEEP else 0.0


def _share(percent: float) -> float:
    return round(min(max(percent / 100, 0.0), 1.0), 5)
