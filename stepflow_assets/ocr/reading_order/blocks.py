"""Lines of a page to blocks in reading order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stepflow_assets.ocr.reading_order.columns import regions_in_order, rows_of
from stepflow_assets.ocr.reading_order.grids import Grid, with_grids
from stepflow_assets.ocr.reading_order.joining import join_lines
from stepflow_assets.ocr.reading_order.kinds import Body, Kind, body_of, kind_of, stands_above
from stepflow_assets.ocr.reading_order.paragraphs import NUMBERED, RECOGNISED, TEXT_LAYER, Line, paragraphs
from stepflow_assets.ocr.reading_order.segments import Cell, Segment, directions, mostly_rtl

_TITLE_RATIO = 1.3
_TITLE_ZONE = 0.45  # of the page height


@dataclass(frozen=True, slots=True)
class OrderedBlock:
    """``cells`` are the lines given, in reading order; ``table`` rows of cells for a grid."""

    kind: Kind
    text: str
    cells: tuple[Cell, ...]
    table: tuple[tuple[str, ...], ...] | None = None


@dataclass(slots=True)
class _Paragraph:
    lines: list[Line]
    main: bool  # in the page's main direction


def ordered_blocks(cells: Sequence[Cell], width: float, height: float) -> list[OrderedBlock]:
    """``cells`` are TextCells as JSON, in any order; ``width`` and ``height`` of the displayed page in points.

    Every cell with text is in exactly one block, once.
    """
    written = [cell for cell in cells if cell["text"].strip()]
    if not written:
        return []
    measured = sum(cell.get("font_size") is not None for cell in written) * 2 < len(written)
    tolerance = RECOGNISED if measured else TEXT_LAYER
    parts: list[_Paragraph | Grid] = []
    for index, segments in enumerate(directions(written, width, height)):
        rtl = mostly_rtl(segments)
        for region in regions_in_order(segments, width, rtl):
            lines: list[Line] = []
            for item in with_grids(rows_of(region, rtl), rtl):
                if isinstance(item, Grid):
                    parts += [_Paragraph(group, index == 0) for group in paragraphs(lines, tolerance, rtl)]
                    parts.append(item)
                    lines = []
                else:
                    lines.append(Line.of(item))
            parts += [_Paragraph(group, index == 0) for group in paragraphs(lines, tolerance, rtl)]
    body = body_of(_all_lines(parts), 1.3 if measured else 1.1)
    blocks = [_table(part) if isinstance(part, Grid) else _text(part, body) for part in parts]
    if measured:
        _mark_plain_headings(blocks, parts)
    return _with_title(blocks, parts, body)


def _all_lines(parts: Iterable[_Paragraph | Grid]) -> list[Line]:
    return [
        line
        for part in parts
        for line in ([Line.of(row) for row in part.rows] if isinstance(part, Grid) else part.lines)
    ]


def _text(part: _Paragraph, body: Body) -> OrderedBlock:
    cells = _cells(segment for line in part.lines for segment in line.segments)
    text = join_lines(line.text for line in part.lines)
    if not part.main:
        return OrderedBlock(Kind("text"), text, cells)
    top, bottom = vertical_extent(cells)
    return OrderedBlock(kind_of(part.lines, text, body, top, bottom), text, cells)


def _table(grid: Grid) -> OrderedBlock:
    cells = _cells(segment for row in grid.rows for segment in row)
    text = "\n".join(" | ".join(cell for cell in row if cell) for row in grid.cells)
    return OrderedBlock(Kind("table"), text, cells, grid.cells)


def _cells(segments: Iterable[Segment]) -> tuple[Cell, ...]:
    return tuple(cell for segment in segments for cell in segment.cells)


def vertical_extent(cells: Sequence[Cell]) -> tuple[float, float]:
    """Top and bottom edge, 0..1."""
    ys = [y for cell in cells for _, y in cell["quad"]["points"]]
    return min(ys), max(ys)


def _mark_plain_headings(blocks: list[OrderedBlock], parts: Sequence[_Paragraph | Grid]) -> None:
    """A recognised page does not show which lines are bold. A short line that stands right above a paragraph, flush with
    it and without an end, is a heading."""
    for index, (part, below) in enumerate(zip(parts, parts[1:], strict=False)):
        if (
            isinstance(part, _Paragraph)
            and isinstance(below, _Paragraph)
            and blocks[index].kind.label == blocks[index + 1].kind.label == "text"
            and stands_above(part.lines, below.lines)
        ):
            blocks[index] = OrderedBlock(Kind("section_header", 3), blocks[index].text, blocks[index].cells)


def _with_title(blocks: list[OrderedBlock], parts: Sequence[_Paragraph | Grid], body: Body) -> list[OrderedBlock]:
    """The one heading that is larger than everything else, near the top, is the title."""
    sizes = [
        (max(line.size for line in part.lines), index)
        for index, part in enumerate(parts)
        if isinstance(part, _Paragraph)
        and blocks[index].kind.label == "section_header"
        and not NUMBERED.match(blocks[index].text)
    ]
    if not sizes:
        return blocks
    (largest, index), *others = sorted(sizes, reverse=True)
    top, _ = vertical_extent(blocks[index].cells)
    alone = all(size < 0.9 * largest for size, _ in others)
    if alone and largest >= _TITLE_RATIO * body.size and top < _TITLE_ZONE:
        found = blocks[index]
        blocks[index] = OrderedBlock(Kind("title", 1), found.text, found.cells)
    return blocks
