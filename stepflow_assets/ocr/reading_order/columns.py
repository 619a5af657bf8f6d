"""Columns: bands of a page that share a vertical gutter are read column by column, everything else row by row.

An XY-cut from the top: rows of text are taken into a band as long as one gutter stays clean through all of them, so a
title across the page, a figure's caption or a wide table closes the band, and columns are never read across. Gutters
of tables are not gutters of columns: short texts that stand in rows are left for the grids.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from stepflow_assets.ocr.reading_order.segments import Segment, is_narrow
from stepflow_assets.ocr.reading_order.stacks import level, stacks

_GUTTER = 0.012  # of the page width (notes/ocr 2.4) …
_NARROW_GUTTER = 0.4  # … or this many line heights: newspapers; it has to stay clean through a whole band anyway
_BREAK = 3.0  # line heights without any text: the columns above and below are read apart
_PROSE = 18  # characters of a line of running text; half as many where words have no spaces
_FEWEST = 3  # lines on each side of a gutter
_DEEPEST = 8

Interval = tuple[float, float]
Region = list[Segment]


def regions_in_order(segments: Sequence[Segment], page_width: float, rtl: bool) -> list[Region]:
    """Regions in reading order; each is read row by row. Every segment is in exactly one of them."""
    if not segments:
        return []
    line = median(item.height for item in segments)
    return _regions(list(segments), min(_GUTTER * page_width, _NARROW_GUTTER * line), rtl, 0)


def rows_of(region: Iterable[Segment], rtl: bool) -> list[list[Segment]]:
    """Segments of a region by row, top to bottom, each row in reading direction."""
    rows: list[list[Segment]] = []
    for segment in sorted(region, key=lambda item: (item.middle, item.x0)):
        home = next((row for row in reversed(rows[-3:]) if _same_row(row, segment)), None)
        if home is None:
            rows.append([segment])
        else:
            home.append(segment)
    for row in rows:
        row.sort(key=lambda item: -item.x1 if rtl else item.x0)
    return rows


def _same_row(row: Sequence[Segment], segment: Segment) -> bool:
    first = row[0]
    overlap = min(first.y1, segment.y1) - max(first.y0, segment.y0)
    if overlap < 0.5 * min(first.height, segment.height):
        return False
    return all(min(item.x1, segment.x1) - max(item.x0, segment.x0) < 0.5 * segment.height for item in row)


def _regions(segments: Region, gutter: float, rtl: bool, depth: int) -> list[Region]:
    regions: list[Region] = []
    pending: Region = []  # bands without columns that follow each other are one region
    for band in _bands(segments, gutter):
        columns = _columns(band.segments, band.gutters(gutter)) if depth < _DEEPEST else []
        if len(columns) < 2:
            pending += band.segments
            continue
        if pending:
            regions.append(pending)
            pending = []
        for column in reversed(columns) if rtl else columns:
            regions += _regions(column, gutter, rtl, depth + 1)
    if pending:
        regions.append(pending)
    return regions


@dataclass(slots=True)
class _Band:
    segments: Region
    free: list[Interval]  # vertical stripes without text
    bottom: float

    def gutters(self, width: float) -> list[Interval]:
        return _between(self.free, self.segments, width)


def _bands(segments: Region, gutter: float) -> list[_Band]:
    line = median(item.height for item in segments)
    left, right = min(item.x0 for item in segments), max(item.x1 for item in segments)
    bands: list[_Band] = []
    current: _Band | None = None
    for strip in _strips(segments):
        free = _free(strip, left, right)
        top, bottom = min(item.y0 for item in strip), max(item.y1 for item in strip)
        if current is not None and top - current.bottom <= _BREAK * line:
            joint = _Band(current.segments + strip, _common(current.free, free), max(current.bottom, bottom))
            before = current.gutters(gutter)
            fits = joint.gutters(gutter) or not (before or _between(free, strip, gutter))
            if fits and not _stands_in(strip, before, current.segments):
                current = joint
                continue
        if current is not None:
            bands.append(current)
        current = _Band(strip, free, bottom)
    if current is not None:
        bands.append(current)
    return bands


def _stands_in(strip: Region, gutters: Sequence[Interval], segments: Region) -> bool:
    """Whether something in the strip stands in the middle of a gutter between columns: a page number below them."""
    return any(
        start < item.x0 and item.x1 < end and min(map(len, _sides(segments, (start + end) / 2))) >= _FEWEST
        for start, end in gutters
        for item in strip
    )


def _strips(segments: Region) -> list[Region]:
    """Segments between clean horizontal gaps. Boxes are a little lower here, since lines may touch."""
    strips: list[Region] = []
    reach = float("-inf")
    for segment in sorted(segments, key=lambda item: item.y0 + 0.25 * item.height):
        top, bottom = segment.y0 + 0.25 * segment.height, segment.y1 - 0.25 * segment.height
        if strips and top < reach:
            strips[-1].append(segment)
        else:
            strips.append([segment])
        reach = max(reach, bottom)
    return strips


def _free(strip: Region, left: float, right: float) -> list[Interval]:
    free: list[Interval] = []
    reach = left - 1.0
    for segment in sorted(strip, key=lambda item: item.x0):
        inset = min(0.15 * segment.height, 0.25 * (segment.x1 - segment.x0))
        if segment.x0 + inset > reach:
            free.append((reach, segment.x0 + inset))
        reach = max(reach, segment.x1 - inset)
    if reach < right + 1.0:
        free.append((reach, right + 1.0))
    return free


def _common(one: Sequence[Interval], other: Sequence[Interval]) -> list[Interval]:
    found: list[Interval] = []
    i = j = 0
    while i < len(one) and j < len(other):
        start, end = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if end > start:
            found.append((start, end))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return found


def _between(free: Iterable[Interval], segments: Region, width: float) -> list[Interval]:
    """Free stripes of at least this width with text on both sides."""
    leftmost, rightmost = min(item.x1 for item in segments), max(item.x0 for item in segments)
    return [(start, end) for start, end in free if end - start >= width and leftmost <= (start + end) / 2 <= rightmost]


def _columns(segments: Region, gutters: Sequence[Interval]) -> list[Region]:
    """Columns from left to right. Neighbours that stand to each other like the cells of a table stay together."""
    cuts = [(start + end) / 2 for start, end in gutters]
    stripes: list[Region] = [[] for _ in range(len(cuts) + 1)]
    for segment in segments:
        stripes[bisect(cuts, (segment.x0 + segment.x1) / 2)].append(segment)
    columns: list[Region] = []
    last: Region = []  # the stripe next to the gutter, not all of the column it belongs to
    for stripe in stripes:
        if last and stripe and not _separates(last, stripe):
            columns[-1].extend(stripe)
        elif stripe:
            columns.append(list(stripe))
        if len(stripe) >= min(_FEWEST, len(last)):  # a stray page number does not stand between two columns
            last = stripe or last
    return columns


def _sides(segments: Region, x: float) -> tuple[Region, Region]:
    return [item for item in segments if item.x1 <= x], [item for item in segments if item.x0 >= x]


def _separates(left: Region, right: Region) -> bool:
    """Whether the gutter between two stripes is one of columns. What decides is the text beside the gutter."""
    if min(len(left), len(right)) < _FEWEST:
        return False
    beside = [row[-1] for row in rows_of(left, False)], [row[0] for row in rows_of(right, False)]
    few, many = sorted(beside, key=len)
    aligned = _aligned(few, many)
    if _is_prose(beside[0]) and _is_prose(beside[1]):
        return not (aligned >= 0.9 and _is_scattered(few, many))
    return aligned < 0.7 and not _stand_level(*beside)


def _stand_level(left: Region, right: Region) -> bool:
    """Whether both sides are cells, some of several lines, and stand beside each other one by one."""
    few, many = sorted((stacks(left), stacks(right)), key=len)
    if len(few) < _FEWEST or len(few) + len(many) == len(left) + len(right):
        return False
    return level(few, many) >= 0.7


def _is_prose(side: Region) -> bool:
    total = sum(len(item.text) for item in side)
    running = sum(
        len(item.text) for item in side if len(item.text) >= (_PROSE // 2 if is_narrow(item.text) else _PROSE)
    )
    return running >= 0.5 * total


def _aligned(few: Region, many: Region) -> float:
    """Share of the lines on one side that stand at the height of one on the other."""
    middles = sorted(item.middle for item in many)
    hits = 0
    at = 0
    for item in sorted(few, key=lambda segment: segment.middle):
        while at + 1 < len(middles) and abs(middles[at + 1] - item.middle) <= abs(middles[at] - item.middle):
            at += 1
        hits += abs(middles[at] - item.middle) <= 0.25 * item.height
    return hits / len(few)


def _is_scattered(few: Region, many: Region) -> bool:
    """Whether the lines of one side stand alone beside several of the other: terms and what is said about them."""
    usual = median(_pitches(many))
    alone = [pitch > 1.5 * usual for pitch in _pitches(few)]
    return sum(alone) > 0.5 * len(alone)


def _pitches(lines: Region) -> list[float]:
    middles = sorted(item.middle for item in lines)
    return [below - above for above, below in zip(middles, middles[1:], strict=False)] or [0.0]
