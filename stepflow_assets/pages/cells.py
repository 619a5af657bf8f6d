"""Text cells of a page: words of one line, close together and in one direction, as text with a quad."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stepflow_assets.pages.frame import PageFrame
from stepflow_assets.pages.words import LINE_END_HYPHENS, Style, Word

_GAP = 1.2  # a wider gap than this many font sizes ends a cell: the next column, or the next cell of a table
_SHIFT = 0.6  # a word may sit this many font sizes off the line: super- and subscripts
_TIGHT = 0.15  # below this gap two words are one
_EDGE = 0.002
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060\ufeff\uffff]")
_PRESENTATION = re.compile(
    r"[\ufb00-\ufdff\ufe70-\ufefc]+"
)  # ligatures and Arabic forms: searched for as plain letters


@dataclass(frozen=True, slots=True)
class Cell:
    """``points`` are the four corners on the displayed page, 0..1, clockwise from where the text starts."""

    text: str
    points: tuple[tuple[float, float], ...]
    size: float
    bold: bool

    @property
    def box(self) -> tuple[float, float, float, float]:
        xs, ys = [x for x, _ in self.points], [y for _, y in self.points]
        return min(xs), min(ys), max(xs), max(ys)


# PDFium loses the space where text turns from left-to-right to right-to-left; the other turn may rightly have none.
_LOST_SPACE = re.compile(r"([A-Za-z])([\u0590-\u06ff])")


def cells_of(words: Iterable[Word], frame: PageFrame) -> list[Cell]:
    """Cells in the text layer's order. What lies outside the displayed page (cropped away) is left out."""
    runs: list[list[Word]] = []
    for word in words:
        if runs and _continues(runs[-1], word):
            runs[-1].append(word)
        else:
            runs.append([word])
    found = (_cell(run, frame) for run in runs)
    return [cell for cell in found if cell is not None]


def clean(text: str) -> str:
    """Printable text: line-end hyphens are ``-``, control and invisible characters go, ligatures are their letters."""
    if text.isascii() and text.isprintable():
        return text.strip()
    for hyphen in LINE_END_HYPHENS:
        text = text.replace(hyphen, "-")
    text = _UNPRINTABLE.sub("", text.replace("\xad", "-"))
    text = _PRESENTATION.sub(lambda match: unicodedata.normalize("NFKC", match.group()), text)
    return unicodedata.normalize("NFC", _LOST_SPACE.sub(r"\1 \2", text)).strip()


def to_json(cells: Sequence[Cell]) -> bytes:
    """A JSON list of ``TextCell`` (documents.page), written by hand: pydantic would cost more than reading the page."""
    rows = [
        {
            "text": cell.text,
            "quad": {"points": cell.points},
            "confidence": None,
            "font_size": cell.size,
            "bold": cell.bold,
        }
        for cell in cells
    ]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()


def _continues(run: list[Word], word: Word) -> bool:
    last = run[-1]
    if not _same_direction(last.style, word.style):
        return False
    size = max(last.style.size, word.style.size)
    if word.joint == "\n" and not _follows(last, word, size):
        return False
    widest = _GAP * size
    if word.u0 - last.u1 > widest or last.u0 - word.u1 > widest:  # either side: right-to-left text goes the other way
        return False
    return abs((word.v0 + word.v1) - (last.v0 + last.v1)) / 2 <= _SHIFT * size


def _follows(last: Word, word: Word, size: float) -> bool:
    """PDFium also breaks lines at super- and subscripts: the word is on the same line if it goes on right behind."""
    overlap = min(last.v1, word.v1) - max(last.v0, word.v0)
    lower = min(last.v1 - last.v0, word.v1 - word.v0)
    return -0.2 * size <= word.u0 - last.u1 and overlap >= 0.5 * lower


def _join(run: list[Word]) -> str:
    parts = [run[0].text]
    for last, word in zip(run, run[1:], strict=False):
        joint = word.joint
        if joint == "\n":
            joint = "" if word.u0 - last.u1 < _TIGHT * max(last.style.size, word.style.size) else " "
        parts += (joint, word.text)
    return "".join(parts)


def _same_direction(one: Style, other: Style) -> bool:
    return one is other or (one.cosine == other.cosine and one.sine == other.sine)


def _cell(run: list[Word], frame: PageFrame) -> Cell | None:
    text = clean(_join(run))
    if not text:
        return None
    style = max(run, key=lambda word: len(word.text)).style
    _, _, _, lefts, bottoms, rights, tops = zip(*run, strict=True)
    u0, v0, u1, v1 = min(lefts), min(bottoms), max(rights), max(tops)
    corners = [
        frame.to_page(u * style.cosine - v * style.sine, u * style.sine + v * style.cosine)
        for u, v in ((u0, v1), (u1, v1), (u1, v0), (u0, v0))
    ]
    x, y = sum(corner[0] for corner in corners) / 4, sum(corner[1] for corner in corners) / 4
    if not (-_EDGE <= x <= 1 + _EDGE and -_EDGE <= y <= 1 + _EDGE):
        return None
    points = tuple((round(min(max(x, 0.0), 1.0), 5), round(min(max(y, 0.0), 1.0), 5)) for x, y in corners)
    return Cell(text, points, style.size, style.bold)
