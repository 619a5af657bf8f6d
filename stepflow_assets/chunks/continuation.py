"""Paragraphs that a page or column break cut in two become one unit again, with the places of both halves.

Only the text decides: the first half ends in the middle of a sentence and the second goes on in lower case (or, in
scripts without case, ends short of a full stop at the end of a full line). Pictures, tables, captions, footnotes, page
numbers and text that runs up the margin are passed over between the halves; a heading is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from stepflow_assets.chunks.tokenizer import IDEOGRAPHS
from stepflow_assets.chunks.units import FLOATS, PARAGRAPHS, Span, Unit
from stepflow_assets.documents.page import Block

_ENDED = re.compile(r"[.!?:;…؟۔।。！？：；][\"'”’»)\]」』）》]*\s*$")
_HYPHEN = re.compile(r"(\w+)([-\u2010\u00ad])\s*$")
_WORD = re.compile(r"[\w]+(?:[-\u2010]\w+)*")
_IDEOGRAPH = re.compile(f"[{IDEOGRAPHS}]")
_NUMBER = re.compile(r"\W*\d{1,5}\W*")
_FULL_LINE = 0.97  # of the block's width
_COLUMNS_ALIKE = 0.5  # width of the narrower column over the wider one's


@dataclass
class PlacedUnit:
    """A unit and the page it stands on (null in a part)."""

    unit: Unit
    page: int | None


def join_continued(placed: Sequence[PlacedUnit]) -> list[Unit]:
    """The units in order, halves joined at the place of the first."""
    spelled = _Spelling(placed)
    kept: list[PlacedUnit] = []
    open_half: PlacedUnit | None = None  # the last paragraph with nothing but floats after it
    for item in placed:
        if open_half is not None and _goes_on(open_half, item):
            _append(open_half.unit, item.unit, spelled)
            open_half = PlacedUnit(open_half.unit, item.page)  # a third page may follow
            continue
        kept.append(item)
        if _is_aside(item.unit):
            continue
        if item.unit.kind in PARAGRAPHS or item.unit.kind == "list_item":
            open_half = item
        elif item.unit.kind not in FLOATS:
            open_half = None
    return [item.unit for item in kept]


def _is_aside(unit: Unit) -> bool:
    """A page number, or text that runs up or down the page: neither ends a paragraph nor goes on with one."""
    return bool(_NUMBER.fullmatch(unit.text)) or not all(_runs_across(block) for block in unit.blocks)


def _runs_across(block: Block) -> bool:
    if not block.lines:
        return True
    (x0, y0), (x1, y1) = block.lines[0].quad.points[:2]
    left, top, right, bottom = block.lines[0].quad.box
    upright = bottom - top > 2 * (right - left) and len(block.lines[0].text) > 2
    return abs(x1 - x0) >= abs(y1 - y0) and not upright


def _goes_on(first: PlacedUnit, second: PlacedUnit) -> bool:
    if first.page is None or second.page is None or second.unit.kind not in PARAGRAPHS or second.unit.rows:
        return False
    if _is_aside(second.unit):
        return False
    if second.page == first.page:
        if not _next_column(first.unit.blocks[-1], second.unit.blocks[0]):
            return False
    elif second.page != first.page + 1:
        return False
    before, after = first.unit.text.rstrip(), second.unit.text.lstrip()
    if not before or not after or _ENDED.search(before):
        return False
    if after[0].islower():
        return True
    has_case = after[0].isupper() or not after[0].isalpha()
    return not has_case and before[-1].isalpha() and _ends_in_full_line(first.unit.blocks[-1])


def _next_column(first: Block, second: Block) -> bool:
    """The second block begins beside and above the end of the first."""
    if first.quad is None or second.quad is None:
        return False
    left, _, right, bottom = first.quad.box
    other_left, other_top, other_right, _ = second.quad.box
    beside = other_left >= right - 0.02 or other_right <= left + 0.02
    alike = (other_right - other_left) * _COLUMNS_ALIKE <= right - left <= (other_right - other_left) / _COLUMNS_ALIKE
    return beside and alike and other_top < bottom - 0.05


def _ends_in_full_line(block: Block) -> bool:
    if block.quad is None or len(block.lines) < 2:
        return False
    left, _, right, _ = block.quad.box
    last_left, _, last_right, _ = block.lines[-1].quad.box
    return last_right - last_left >= _FULL_LINE * (right - left)


class _Spelling:
    """How the document itself writes a word: decides whether a hyphen at a break belongs to it."""

    def __init__(self, placed: Sequence[PlacedUnit]) -> None:
        self._placed = placed
        self._words: frozenset[str] | None = None

    def keeps_hyphen(self, first: str, second: str) -> bool:
        if self._words is None:
            self._words = frozenset(word.lower() for item in self._placed for word in _WORD.findall(item.unit.text))
        whole = (first + second).lower()
        return f"{first}-{second}".lower() in self._words and whole not in self._words


def _append(unit: Unit, more: Unit, spelled: _Spelling) -> None:
    """Joins ``more`` to ``unit`` in place, moving its spans behind what is there."""
    before = unit.text.rstrip()
    skipped = len(more.text) - len(more.text.lstrip())
    after = more.text[skipped:]
    hyphen = _HYPHEN.search(before)
    if hyphen and after[0].islower():
        rest = _WORD.match(after)
        soft = hyphen.group(2) == "\u00ad"
        if soft or not spelled.keeps_hyphen(hyphen.group(1), rest.group() if rest else after):
            before = before[: hyphen.start(2)]
        joint = ""
    else:
        joint = "" if _IDEOGRAPH.match(before[-1]) and _IDEOGRAPH.match(after[0]) else " "
    offset = len(before) + len(joint) - skipped
    kept = [span for span in unit.spans if span.start < len(before)]
    kept[-1] = replace(kept[-1], end=len(before) + len(joint))
    moved = [
        Span(max(span.start, skipped) + offset, span.end + offset, span.anchor)
        for span in more.spans
        if span.end > skipped
    ]
    unit.spans = [*kept, *moved]
    unit.confidence = _weighted(unit, more)
    unit.text = f"{before}{joint}{after}"
    unit.blocks = [*unit.blocks, *more.blocks]


def _weighted(first: Unit, second: Unit) -> float | None:
    known = [(u.confidence, len(u.text)) for u in (first, second) if u.confidence is not None]
    total = sum(length for _, length in known)
    return sum(value * length for value, length in known) / total if total else None
