"""Words with quads of any direction to the lines they stand on, in the order they were read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from stepflow_assets.documents.geometry import Point
from stepflow_assets.ocr.protocol import mean_confidence

_GAP = 2.0  # heights: a wider gap is a column's or a cell's, not a space
_BACK = 0.5  # heights by which words may overlap along the line
_OFF = 0.5  # heights by which they may stand beside the line


@dataclass(frozen=True)
class PlacedWord:
    """``corners`` in pixels, clockwise from where the text starts (for scripts from right to left: from its left)."""

    text: str
    confidence: float
    corners: tuple[Point, Point, Point, Point]

    @classmethod
    def around(cls, words: Sequence[PlacedWord]) -> PlacedWord:
        """One for all of them, along the direction of the longest."""
        if len(words) == 1:
            return words[0]
        frame = _Frame(max(words, key=lambda word: len(word.text)))
        at = [frame.at(corner) for word in words for corner in word.corners]
        left, right = min(x for x, _ in at), max(x for x, _ in at)
        top, bottom = min(y for _, y in at), max(y for _, y in at)
        corners = frame.back(left, top), frame.back(right, top), frame.back(right, bottom), frame.back(left, bottom)
        confidence = mean_confidence([(word.text, word.confidence) for word in words]) or 0.0
        return cls(" ".join(word.text for word in words), confidence, corners)

    def spans(self, words: Sequence[PlacedWord]) -> list[tuple[int, int, float, float]]:
        """For each of the words this is made of: its characters, and the shares of the length between which it stands."""
        frame = _Frame(self)
        length = max(math.dist(self.corners[0], self.corners[1]), 1e-6)
        spans, end = [], -1
        for word in words:
            start, end = end + 1, end + 1 + len(word.text)
            along = [frame.at(corner)[0] / length for corner in word.corners]
            spans.append((start, end, round(max(min(along), 0.0), 5), round(min(max(along), 1.0), 5)))
        return spans


def joined(words: Sequence[PlacedWord]) -> list[list[PlacedWord]]:
    """Runs of words that follow each other closely on one line."""
    runs: list[list[PlacedWord]] = []
    for word in words:
        if runs and _follows(runs[-1][-1], word):
            runs[-1].append(word)
        else:
            runs.append([word])
    return runs


def _follows(word: PlacedWord, following: PlacedWord) -> bool:
    frame = _Frame(word)
    height = max(math.dist(word.corners[0], word.corners[3]), 1e-6)
    length = math.dist(word.corners[0], word.corners[1])
    at = [frame.at(corner) for corner in following.corners]
    begins, ends = min(x for x, _ in at), max(x for x, _ in at)
    ahead, behind = begins - length, -ends  # to the right, or for scripts from right to left, to the left
    beside = sum(y for _, y in at) / 4 - height / 2
    return abs(beside) < _OFF * height and any(-_BACK * height < gap < _GAP * height for gap in (ahead, behind))


class _Frame:
    """Coordinates along a word and across it, from its first corner."""

    def __init__(self, word: PlacedWord) -> None:
        (self._x, self._y), (x, y) = word.corners[:2]
        length = max(math.hypot(x - self._x, y - self._y), 1e-6)
        self._cosine, self._sine = (x - self._x) / length, (y - self._y) / length

    def at(self, point: Point) -> Point:
        x, y = point[0] - self._x, point[1] - self._y
        return x * self._cosine + y * self._sine, y * self._cosine - x * self._sine

    def back(self, along: float, across: float) -> Point:
        return (
            self._x + along * self._cosine - across * self._sine,
            self._y + along * self._sine + across * self._cosine,
        )
