"""Text broken into lines that fit a width, each knowing which characters of the text it holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stepflow_assets.chunks.tokenizer import words
from stepflow_assets.evidence.fonts import Face


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
        while face.width(text[start:stop]) > width and stop - start > 1:
            cut = start + 1
            while cut < stop and face.width(text[start : cut + 1]) <= width:
                cut += 1
            yield start, cut
            start = cut
        yield start, stop


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
