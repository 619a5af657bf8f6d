"""Text cells of a page: words of one line, close together and in one direction, as text with a quad."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic_core import to_json as to_json_bytes  # five times as fast as the standard library's on rows of numbers

from stepflow_assets.pages.frame import PageFrame
from stepflow_assets.pages.word_spans import WordSpan, kept_to, word_spans
from stepflow_assets.pages.words import LINE_END_HYPHENS, Style, Word

_GAP = 1.2  # a wider gap than this many font sizes ends a cell: the next column, or the next cell of a table
_SHIFT = 0.6  # a word may sit this many font sizes off the line: super- and subscripts
_TIGHT = 0.15  # below this gap two words are one
_EDGE = 0.002  # of the page: what sticks out by less is looked at no further
_THIN = 0.00005  # of the page: nothing less is left of a quad at five decimals
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060\ufeff\uffff]")
_PRESENTATION = re.compile(
    r"[\ufb00-\ufdff\ufe70-\ufefc]+"
)  # ligatures and Arabic forms: searched for as plain letters

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """``points`` are the four corners on the displayed page, 0..1, clockwise from where the text starts; ``words`` which of the
    text's characters, and which share of the quad's length, each word is."""

    text: str
    points: Points
    size: float
    bold: bool
    words: Sequence[WordSpan] = ()

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
            "words": cell.words,
        }
        for cell in cells
    ]
    return to_json_bytes(rows)


def _continues(run: list[Word], word: Word) -> bool:
    last = run[-1]
    _, _, before, left, bottom, right, top = last  # taken apart once: this is asked for each word of every page
    _, joint, style, u0, v0, u1, v1 = word
    if before is not style and not _same_direction(before, style):
        return False
    size = max(before.size, style.size)
    if joint == "\n" and not _follows(last, word, size):
        return False
    widest = _GAP * size
    if u0 - right > widest or left - u1 > widest:  # either side: right-to-left text goes the other way
        return False
    return abs((v0 + v1) - (bottom + top)) / 2 <= _SHIFT * size


def _follows(last: Word, word: Word, size: float) -> bool:
    """PDFium also breaks lines at super- and subscripts: the word is on the same line if it goes on right behind."""
    overlap = min(last.v1, word.v1) - max(last.v0, word.v0)
    lower = min(last.v1 - last.v0, word.v1 - word.v0)
    return -0.2 * size <= word.u0 - last.u1 and overlap >= 0.5 * lower


def _joints(run: list[Word]) -> list[str]:
    """What stands before each word of a line: a space, or nothing."""
    joints = [""]
    for last, word in zip(run, run[1:], strict=False):
        joint = word.joint
        if joint == "\n":
            joint = "" if word.u0 - last.u1 < _TIGHT * max(last.style.size, word.style.size) else " "
        joints.append(joint)
    return joints


def _same_direction(one: Style, other: Style) -> bool:
    return one.cosine == other.cosine and one.sine == other.sine


def quad_on_page(corners: Sequence[tuple[float, float]]) -> Points | None:
    """The corners kept to the page, at five decimals; None where nothing of them is on it.

    Hairlines get a little room around them: a place without area is no evidence."""
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    left, top, right, bottom = min(xs), min(ys), max(xs), max(ys)
    if right < 0 or left > 1 or bottom < 0 or top > 1:
        return None
    if left >= 0 and top >= 0 and right <= 1 and bottom <= 1:
        points = tuple([(round(x, 5), round(y, 5)) for x, y in corners])
    else:
        points = tuple([(round(min(max(x, 0.0), 1.0), 5), round(min(max(y, 0.0), 1.0), 5)) for x, y in corners])
    wide, high = min(right, 1.0) - max(left, 0.0), min(bottom, 1.0) - max(top, 0.0)
    if wide > _THIN and high > _THIN:
        return points
    (left, right), (top, bottom) = _with_room(left, right), _with_room(top, bottom)
    return (left, top), (right, top), (right, bottom), (left, bottom)


def _with_room(low: float, high: float) -> tuple[float, float]:
    low, high = max(low, 0.0), min(high, 1.0)
    if high - low <= _THIN:
        low = min(max((low + high) / 2 - _THIN, 0.0), 1 - 2 * _THIN)
        high = low + 2 * _THIN
    return round(low, 5), round(high, 5)


def _cell(run: list[Word], frame: PageFrame) -> Cell | None:
    style = _style(run)
    corners = _corners(run, style, frame)
    if not all(-_EDGE <= x <= 1 + _EDGE and -_EDGE <= y <= 1 + _EDGE for x, y in corners):
        run = [word for word in run if _is_visible(_corners([word], word.style, frame))]
        if not run:
            return None
        style = _style(run)
        corners = _corners(run, style, frame)
    joints = _joints(run)
    joined = "".join([part for word, joint in zip(run, joints, strict=True) for part in (joint, word.text)])
    text, points = clean(joined), quad_on_page(corners)
    if not text or points is None:
        return None
    words = kept_to(word_spans(run, joints, text, joined, clean), corners, points)
    return Cell(text, points, style.size, style.bold, words)


def _style(run: Sequence[Word]) -> Style:
    """That of the longest word."""
    first = run[0].style
    for word in run:
        if word.style is not first:
            return max(run, key=lambda word: len(word.text)).style
    return first


def _corners(run: Sequence[Word], style: Style, frame: PageFrame) -> list[tuple[float, float]]:
    _, _, _, lefts, bottoms, rights, tops = zip(*run, strict=True)
    u0, v0, u1, v1 = min(lefts), min(bottoms), max(rights), max(tops)
    return [
        frame.to_page(u * style.cosine - v * style.sine, u * style.sine + v * style.cosine)
        for u, v in ((u0, v1), (u1, v1), (u1, v0), (u0, v0))
    ]


def _is_visible(corners: Sequence[tuple[float, float]]) -> bool:
    """Whether a third of a word's width and height is on the page: less of it cannot be read."""
    return all(
        min(max(values), 1.0) - max(min(values), 0.0) >= (max(values) - min(values)) / 3
        for values in ([x for x, _ in corners], [y for _, y in corners])
    )
