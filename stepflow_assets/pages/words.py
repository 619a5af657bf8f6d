"""Words of a PDF page with their boxes, in PDFium's text order.

A word costs three calls into PDFium instead of several a character. Boxes are in a reading frame: ``u`` runs along the
text, ``v`` upwards from it, so that upright, rotated and oblique text are one case.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium

from stepflow_assets.pages.plain_calls import CHAR_OBJECT, COUNT_RECTS, RECT, address

LINE_END_HYPHENS = "\x02\ufffe"  # what PDFium puts for the hyphen of a word broken at a line's end
_SPACES = r" \t\r\n\xa0\u2000-\u200b\u2028\u2029\u3000"
_WORD = re.compile(rf"[^{_SPACES}{LINE_END_HYPHENS}]*[{LINE_END_HYPHENS}]|[^{_SPACES}{LINE_END_HYPHENS}]+")
_REVERSED_LIGATURE = re.compile("[\u0622\u0623\u0625\u0627]\u0644")  # an alef form, then lam
_ASCENT, _DESCENT = 0.75, 0.22  # of the font size, for oblique text, whose boxes PDFium gives only as upright hulls


@dataclass(frozen=True, slots=True)
class Style:
    """Direction of the text (cosine, sine), font size in points as displayed, and whether the font is bold."""

    cosine: float
    sine: float
    size: float
    bold: bool


class Word(NamedTuple):
    """``joint`` is what separates it from the word before: a line break, a space, or nothing."""

    text: str
    joint: str
    style: Style
    u0: float
    v0: float
    u1: float
    v1: float


def page_text(textpage: Any) -> str:
    """The page's characters, one per PDFium character index (characters without Unicode are NUL)."""
    count = pdfium.FPDFText_CountChars(textpage)
    if count <= 0:
        return ""
    buffer = (ctypes.c_ushort * (count * 2 + 1))()
    written = pdfium.FPDFText_GetText(textpage, 0, count, buffer)
    text = bytes(buffer)[: 2 * max(0, written - 1)].decode("utf-16-le", "replace")
    if len(text) == count:
        return text
    # GetText leaves out characters without Unicode; ask one by one, so that indices stay aligned.
    codes = (pdfium.FPDFText_GetUnicode(textpage, index) for index in range(count))
    return "".join(chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\0" for code in codes)


def words_of(textpage: Any, text: str) -> Iterator[Word]:
    """Every word that has a box. ``text`` is :func:`page_text` of the same page."""
    styles, boxes_of = _Styles(textpage), _Boxes(textpage)
    after, hyphenated = 0, False
    for match in _WORD.finditer(text):
        start, end = match.span()
        word, between = match.group(), text[after:start]
        broken = hyphenated or (between != " " and ("\n" in between or "\r" in between))
        joint = "\n" if broken else " " if between else ""
        after, hyphenated = end, word[-1] in LINE_END_HYPHENS
        boxes = boxes_of(start, end - start)
        if not boxes:
            continue
        style = styles.at(start)
        if len(boxes) > 1 and _jumps(boxes, style):
            yield from _split(textpage, text, start, end, joint, styles, boxes_of)
        else:
            yield _word(textpage, word, joint, style, boxes, start, end, boxes_of)


class _Styles:
    """Style per text object, asked once: most words share theirs with the word before."""

    def __init__(self, textpage: Any) -> None:
        self._textpage, self._address = textpage, address(textpage)
        self._by_object: dict[int, Style] = {}
        self._bold_by_font: dict[int, bool] = {}
        self._matrix = pdfium.FS_MATRIX()

    def at(self, index: int) -> Style:
        key = CHAR_OBJECT(self._address, index) or 0
        style = self._by_object.get(key)
        if style is None:
            text_object = pdfium.FPDFText_GetTextObject(self._textpage, index)
            style = self._by_object[key] = self._read(index, text_object)
        return style

    def _read(self, index: int, text_object: Any) -> Style:
        matrix = self._matrix
        pdfium.FPDFText_GetMatrix(self._textpage, index, matrix)
        length = math.hypot(matrix.a, matrix.b) or 1.0
        cosine, sine = round(matrix.a / length, 3), round(matrix.b / length, 3)
        if abs(sine) < 0.02:
            cosine, sine = math.copysign(1.0, cosine), 0.0
        elif abs(cosine) < 0.02:
            cosine, sine = 0.0, math.copysign(1.0, sine)
        size = pdfium.FPDFText_GetFontSize(self._textpage, index) * (math.hypot(matrix.c, matrix.d) or 1.0)
        return Style(cosine, sine, round(size, 2) or 1.0, self._bold(text_object))

    def _bold(self, text_object: Any) -> bool:
        font = pdfium.FPDFTextObj_GetFont(text_object) if text_object else None
        if not font:
            return False
        key = ctypes.cast(font, ctypes.c_void_p).value or 0
        if key not in self._bold_by_font:
            name = ctypes.create_string_buffer(128)
            pdfium.FPDFFont_GetBaseFontName(font, name, len(name))
            lowered = name.value.lower()
            heavy = any(mark in lowered for mark in (b"bold", b"black", b"heavy", b"demi"))
            self._bold_by_font[key] = heavy or pdfium.FPDFFont_GetWeight(font) >= 600
        return self._bold_by_font[key]


Box = tuple[float, float, float, float]
"""left, bottom, right, top in user space."""


class _Boxes:
    """Boxes of characters, several where they are on several lines. What PDFium writes to is made once a page."""

    def __init__(self, textpage: Any) -> None:
        self._address = address(textpage)
        self._edges = left, top, right, bottom = tuple(ctypes.c_double() for _ in range(4))
        self._targets = tuple(map(ctypes.byref, (left, top, right, bottom)))

    def __call__(self, start: int, length: int) -> list[Box]:
        left, top, right, bottom = self._edges
        found = []
        for index in range(COUNT_RECTS(self._address, start, length)):
            RECT(self._address, index, *self._targets)
            found.append((left.value, bottom.value, right.value, top.value))
        return found


def _jumps(boxes: list[Box], style: Style) -> bool:
    """Whether a word's pieces lie on different lines (PDFium gave no line break), which vertical writing does too."""
    hull = _hull(boxes)
    along, across = (0, 1) if style.sine == 0 else (1, 0)
    thickness = hull[across + 2] - hull[across]
    if thickness <= 1.8 * max(box[across + 2] - box[across] for box in boxes):
        return False
    return hull[along + 2] - hull[along] > 2 * style.size  # narrower: one column of vertical writing


def _split(
    textpage: Any, text: str, start: int, end: int, joint: str, styles: _Styles, boxes_of: _Boxes
) -> Iterator[Word]:
    across = 1 if styles.at(start).sine == 0 else 0
    first, middle = start, None
    for index in range(start, end):
        boxes = boxes_of(index, 1)
        if not boxes:
            continue
        here = (boxes[0][across] + boxes[0][across + 2]) / 2
        if middle is not None and abs(here - middle) > 0.7 * styles.at(index).size:
            yield from _piece(textpage, text, first, index, joint, styles, boxes_of)
            first, joint = index, "\n"
        middle = here
    yield from _piece(textpage, text, first, end, joint, styles, boxes_of)


def _piece(
    textpage: Any, text: str, start: int, end: int, joint: str, styles: _Styles, boxes_of: _Boxes
) -> Iterator[Word]:
    boxes = boxes_of(start, end - start)
    if boxes:
        yield _word(textpage, text[start:end], joint, styles.at(start), boxes, start, end, boxes_of)


def _word(
    textpage: Any, text: str, joint: str, style: Style, boxes: list[Box], start: int, end: int, boxes_of: _Boxes
) -> Word:
    if not text.isascii():
        text = _ligatures_in_order(text, start, boxes_of)
    left, bottom, right, top = boxes[0] if len(boxes) == 1 else _hull(boxes)
    if style.cosine == 1.0 and style.sine == 0.0:  # nearly all text
        return Word(text, joint, style, left, bottom, right, top)
    if style.sine and style.cosine:  # oblique: from the baseline's two ends
        (u0, base), (u1, _) = (_reading(style, *_origin(textpage, index)) for index in (start, end - 1))
        box = (u0, base - _DESCENT * style.size, u1 + 0.5 * style.size, base + _ASCENT * style.size)
        return Word(text, joint, style, *box)
    (ua, va), (ub, vb) = _reading(style, left, bottom), _reading(style, right, top)
    return Word(text, joint, style, min(ua, ub), min(va, vb), max(ua, ub), max(va, vb))


def _ligatures_in_order(text: str, start: int, boxes_of: _Boxes) -> str:
    """PDFium spells the Arabic lam-alef ligature backwards; its two letters are known by having one and the same box."""
    for match in _REVERSED_LIGATURE.finditer(text):
        first = start + match.start()
        if boxes_of(first, 1) == boxes_of(first + 1, 1):
            text = text[: match.start()] + match.group()[::-1] + text[match.end() :]
    return text


def _reading(style: Style, x: float, y: float) -> tuple[float, float]:
    return x * style.cosine + y * style.sine, y * style.cosine - x * style.sine


def _origin(textpage: Any, index: int) -> tuple[float, float]:
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(textpage, index, x, y)
    return x.value, y.value


def _hull(boxes: list[Box]) -> Box:
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )
