"""What was made of a document in docling-core's types: a ``DoclingDocument``, or a ``SegmentedPage`` for each page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flow_compiler.engine.stores import ArtifactStore
from stepflow_assets.documents.page import Block, BlockList, PreparedPage
from stepflow_assets.documents.stored_page import StoredPage
from stepflow_assets.documents.views.docling import DocumentView


async def docling_documents(
    name: str, pages: Sequence[Mapping[str, Any]], lists: Sequence[Mapping[str, Any]], artifacts: ArtifactStore
) -> list[dict[str, Any]]:
    """One document as JSON, of the pages that could be read; of a part, what docling itself made of it."""
    view = DocumentView(name)
    for result in pages:
        part = PreparedPage.model_validate(result["result"]).part if result["outcome"] == "success" else None
        if part is not None:
            converted: dict[str, Any] = json.loads(await artifacts.get(part.document.id))
            return [converted]
    for number, page in await _stored(pages, lists, artifacts):
        view.add_page(number, page.content.geometry, page.blocks)
    return [view.document.export_to_dict()]


async def segmented_pages(
    pages: Sequence[Mapping[str, Any]], lists: Sequence[Mapping[str, Any]], artifacts: ArtifactStore
) -> list[dict[str, Any]]:
    """Each page that could be read, as JSON with its number; parts have none."""
    return [
        {"page": number, **page.to_segmented().model_dump(mode="json")}
        for number, page in await _stored(pages, lists, artifacts)
    ]


async def _stored(
    pages: Sequence[Mapping[str, Any]], lists: Sequence[Mapping[str, Any]], artifacts: ArtifactStore
) -> list[tuple[int, StoredPage]]:
    found: list[tuple[int, StoredPage]] = []
    for result, listed in zip(pages, lists, strict=True):
        if result["outcome"] != "success" or listed["outcome"] != "success":
            continue
        prepared, blocks = PreparedPage.model_validate(result["result"]), BlockList.model_validate(listed["result"])
        if prepared.content is None or prepared.page is None:
            continue
        data = await artifacts.get(blocks.blocks.id) if blocks.blocks else b"[]"
        parsed = tuple(Block.model_validate(block) for block in json.loads(data))
        found.append((prepared.page, StoredPage(prepared.content, blocks, parsed)))
    return found
