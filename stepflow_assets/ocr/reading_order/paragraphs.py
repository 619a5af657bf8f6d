"""Rows of a region to paragraphs: where spacing, size, weight, indent, a list marker or a caption starts a new one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from stepflow_assets.ocr.reading_order.segments import Segment

MARKER = re.compile(r"^(?:[•◦▪‣●○■□–—*·∙➢✓-]\s+|(?:\(?\d{1,2}[.)]|\(?[a-z][.)]|\(?[A-Z]\)|\([ivx]{1,5}\))\s+\S)")
BULLET = re.compile(r"^[•◦▪‣●○■□∙➢✓]")
CAPTION = re.compile(
    r"^(?:fig(?:ure|\.)?|tab(?:le|\.)?|abb(?:ildung|\.)?|tabelle|figura|tableau|chart|exhibit|scheme)\s*"
    r"\d+(?:[.\-]\d+)*\s*[.:\-–|]",
    re.IGNORECASE,
)
LEADER = re.compile(r"(?:\.\s?){4,}\s*[\divxlc]{1,5}$")  # an entry of a table of contents
NUMBERED = re.compile(r"^(\d{1,2}(?:\.\d{1,2}){0,4})\.?\s+[^\W\d_]")

_PITCH = 1.4  # times the usual distance of lines
_HEADING_SPACE = 0.25  # of the column: a heading line leaves this much free
_HEADING_WORDS = 8
_LINE_END = tuple(".!?:;。！？：")


@dataclass(slots=True)
class Line:
    """One row of running text: its segments in reading direction, and their hull."""

    segments: list[Segment]
    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    bold: bool

    @classmethod
    def of(cls, row: list[Segment]) -> Line:
        if len(row) == 1:
            item = row[0]
            return cls(row, item.text, item.x0, item.y0, item.x1, item.y1, item.size, item.bold)
        longest = max(row, key=lambda item: len(item.text))
        return cls(
            row,
            " ".join(item.text for item in row),
            min(item.x0 for item in row),
            min(item.y0 for item in row),
            max(item.x1 for item in row),
            max(item.y1 for item in row),
            longest.size,
            all(item.bold for item in row),
        )

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def middle(self) -> float:
        return (self.y0 + self.y1) / 2


@dataclass(frozen=True, slots=True)
class Tolerance:
    """``size``: ratio from which two lines differ in size. Recognised lines have sizes measured from their boxes."""

    size: float


TEXT_LAYER = Tolerance(size=1.12)
RECOGNISED = Tolerance(size=1.35)


def paragraphs(lines: Sequence[Line], tolerance: Tolerance, rtl: bool) -> list[list[Line]]:
    """The same lines in the same order, grouped."""
    if not lines:
        return []
    pitch = _usual_pitch(lines)
    left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
    groups: list[list[Line]] = [[lines[0]]]
    for line in lines[1:]:
        if _starts(line, groups[-1], pitch, (left, right), tolerance, rtl):
            groups.append([line])
        else:
            groups[-1].append(line)
    return groups


def _usual_pitch(lines: Sequence[Line]) -> float:
    """Distance of lines relative to their height: 1.0 is set solid."""
    pitches = [
        (below.middle - above.middle) / max(above.height, below.height)
        for above, below in zip(lines, lines[1:], strict=False)
        if below.middle > above.middle
    ]
    near = [pitch for pitch in pitches if pitch < 2.2]
    return median(near) if len(near) >= 3 else min(near, default=1.3)


def _starts(
    line: Line, group: Sequence[Line], pitch: float, edges: tuple[float, float], tolerance: Tolerance, rtl: bool
) -> bool:
    last = group[-1]
    height = max(last.height, line.height)
    distance = (line.middle - last.middle) / height
    if distance > max(_PITCH * pitch, 1.25) or distance < 0:
        return True
    if max(last.size, line.size) > tolerance.size * min(last.size, line.size):
        return True
    space = _space_after(last, edges, rtl)
    if last.bold != line.bold and (line.bold or space > 0.1 or distance > 1.15 * pitch):
        return True  # a full bold line that goes on in plain text only begins with emphasis
    if len(group) == 1 and space > _HEADING_SPACE and _is_cut_short(last) and _space_after(line, edges, rtl) < 0.15:
        return True  # nothing ends a first line early but a heading
    if MARKER.match(line.text) or BULLET.match(line.text) or CAPTION.match(line.text) or LEADER.search(last.text):
        return True
    if _is_heading_line(line, edges, rtl) or (len(group) == 1 and _is_heading_line(last, edges, rtl)):
        return True
    return _indented(line, group, height, edges, rtl)


def _space_after(line: Line, edges: tuple[float, float], rtl: bool) -> float:
    """Free space at the end of a line, as a share of the column."""
    left, right = edges
    return (line.x0 - left if rtl else right - line.x1) / max(right - left, 0.1)


def _is_cut_short(line: Line) -> bool:
    return line.text[:1].isupper() and not line.text.rstrip().endswith((*_LINE_END, ",", "-"))


def _is_heading_line(line: Line, edges: tuple[float, float], rtl: bool) -> bool:
    """``2.1 Results``, ending well before the margin."""
    return _space_after(line, edges, rtl) > _HEADING_SPACE and is_numbered_heading(line.text)


def is_numbered_heading(text: str) -> bool:
    """A section number and a few words that start with a capital and do not end as a sentence does."""
    numbered = NUMBERED.match(text)
    if numbered is None or len(text) > 80 or text.endswith((*_LINE_END, ",")):
        return False
    words = text[numbered.end(1) :].lstrip(". ")
    return words[:1].isupper() and ("." in numbered.group(1) or len(words.split()) <= _HEADING_WORDS)


def _indented(line: Line, group: Sequence[Line], height: float, edges: tuple[float, float], rtl: bool) -> bool:
    left, right = edges
    last = group[-1]
    start, before = (right - line.x1, right - last.x1) if rtl else (line.x0 - left, last.x0 - left)
    ends_short = _space_after(last, edges, rtl) > 0.15
    if ends_short and last.text.rstrip().endswith(_LINE_END):
        return True
    is_list = bool(MARKER.match(group[0].text) or BULLET.match(group[0].text))
    if is_list:  # a list item goes on at its indent; back at the margin something else begins
        first = right - group[0].x1 if rtl else group[0].x0 - left
        return start < first + 0.3 * height and len(group) > 1 and start < before - 0.6 * height
    if len(group) > 1 and abs(start - before) > 0.8 * height:
        return start > before and not ends_short  # an indent after a full line begins a paragraph
    return len(group) == 1 and start - before > 0.8 * height and before < 0.5 * height and not ends_short
