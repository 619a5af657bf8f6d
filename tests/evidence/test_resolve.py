"""Whether a place is real, by its kind."""

from __future__ import annotations

import asyncio
import json

import pytest

from flow_compiler.engine.outcomes import Failure, Success, to_json
from flow_compiler.engine.storage import memory_stores
from stepflow_assets.documents.chunk import Chunk
from stepflow_assets.documents.evidence import ElementPlace, PagePlace, SheetPlace, SlidePlace
from stepflow_assets.documents.geometry import Quad
from stepflow_assets.documents.listing import DocumentListing
from stepflow_assets.evidence.converted import ConvertedDocument
from stepflow_assets.evidence.resolve import EvidenceBase, resolve_chunk, unresolved

REF = {"$blob": "0" * 64, "blobType": "binary", "size": 1}
BOX = Quad.of_box(0.1, 0.1, 0.5, 0.2)
OUTSIDE = Quad(points=((0.1, 0.1), (1.5, 0.1), (1.5, 0.2), (0.1, 0.2)))
FLAT = Quad.of_box(0.1, 0.1, 0.1, 0.2)

PART = {
    "body": {"children": [{"$ref": "#/texts/0"}, {"$ref": "#/texts/1"}, {"$ref": "#/groups/0"}]},
    "pages": {"1": {"page_no": 1, "size": {"width": 10, "height": 10}}},
    "texts": [
        {"self_ref": "#/texts/0", "label": "text", "text": "The river rose."},
        {"self_ref": "#/texts/1", "label": "text", "text": "Taxes fell."},
    ],
    "groups": [{"self_ref": "#/groups/0", "label": "sheet", "name": "Data", "children": [{"$ref": "#/tables/0"}]}],
    "tables": [
        {
            "self_ref": "#/tables/0",
            "label": "table",
            "prov": [{"page_no": 1, "bbox": {"l": 0, "t": 0, "r": 2, "b": 1}}],
            "data": {
                "num_rows": 1,
                "num_cols": 2,
                "table_cells": [
                    {
                        "text": name,
                        "start_row_offset_idx": 0,
                        "end_row_offset_idx": 1,
                        "start_col_offset_idx": column,
                        "end_col_offset_idx": column + 1,
                    }
                    for column, name in enumerate(("Year", "Level"))
                ],
            },
        }
    ],
}
BASE = EvidenceBase({1: "p1"}, ConvertedDocument(json.dumps(PART).encode()))


def chunk(*places, text="The river rose."):
    return Chunk(id="0000-00000000", ordinal=0, text=text, places=places)


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        (PagePlace(page=1, page_id="p1", quads=(BOX,)), None),
        (PagePlace(page=2, page_id="p1", quads=(BOX,)), "page 2 is not among"),
        (PagePlace(page=1, page_id="p9", quads=(BOX,)), "other content"),
        (PagePlace(page=1, page_id="p1", quads=()), "no box"),
        (PagePlace(page=1, page_id="p1", quads=(OUTSIDE,)), "outside the page"),
        (PagePlace(page=1, page_id="p1", quads=(FLAT,)), "no area"),
        (SlidePlace(slide=1, quads=(BOX,)), None),
        (SlidePlace(slide=2, quads=(BOX,)), "slide 2 is not"),
        (SheetPlace(sheet="Data", cells="A1:B1"), None),
        (SheetPlace(sheet="Data", cells="A1:C1"), "outside the sheet's A1:B1"),
        (SheetPlace(sheet="Data", cells="nonsense"), "A1 notation"),
        (SheetPlace(sheet="Nope", cells="A1"), "not in the workbook"),
        (ElementPlace(path="#/texts/0", start=4, end=9), None),
        (ElementPlace(path="#/texts/0", start=4, end=99), "outside #/texts/0"),
        (ElementPlace(path="#/texts/0", start=9, end=9), "outside #/texts/0"),
        (ElementPlace(path="#/texts/7", start=0, end=1), "not in the converted document"),
        (ElementPlace(path="#/texts/1", start=0, end=5), "not in the chunk's text"),
    ],
)
def test_a_place_resolves_or_the_reason_is_named(place, reason):
    found = unresolved(chunk(place), BASE)
    assert bool(found) == (reason is not None)
    if reason is not None:
        assert reason in found[0].reason
        assert found[0].place == place


def test_a_chunk_without_a_place_does_not_resolve():
    assert unresolved(chunk(), BASE)


def test_one_wrong_place_of_several_is_named():
    good, wrong = PagePlace(page=1, page_id="p1", quads=(BOX,)), PagePlace(page=3, page_id="p3", quads=(BOX,))
    assert [item.place for item in unresolved(chunk(good, wrong), BASE)] == [wrong]


def listing(*numbers: int | None) -> DocumentListing:
    return DocumentListing.model_validate(
        {
            "media_type": "application/pdf",
            "format": "pdf",
            "bytes": 1,
            "sha256": "0" * 64,
            "source": REF,
            "page_count": len(numbers),
            "pages": [{"source": REF, "format": "pdf", "page": number} for number in numbers],
        }
    )


def test_pages_come_from_the_results_of_the_pages_asset():
    content = {
        "page_id": "p1",
        "geometry": {"width_pt": 1, "height_pt": 1},
        "route": "text",
        "route_reason": "",
    }
    results = [to_json(Failure(message="locked")), to_json(Success(result={"page": 2, "content": content}))]

    async def resolves(number: int) -> bool:
        place = PagePlace(page=number, page_id="p1", quads=(BOX,))
        return not await resolve_chunk(chunk(place), listing(1, 2), results, memory_stores().artifacts)

    assert asyncio.run(resolves(2))
    assert not asyncio.run(resolves(1))


def test_parts_are_checked_against_the_converted_document():
    async def resolves(end: int) -> bool:
        artifacts = memory_stores().artifacts
        ref = (await artifacts.put(json.dumps(PART).encode(), "data")).to_json()
        results = [to_json(Success(result={"part": {"document": ref, "format": "docx"}}))]
        place = ElementPlace(path="#/texts/0", start=0, end=end)
        return not await resolve_chunk(chunk(place), listing(None), results, artifacts)

    assert asyncio.run(resolves(15))
    assert not asyncio.run(resolves(16))
