"""A document's text, pages, blocks or chunks as plain data, or in docling-core's types."""

from __future__ import annotations

import json
from typing import Any

from flow_compiler.engine.outcomes import Json
from stepflow_assets.documents.chunk import Chunk
from stepflow_assets.documents.evidence import describe
from stepflow_assets.documents.identity import document_digest
from stepflow_assets.operations.page_views import docling_documents, segmented_pages
from stepflow_assets.operations.replaying import reason_of, replay
from stepflow_assets.operations.workspace import Workspace
from stepflow_assets.resources.catalog import CatalogRow
from stepflow_assets.resources.search import public_chunk_id


async def export(workspace: Workspace, row: CatalogRow, what: str) -> list[dict[str, Any]]:
    """One object per page, block or chunk; ``text``: one per page or part, in reading order, furniture left out; ``docling``: one
    DoclingDocument; ``segmented``: a SegmentedPage for each page.

    Raises UnknownDocument, and ComponentError with the document's own reason where it failed.
    """
    if what == "chunks":
        if row.failure is not None and row.live_generation is None:
            raise reason_of(row.failure)
        digest = document_digest(row.document_id)
        return [_chunk(chunk, digest) for chunk in workspace.index.chunks(row.document_id)]
    results = await replay(workspace, row, ["pages", "ocr_blocks"])
    pages = results["pages"]["results"]
    if what == "pages":
        return [_page(number, item) for number, item in enumerate(pages, 1)]
    lists = results["ocr_blocks"]["results"]
    if what in ("docling", "segmented"):
        async with workspace.stores() as stores:
            if what == "segmented":
                return await segmented_pages(pages, lists, stores.artifacts)
            return await docling_documents(row.document_id, pages, lists, stores.artifacts)
    blocks = await _blocks(workspace, pages, lists)
    return blocks if what == "blocks" else _text(blocks)


def _chunk(chunk: Chunk, digest: str) -> dict[str, Any]:
    """``chunk`` is the id that ``search`` shows and ``evidence`` takes; ``id`` is the one within the document."""
    place = "; ".join(dict.fromkeys(describe(place) for place in chunk.places))
    return {"chunk": public_chunk_id(digest, chunk.id), **chunk.model_dump(mode="json"), "place": place}


def _page(number: int, item: Json) -> dict[str, Any]:
    if item["outcome"] != "success":
        return {"item": number, "status": "failed", **item["error"]}
    found = item["result"]
    return {"item": number, "status": "ok", "page": found["page"], **(found["content"] or found["part"])}


async def _blocks(workspace: Workspace, pages: list[Json], lists: list[Json]) -> list[dict[str, Any]]:
    exported: list[dict[str, Any]] = []
    async with workspace.stores() as stores:
        for page, listed in zip(pages, lists, strict=True):
            if listed["outcome"] != "success" or listed["result"]["blocks"] is None:
                continue
            number = page["result"]["page"]
            for block in json.loads(await stores.artifacts.get(listed["result"]["blocks"]["$blob"])):
                exported.append({"page": number, **block})
    return exported


def _text(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    by_page: dict[Any, list[str]] = {}
    for block in blocks:
        if not block.get("furniture"):
            by_page.setdefault(block["page"], []).append(block["text"])
    return [{"page": page, "text": "\n\n".join(texts)} for page, texts in by_page.items()]
