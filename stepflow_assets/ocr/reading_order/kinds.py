"""Kinds of blocks by what a page shows: size and weight against its body text, markers, captions, margins.

The vocabulary is docling-core's DocItemLabel. Running headers and footers are found across pages, in assembly; only
page numbers are sure on one page alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from stepflow_assets.ocr.reading_order.paragraphs import BULLET, CAPTION, MARKER, NUMBERED, Line, is_numbered_heading

_PAGE_NUMBER = re.compile(
    r"^[\s\-–—|.]*(?:page|seite|p\.|pág\.?|s\.)?\s*(?:\d{1,4}|[ivxlc]{1,7})(?:\s*(?:/|of|von|de)\s*\d{1,4})?[\s\-–—|.]*$",
    re.IGNORECASE,
)
_MARGIN = 0.09  # of the page height
_HEADING_LINES = 3
_HEADING_LENGTH = 140
_PLAIN_HEADING_LENGTH = 60
_CLOSING = tuple(".,;:!?。，；")


@dataclass(frozen=True, slots=True)
class Kind:
    """``level`` for headings (1 is the highest); ``furniture``: not part of the text."""

    label: str
    level: int | None = None
    furniture: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """What ordinary text on this page looks like. ``larger``: size ratio from which a line stands out."""

    size: float
    bold: bool
    larger: float


def body_of(lines: Sequence[Line], larger: float) -> Body:
    """Size and weight in which most characters of the page are set."""
    weighted = sorted((line.size, len(line.text)) for line in lines)
    half, seen, size = sum(count for _, count in weighted) / 2, 0, weighted[-1][0] if weighted else 1.0
    for value, count in weighted:
        seen += count
        if seen >= half:
            size = value
            break
    bold = sum(len(line.text) if line.bold else -len(line.text) for line in lines) > 0
    return Body(size, bold, larger)


def kind_of(lines: Sequence[Line], text: str, body: Body, top: float, bottom: float) -> Kind:
    """``top`` and ``bottom`` are the block's edges as shares of the page height."""
    if len(lines) == 1 and _PAGE_NUMBER.match(text):
        if bottom < _MARGIN:
            return Kind("page_header", furniture=True)
        if top > 1 - _MARGIN:
            return Kind("page_footer", furniture=True)
    if CAPTION.match(text):
        return Kind("caption")
    if BULLET.match(text):
        return Kind("list_item")
    level = _heading_level(lines, text, body)
    if level is not None:
        return Kind("section_header", level)
    return Kind("list_item") if MARKER.match(text) else Kind("text")


def _heading_level(lines: Sequence[Line], text: str, body: Body) -> int | None:
    if len(lines) > _HEADING_LINES or len(text) > _HEADING_LENGTH or not any(char.isalpha() for char in text):
        return None
    ratio = min(line.size for line in lines) / body.size
    emphatic = all(line.bold for line in lines) and not body.bold
    numbered = NUMBERED.match(text)
    if len(text) < 2 or (text.endswith(_CLOSING) and not numbered):
        return None
    if text.endswith((",", ";")):
        return None
    if ratio < body.larger and not (emphatic and ratio > 0.85) and not (len(lines) == 1 and is_numbered_heading(text)):
        return None
    if numbered:  # the number says more than the size
        return min(2 + numbered.group(1).count("."), 6)
    if ratio >= 1.6:
        return 1
    return 2 if ratio >= 1.15 else 3


def stands_above(lines: Sequence[Line], below: Sequence[Line]) -> bool:
    """Whether one short line without an end stands flush and close above running text."""
    if len(lines) != 1 or len(below) < 2:
        return False
    line, first = lines[0], below[0]
    height = max(line.height, first.height)
    return (
        line.text[:1].isupper()
        and not line.text.endswith((*_CLOSING, "-"))
        and len(line.text) <= _PLAIN_HEADING_LENGTH
        and line.x1 - line.x0 < 0.75 * (first.x1 - first.x0)
        and abs(line.x0 - first.x0) < height
        and 0 < first.middle - line.middle < 2 * height
    )
