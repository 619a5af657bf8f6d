"""Text broken into lines that fit a width, each knowing which characters of the text it holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stepflow_assets.chunks.tokenizer import words
from stepflow_assets.evidence.fonts import Face

_FIRST_LOOK = 64  # characters


@dataclass(frozen=True)
class Line:
    """Characters ``start`` to ``end`` of the text."""

    start: int
    end: int


def wrap(text: str, face: Face, width: float) -> list[Line]:
    """Lines in order; breaks at spaces and between ideographs, inside a word only when it is wider than the line."""
    lines: list[Line] = []
    position = 0
    for paragraph in text.split("\n"):
        lines.extend(
            Line(position + line.start, position + line.end) for line in _wrap_paragraph(paragraph, face, width)
        )
        position += len(paragraph) + 1
    return lines


def _wrap_paragraph(text: str, face: Face, width: float) -> Iterator[Line]:
    begin, end, used = 0, 0, 0.0
    for start, stop in _parts(text, face, width):
        size = face.width(text[end:stop])
        if end > begin and used + size > width:
            yield Line(begin, end)
            begin, used, size = start, 0.0, face.width(text[start:stop])
        used += size
        end = stop
    yield Line(begin, end)


def _parts(text: str, face: Face, width: float) -> Iterator[tuple[int, int]]:
    for start, stop in words(text):
        while start < stop:
            cut = _fitting(text, start, stop, face, width)
            yield start, cut
            start = cut


def _fitting(text: str, start: int, stop: int, face: Face, width: float) -> int:
    """The end of what fits one line, at least one character. Looks at little more than that, however long the word."""
    high = min(start + _FIRST_LOOK, stop)
    while high < stop and face.width(text[start:high]) <= width:
        high = min(start + 2 * (high - start), stop)
    if face.width(text[start:high]) <= width:
        return high
    low = start + 1
    while low < high - 1:
        middle = (low + high) // 2
        low, high = (middle, high) if face.width(text[start:middle]) <= width else (low, middle)
    return low


def shortened(text: str, face: Face, width: float) -> str:
    """The text in one line, with an ellipsis where it does not fit."""
    if face.width(text) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if face.width(text[:middle] + "…") <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…"
