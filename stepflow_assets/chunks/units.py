"""A unit is one block's text as assembly and splitting see it: spans of text, each anchored to where it comes from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from stepflow_assets.chunks.anchors import (
    Anchor,
    ElementAnchor,
    PageAnchor,
    SlideAnchor,
    Taken,
    WholeAnchor,
)
from stepflow_assets.chunks.page_blocks import PageBlocks
from stepflow_assets.chunks.table_rows import table_rows
from stepflow_assets.documents.evidence import ElementPlace, SheetPlace, SlidePlace
from stepflow_assets.documents.geometry import Quad
from stepflow_assets.documents.page import Block, TextCell

HEADINGS = frozenset({"title", "section_header"})
FURNITURE = frozenset({"page_header", "page_footer"})
FLOATS = frozenset({"table", "document_index", "picture", "chart", "caption", "footnote", "formula", "code"})
CAPTIONED = frozenset({"table", "document_index", "picture", "chart"})
PARAGRAPHS = frozenset({"text", "paragraph"})
_HYPHENS = "-\u00ad\u2010"


@dataclass(frozen=True)
class Span:
    """Characters ``start`` to ``end`` of the unit's text and their anchor."""

    start: int
    end: int
    anchor: Anchor


@dataclass
class Unit:
    """``container`` names what a chunk must not cross: a slide, a sheet. ``rows`` are the row ends of a table's text."""

    kind: str
    text: str
    spans: list[Span]
    level: int | None = None
    rows: tuple[int, ...] = ()
    container: str = ""
    headings: tuple[str, ...] = ()
    provider: str | None = None
    profile: str | None = None
    confidence: float | None = None
    blocks: list[Block] = field(default_factory=list)

    @property
    def is_heading(self) -> bool:
        return self.kind in HEADINGS

    def taken(self, start: int, end: int) -> Iterator[Taken]:
        """The anchored parts of characters ``start`` to ``end``."""
        index = max(0, bisect_right(self.spans, start, key=lambda span: span.start) - 1)
        while index < len(self.spans) and self.spans[index].start < end:
            span = self.spans[index]
            first, last = max(start, span.start), min(end, span.end)
            if first < last and not self.text[first:last].isspace():
                yield Taken(span.anchor, first - span.start, last - span.start)
            index += 1


def unit_of(block: Block, source: PageBlocks) -> Unit | None:
    """Null when the block has no text (a picture without words)."""
    rows = table_rows(block, source) if block.table else None
    if rows is not None:
        text = "\n".join(row.text for row in rows)
        spans, ends, begin = [], [], 0
        for row in rows:
            spans.append(Span(begin, begin + len(row.text), row.anchor))
            begin += len(row.text) + 1
            ends.append(begin)
        ends[-1] = len(text)
        row_ends = tuple(ends)
    else:
        text, row_ends = block.text, ()
        spans = list(_text_spans(block, source))
    if not text.strip():
        return None
    return Unit(
        kind=block.kind,
        text=text,
        spans=spans,
        level=_level(block),
        rows=row_ends,
        container=_container(block),
        provider=source.provider,
        profile=source.profile,
        confidence=block.confidence.value if block.confidence else None,
        blocks=[block],
    )


def _level(block: Block) -> int | None:
    if block.kind == "title":
        return 0
    return (block.level or 1) if block.kind in HEADINGS else None


def _container(block: Block) -> str:
    match block.place:
        case SlidePlace(slide=slide):
            return f"slide {slide}"
        case SheetPlace(sheet=sheet):
            return f"sheet {sheet}"
    return ""


def _text_spans(block: Block, source: PageBlocks) -> Iterator[Span]:
    length = len(block.text)
    match block.place:
        case ElementPlace(path=path, start=start, end=end) if end - start == length:
            yield Span(0, length, ElementAnchor(path, block.id, start))
        case SlidePlace(slide=slide, quads=quads):
            yield Span(0, length, SlideAnchor(slide, block.id, quads))
        case None:
            yield from _line_spans(block, source)
        case other:
            yield Span(0, length, WholeAnchor(other.model_copy(update={"blocks": (block.id,)})))


def _line_spans(block: Block, source: PageBlocks) -> Iterator[Span]:
    def anchor(*quads: Quad | None) -> PageAnchor:
        known = tuple(quad for quad in quads if quad is not None)
        return PageAnchor(source.page or 0, source.page_id or "", block.id, known)

    starts = line_starts(block.text, block.lines)
    if not starts:
        yield Span(0, len(block.text), anchor(block.quad))
        return
    ends = [*starts[1:], len(block.text)]
    for line, start, end in zip(block.lines, starts, ends, strict=True):
        yield Span(start, end, anchor(line.quad))


def line_starts(text: str, lines: Sequence[TextCell]) -> list[int]:
    """Where in a block's text each of its lines begins; empty when the lines are not the text.

    White space may differ, and a hyphen at a line's end may have been taken out of the text."""
    starts: list[int] = []
    position = 0
    for line in lines:
        while position < len(text) and text[position].isspace():
            position += 1
        content = line.text.strip()
        after = _after(text, content, position)
        if after is None:
            return []
        starts.append(position)
        position = after
    if starts and text[position:].strip():
        return []
    if starts:
        starts[0] = 0
    return starts


def _after(text: str, content: str, position: int) -> int | None:
    if text.startswith(content, position):
        return position + len(content)
    if content[-1:] in _HYPHENS and text.startswith(content[:-1], position):
        return position + len(content) - 1
    for index, char in enumerate(content):
        while position < len(text) and text[position].isspace():
            position += 1
        if position < len(text) and text[position] == char:
            position += 1
        elif not (char.isspace() or char == "\u00ad" or (index == len(content) - 1 and char in _HYPHENS)):
            return None
    return position
