"""What the pages of the viewer show, read from a home folder. Opens the stores for each question, so that a home may be
made, emptied or deleted while the viewer goes on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flow_compiler.errors import FlowCompilerError
from stepflow_assets.documents.chunk import Chunk, Outcome
from stepflow_assets.documents.evidence import PagePlace
from stepflow_assets.documents.identity import document_digest
from stepflow_assets.documents.page import BlockList
from stepflow_assets.errors import UnknownChunk
from stepflow_assets.operations.kept import Kept, KeptPage, kept
from stepflow_assets.operations.lookup import known_document
from stepflow_assets.operations.searching import search
from stepflow_assets.operations.workspace import Workspace
from stepflow_assets.resources.catalog import CatalogRow
from stepflow_assets.resources.search import Hit, public_chunk_id
from stepflow_assets.settings import Settings

HITS = 20


@dataclass(frozen=True)
class NamedChunk:
    """``name`` is the id that commands show."""

    name: str
    chunk: Chunk


@dataclass(frozen=True)
class DocumentView:
    """``kept`` is None where nothing can be shown of its pages: ``why`` is the reason."""

    row: CatalogRow
    kept: Kept | None
    why: FlowCompilerError | None
    chunks: Sequence[NamedChunk]


@dataclass(frozen=True)
class PageView:
    row: CatalogRow
    kept: Kept
    page: KeptPage
    blocks: Sequence[Mapping[str, Any]]
    chunks: Sequence[NamedChunk]  # those with a place on the page


@dataclass(frozen=True)
class ChunkView:
    hit: Hit
    number: int  # from 1, among all of the document
    names: Sequence[str]  # of all chunks of the document, in order


class Reader:
    """Every method raises FlowCompilerError with a sentence for people: what is unknown, or cannot be opened."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    async def documents(self, outcome: Outcome | None = None) -> Sequence[CatalogRow]:
        """By name. Empty also where there is no home yet: looking makes none."""

        def read() -> Sequence[CatalogRow]:
            with Workspace(self.settings) as workspace:
                if workspace.is_new:
                    return []
                rows = workspace.catalog.rows(outcomes=[outcome] if outcome else None)
            return sorted(rows, key=lambda row: row.document_id)

        return await asyncio.to_thread(read)

    async def document(self, name: str) -> DocumentView:
        with Workspace(self.settings) as workspace:
            row, chunks = await asyncio.to_thread(_row_and_chunks, workspace, name)
            try:
                async with workspace.stores() as stores:
                    found = await kept(workspace, stores, row)
            except FlowCompilerError as error:
                return DocumentView(row, None, error, chunks)
        return DocumentView(row, found, None, chunks)

    async def page(self, document: str, number: int) -> PageView:
        with Workspace(self.settings) as workspace:
            row, chunks = await asyncio.to_thread(_row_and_chunks, workspace, document)
            async with workspace.stores() as stores:
                found = await kept(workspace, stores, row)
                page = found.page(number)
                listed = page.blocks.blocks if isinstance(page.blocks, BlockList) else None
                blocks = json.loads(await stores.artifacts.get(listed.id)) if listed else []
        here = [chunk for chunk in chunks if any(_is_on(place, number) for place in chunk.chunk.places)]
        return PageView(row, found, page, blocks, here)

    async def chunk(self, chunk_id: str) -> ChunkView:
        def read() -> ChunkView:
            with Workspace(self.settings) as workspace:
                hit = None if workspace.is_new else workspace.index.chunk(chunk_id)
                if hit is None:
                    raise UnknownChunk(f"no chunk is called {chunk_id!r}")
                digest = document_digest(hit.document_id)
                names = [public_chunk_id(digest, each) for each in workspace.index.chunk_ids(hit.document_id)]
            return ChunkView(hit, names.index(hit.chunk_id) + 1, names)

        return await asyncio.to_thread(read)

    async def search(self, query: str, document: str | None) -> Sequence[Hit]:
        def read() -> Sequence[Hit]:
            with Workspace(self.settings) as workspace:
                if workspace.is_new:
                    return []
                within = [known_document(workspace, document).document_id] if document else None
                return search(workspace, query, limit=HITS, documents=within)

        return await asyncio.to_thread(read)


def _row_and_chunks(workspace: Workspace, name: str) -> tuple[CatalogRow, Sequence[NamedChunk]]:
    row = known_document(workspace, name)
    digest = document_digest(row.document_id)
    chunks = workspace.index.chunks(row.document_id)
    return row, [NamedChunk(public_chunk_id(digest, chunk.id), chunk) for chunk in chunks]


def _is_on(place: Any, number: int) -> bool:
    return isinstance(place, PagePlace) and place.page == number
