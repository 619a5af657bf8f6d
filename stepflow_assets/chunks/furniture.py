"""Running headers and footers, found across pages: the same text at the same height in the margin, page after page.

Digits are normalised, so that ``Page 3 of 10`` is the same on every page; but where only the digits differ they have
to follow the page number, or ``Chapter 1``, ``Chapter 2`` at the top of each page would be lost.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stepflow_assets.chunks.page_blocks import PageBlocks
from stepflow_assets.chunks.units import FURNITURE
from stepflow_assets.documents.page import Block

MARGIN = 0.12  # of the page height, at top and bottom
WIDE_MARGIN = 0.25  # where nothing else stands further out: small pages printed on larger paper
MAX_LENGTH = 200
MIN_PAGES = 3
MAX_GAP = 2  # left and right pages may carry different headers
SAME_HEIGHT = 0.015

_DIGITS = re.compile(r"\d+")
_ROMAN = re.compile(r"[ivxlc]{1,8}")
_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


@dataclass(frozen=True)
class _Candidate:
    page: int
    block: Block
    text: str  # as printed, white space collapsed
    height: float


def furniture(pages: Sequence[PageBlocks]) -> frozenset[tuple[int, str]]:
    """(page, block id) of everything that repeats in the margins, and of what its page's analysis marked as such."""
    found = {
        (page.page, block.id)
        for page in pages
        if page.page is not None
        for block in page.blocks
        if block.furniture or block.kind in FURNITURE
    }
    repeated = _repeated(pages)
    everything = {(page.page, block.id) for page in pages if page.page is not None for block in page.blocks}
    if everything <= found | repeated:  # a document that only repeats itself still says something
        return frozenset(found)
    return frozenset(found | repeated)


def _repeated(pages: Sequence[PageBlocks]) -> set[tuple[int, str]]:
    found: set[tuple[int, str]] = set()
    groups: dict[str, list[_Candidate]] = defaultdict(list)
    for page in pages:
        for candidate in _margin(page):
            groups[_normal(candidate.text)].append(candidate)
    for group in groups.values():
        for cluster in _by_height(group):
            if _runs_on(cluster) and _follows_pages(cluster):
                found.update((item.page, item.block.id) for item in cluster)
    return found


def _margin(page: PageBlocks) -> Iterable[_Candidate]:
    if page.page is None:
        return
    boxes = [block.quad.box for block in page.blocks if block.quad is not None and block.text.strip()]
    highest, lowest = min((box[1] for box in boxes), default=0.0), max((box[3] for box in boxes), default=1.0)
    for block in page.blocks:
        if block.quad is None or block.table or not 0 < len(block.text) <= MAX_LENGTH:
            continue
        _, top, _, bottom = block.quad.box
        above = bottom <= MARGIN or (bottom <= WIDE_MARGIN and top <= highest + SAME_HEIGHT)
        below = top >= 1 - MARGIN or (top >= 1 - WIDE_MARGIN and bottom >= lowest - SAME_HEIGHT)
        if above or below:
            yield _Candidate(page.page, block, " ".join(block.text.split()), (top + bottom) / 2)


def _normal(text: str) -> str:
    folded = text.casefold()
    return "#" if _ROMAN.fullmatch(folded) else _DIGITS.sub("#", folded)


def _by_height(group: list[_Candidate]) -> Iterable[list[_Candidate]]:
    cluster: list[_Candidate] = []
    for item in sorted(group, key=lambda item: item.height):
        if cluster and item.height - cluster[-1].height > SAME_HEIGHT:
            yield cluster
            cluster = []
        cluster.append(item)
    if cluster:
        yield cluster


def _runs_on(cluster: Sequence[_Candidate]) -> bool:
    pages = sorted({item.page for item in cluster})
    near = sum(1 for before, after in zip(pages, pages[1:], strict=False) if after - before <= MAX_GAP)
    return len(pages) >= MIN_PAGES and near >= MIN_PAGES - 1


def _follows_pages(cluster: Sequence[_Candidate]) -> bool:
    """All alike, or some number in it minus the page number is the same nearly everywhere."""
    if len({item.text.casefold() for item in cluster}) == 1:
        return True
    offsets = Counter(number - item.page for item in cluster for number in {*_numbers(item.text)})
    steady = max(offsets.values(), default=0)
    return steady >= 0.8 * len(cluster)


def _numbers(text: str) -> Iterable[int]:
    folded = text.casefold()
    if _ROMAN.fullmatch(folded):
        values = [_VALUES[letter] for letter in folded]
        yield sum(-v if v < max(values[i + 1 :], default=0) else v for i, v in enumerate(values))
    for digits in _DIGITS.findall(text):
        if len(digits) <= 6:
            yield int(digits)
