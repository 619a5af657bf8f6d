"""Does a chunk's evidence resolve? Pages exist under the content the chunk names, boxes lie on them and have an area;
slides and sheets exist and hold the boxes and cells; elements exist and their character range holds the chunk's words.

``evidence_base`` reads once what a document's chunks are checked against; ``unresolved`` is pure.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flow_compiler.engine.outcomes import Success, from_json
from flow_compiler.engine.stores import ArtifactStore
from stepflow_assets.documents.cells import CellRange
from stepflow_assets.documents.chunk import Chunk
from stepflow_assets.documents.evidence import ElementPlace, PagePlace, Place, SheetPlace, SlidePlace
from stepflow_assets.documents.geometry import Quad
from stepflow_assets.documents.listing import DocumentListing
from stepflow_assets.documents.page import PreparedPage

if TYPE_CHECKING:
    from stepflow_assets.evidence.converted import ConvertedDocument


@dataclass(frozen=True)
class EvidenceBase:
    """What the document's places are checked against: content ids of its pages by number, or its converted part."""

    pages: Mapping[int, str] = field(default_factory=dict)
    part: ConvertedDocument | None = None


@dataclass(frozen=True)
class Unresolved:
    """A place that is not there. ``reason`` is a sentence without document text."""

    chunk_id: str
    place: Place | None
    reason: str


async def evidence_base(
    listing: DocumentListing, pages: Sequence[Mapping[str, Any]], artifacts: ArtifactStore
) -> EvidenceBase:
    """From ``document``'s output and the results of the ``pages`` asset (Stepflow results, in page order).

    Raises ArtifactMissing when the converted part is gone."""
    numbers: dict[int, str] = {}
    part: ConvertedDocument | None = None
    for listed, result in zip(listing.pages, pages, strict=False):
        outcome = from_json(dict(result))
        if not isinstance(outcome, Success):
            continue
        prepared = PreparedPage.model_validate(outcome.result)
        if prepared.content is not None and listed.page is not None:
            numbers[listed.page] = prepared.content.page_id
        if prepared.part is not None:
            from stepflow_assets.evidence.converted import ConvertedDocument

            data = await artifacts.get(prepared.part.document.id)
            part = await asyncio.to_thread(ConvertedDocument, data)
    return EvidenceBase(numbers, part)


async def resolve_chunk(
    chunk: Chunk, listing: DocumentListing, pages: Sequence[Mapping[str, Any]], artifacts: ArtifactStore
) -> tuple[Unresolved, ...]:
    """What is wrong with one chunk's evidence; nothing when it resolves. For many chunks read the base once."""
    return unresolved(chunk, await evidence_base(listing, pages, artifacts))


def unresolved(chunk: Chunk, base: EvidenceBase) -> tuple[Unresolved, ...]:
    """Empty when every place of the chunk is there."""
    if not chunk.places:
        return (Unresolved(chunk.id, None, "the chunk has no place"),)
    return tuple(
        Unresolved(chunk.id, place, reason) for place in chunk.places for reason in _faults(place, chunk, base)
    )


def _faults(place: Place, chunk: Chunk, base: EvidenceBase) -> Iterator[str]:
    match place:
        case PagePlace():
            yield from _page_faults(place, base)
        case SlidePlace():
            slide = base.part.slides.get(place.slide) if base.part else None
            if slide is None:
                yield f"slide {place.slide} is not in the presentation"
            yield from _box_faults(place.quads)
        case SheetPlace():
            yield from _sheet_faults(place, base)
        case ElementPlace():
            yield from _element_faults(place, chunk, base)


def _page_faults(place: PagePlace, base: EvidenceBase) -> Iterator[str]:
    page_id = base.pages.get(place.page)
    if page_id is None:
        yield f"page {place.page} is not among the prepared pages"
    elif page_id != place.page_id:
        yield f"page {place.page} has other content than the chunk names"
    yield from _box_faults(place.quads)


def _box_faults(quads: Sequence[Quad]) -> Iterator[str]:
    if not quads:
        yield "there is no box"
    for quad in quads:
        if not all(0 <= value <= 1 for point in quad.points for value in point):
            yield "a box lies outside the page"
        elif quad.area <= 0:
            yield "a box has no area"


def _sheet_faults(place: SheetPlace, base: EvidenceBase) -> Iterator[str]:
    extent = base.part.extent(place.sheet) if base.part else None
    if extent is None:
        yield "the sheet is not in the workbook"
        return
    try:
        cells = CellRange.parse(place.cells)
    except ValueError:
        yield "the cell range is not in A1 notation"
        return
    if not extent.contains(cells):
        yield f"cells {place.cells} lie outside the sheet's {extent}"


def _element_faults(place: ElementPlace, chunk: Chunk, base: EvidenceBase) -> Iterator[str]:
    text = base.part.element_text(place.path) if base.part else None
    if text is None:
        yield f"{place.path} is not in the converted document"
    elif not 0 <= place.start < place.end <= len(text):
        yield f"characters {place.start}–{place.end} are outside {place.path}, which has {len(text)}"
    elif " ".join(text[place.start : place.end].split()) not in " ".join(chunk.text.split()):
        yield f"characters {place.start}–{place.end} of {place.path} are not in the chunk's text"
