"""Pages put together: units in order, without running headers and footers, under their heading path."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stepflow_assets.chunks.continuation import PlacedUnit, join_continued
from stepflow_assets.chunks.furniture import furniture
from stepflow_assets.chunks.page_blocks import PageBlocks
from stepflow_assets.chunks.units import FURNITURE, Unit, unit_of

MAX_HEADING = 200  # characters of a heading in a heading path; the chunk's text has it whole


@dataclass(frozen=True)
class Assembly:
    """``furniture`` counts the blocks left out because they repeat in the margins, ``furniture_words`` their words."""

    units: tuple[Unit, ...]
    furniture: int
    furniture_words: int


def assemble(pages: Sequence[PageBlocks]) -> Assembly:
    """Units of all pages in page order. Pure: equal pages give equal units."""
    left_out = furniture(pages)
    placed: list[PlacedUnit] = []
    blocks = words = 0
    for page in pages:
        for block in page.blocks:
            if (page.page, block.id) in left_out or block.furniture or block.kind in FURNITURE:
                blocks += 1
                words += len(block.text.split())
                continue
            unit = unit_of(block, page)
            if unit is not None:
                placed.append(PlacedUnit(unit, page.page))
    units = join_continued(placed)
    _set_headings(units)
    return Assembly(tuple(units), blocks, words)


def _set_headings(units: Iterable[Unit]) -> None:
    """Each unit learns the headings above it, a heading its own text too; a slide or sheet starts afresh."""
    path: list[tuple[int, str]] = []
    container = ""
    for unit in units:
        if unit.container != container:
            path, container = [], unit.container
        if unit.is_heading:
            level = unit.level if unit.level is not None else 1
            path = [item for item in path if item[0] < level]
            path.append((level, " ".join(unit.text.split())[:MAX_HEADING]))
        unit.headings = tuple(text for _, text in path)
