"""Boxes for blocks of an engine that gives none: the hull of the detected lines that hold their text.

A line fits at a place of a block's text where it is said, word for word or nearly. Of all fits the heaviest chain is taken whose
lines and places both go forward (dynamic programming; inside a block a step to a far line costs); then again among what is left,
since lines come row by row and blocks column by column. No line and no letter of a block is used twice. A block of which less
than a quarter is found gets no box, and none is made up for it.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from rapidfuzz import fuzz

from stepflow_assets.documents.geometry import Quad, hull
from stepflow_assets.documents.page import Confidence, TextCell
from stepflow_assets.documents.recognized import RecognizedBlock
from stepflow_assets.ocr.protocol import OcrPage, mean_confidence

_ALIKE = 80.0  # of 100, rapidfuzz's partial ratio: two engines seldom differ in more of a line
_SHORT = 4  # letters; a shorter line fits whole words only
_FOUND = 0.25  # of a block's letters
_FAR = 0.5  # weight of a letter that a step across the whole page costs
_NEAR_RANKS = 2  # of equal lines and equal places, those of about the same rank are compared
_TAKEN = "\0"  # no letter: nothing fits there again
_BOUNDARY = re.compile(r"[^\w]|_")


@dataclass(frozen=True)
class _Text:
    """Letters and digits only, since engines differ most in spaces and signs; ``edges`` are where words begin or end."""

    letters: str
    edges: frozenset[int]


@dataclass(frozen=True)
class _Fit:
    """``line`` is said in ``block`` from letter ``start`` to ``end``."""

    line: int
    block: int
    start: int
    end: int
    weight: float


def aligned(page: OcrPage, lines: Sequence[TextCell]) -> OcrPage:
    """``page`` with a quad for each block that had none and whose text was found among ``lines``, any engine's lines of the
    same picture. Such a block takes the lines' confidence, with its kind, where it has none of its own."""
    placed = [block.quad for block in page.blocks if block.quad is not None]
    if len(placed) == len(page.blocks):
        return page
    free = [line for line in lines if not any(_holds(quad, line.quad) for quad in placed)]
    texts = [_text("" if block.quad else block.text) for block in page.blocks]
    chosen: dict[int, list[_Fit]] = defaultdict(list)
    for fit in _chains(texts, free):
        chosen[fit.block].append(fit)
    blocks = [_with_lines(block, texts[at], chosen.get(at, ()), free) for at, block in enumerate(page.blocks)]
    return replace(page, blocks=tuple(blocks))


def _with_lines(
    block: RecognizedBlock, text: _Text, fits: Sequence[_Fit], lines: Sequence[TextCell]
) -> RecognizedBlock:
    if sum(fit.end - fit.start for fit in fits) < max(1.0, _FOUND * len(text.letters)):
        return block
    own = [lines[fit.line] for fit in fits]
    confidence = block.confidence or _confidence(own)
    return block.model_copy(update={"quad": hull(line.quad for line in own), "confidence": confidence})


def _confidence(lines: Sequence[TextCell]) -> Confidence | None:
    known = [(line.text, line.confidence) for line in lines if line.confidence is not None]
    kinds = {confidence.kind for _, confidence in known}
    value = mean_confidence([(text, confidence.value) for text, confidence in known])
    return Confidence(value=value, kind=kinds.pop()) if value is not None and len(kinds) == 1 else None


def _chains(blocks: Sequence[_Text], lines: Sequence[TextCell]) -> list[_Fit]:
    """Chain after chain, until no line fits what is left of the blocks' text."""
    taken: list[_Fit] = []
    left = {at: _text(line.text) for at, line in enumerate(lines)}
    while fits := _fits(blocks, left):
        chain = _heaviest_chain(fits, lines)
        taken += chain
        for fit in chain:
            del left[fit.line]
        blocks = [_without(block, [fit for fit in chain if fit.block == at]) for at, block in enumerate(blocks)]
    return taken


def _without(block: _Text, fits: Sequence[_Fit]) -> _Text:
    letters = block.letters
    for fit in fits:
        letters = letters[: fit.start] + _TAKEN * (fit.end - fit.start) + letters[fit.end :]
    return replace(block, letters=letters)


def _heaviest_chain(fits: Sequence[_Fit], lines: Sequence[TextCell]) -> list[_Fit]:
    """``fits`` by line. Each fit is compared with all before it at once; on a tie the earlier line is taken."""
    boxes = np.array([lines[fit.line].quad.box for fit in fits])
    line, block, end = (np.array([getattr(fit, name) for fit in fits]) for name in ("line", "block", "end"))
    best = np.zeros(len(fits))
    before = np.full(len(fits), -1)
    for at, fit in enumerate(fits):
        best[at] = fit.weight
        allowed = np.flatnonzero(
            (line[:at] < fit.line) & ((block[:at] < fit.block) | ((block[:at] == fit.block) & (end[:at] <= fit.start)))
        )
        if not len(allowed):
            continue
        gap = np.maximum(boxes[allowed, :2] - boxes[at, 2:], boxes[at, :2] - boxes[allowed, 2:]).max(axis=1)
        cost = np.where(block[allowed] == fit.block, _FAR * np.maximum(gap, 0.0) * fit.weight, 0.0)
        gains = best[allowed] - cost
        last = int(gains.argmax())
        if gains[last] > 0:
            best[at] += gains[last]
            before[at] = allowed[last]
    chain = []
    at = int(best.argmax())
    while at >= 0:
        chain.append(fits[at])
        at = int(before[at])
    return chain


def _fits(blocks: Sequence[_Text], lines: Mapping[int, _Text]) -> list[_Fit]:
    ranks = _ranks(lines)
    found: list[_Fit] = []
    for at, line in lines.items():
        size = len(line.letters)
        places = _said(blocks, line)
        rank, of = ranks[at]
        first = max(0, round(rank * len(places) / of) - _NEAR_RANKS)
        for number, start in places[first : first + 2 * _NEAR_RANKS + 1]:
            found.append(_Fit(at, number, start, start + size, float(size)))
        if not places and size >= _SHORT:
            found += [fit for number, block in enumerate(blocks) if (fit := _nearly(at, line, number, block))]
    return found


def _said(blocks: Sequence[_Text], line: _Text) -> list[tuple[int, int]]:
    """(block, start) of where the line stands word for word: as whole words, or else inside of some."""
    size = len(line.letters)
    if not size:
        return []
    said = re.compile(re.escape(line.letters))
    places = [(number, hit.start()) for number, block in enumerate(blocks) for hit in said.finditer(block.letters)]
    whole = [(number, at) for number, at in places if {at, at + size} <= blocks[number].edges]
    return whole or (places if size >= _SHORT else [])


def _nearly(at: int, line: _Text, number: int, block: _Text) -> _Fit | None:
    """The place most like the line. A block that is only part of the line counts by its own letters."""
    if len(block.letters) < _SHORT:
        return None
    best = fuzz.partial_ratio_alignment(line.letters, block.letters, score_cutoff=_ALIKE)
    if best is None or best.dest_end <= best.dest_start:
        return None
    return _Fit(at, number, best.dest_start, best.dest_end, (best.dest_end - best.dest_start) * best.score / 100)


def _ranks(lines: Mapping[int, _Text]) -> Mapping[int, tuple[int, int]]:
    """Of each line: how many equal ones come before it, and how many there are."""
    equal: dict[str, list[int]] = defaultdict(list)
    for at, line in lines.items():
        equal[line.letters].append(at)
    return {at: (rank, len(group)) for group in equal.values() for rank, at in enumerate(group)}


def _text(text: str) -> _Text:
    letters: list[str] = []
    edges = {0}
    for char in unicodedata.normalize("NFKC", text).casefold():
        if _BOUNDARY.match(char):
            edges.add(len(letters))
        elif char.isalnum():
            letters.append(char)
    return _Text("".join(letters), frozenset(edges | {len(letters)}))


def _holds(quad: Quad, line: Quad) -> bool:
    """Whether the middle of the line is inside the quad's box: a block with a box keeps its lines."""
    left, top, right, bottom = quad.box
    x0, y0, x1, y1 = line.box
    return left <= (x0 + x1) / 2 <= right and top <= (y0 + y1) / 2 <= bottom
