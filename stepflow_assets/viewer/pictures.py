"""Pictures on demand: rendered from the pinned source bytes by worker processes, a few at a time; browsers keep them."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from flow_compiler.errors import Category, FlowCompilerError
from stepflow_assets.operations.evidencing import draw_kept_page, draw_places
from stepflow_assets.operations.kept import kept, steps_behind
from stepflow_assets.operations.lookup import known_document
from stepflow_assets.operations.workspace import Workspace
from stepflow_assets.settings import Settings
from stepflow_assets.viewer.reading import ChunkView
from stepflow_assets.workers.pool import WorkerPool

_REVISION = "1"  # raise when the same place is drawn in another way
_MOST_WAITING = 32


@dataclass(frozen=True)
class Picture:
    """``tag`` names the content; ``data`` is None where the asker has it already."""

    tag: str
    data: bytes | None


class Pictures:
    """Raises FlowCompilerError: unknown document, page or chunk, EvidenceError, ``viewer.busy``."""

    def __init__(self, settings: Settings, pool: WorkerPool) -> None:
        self._settings, self._pool = settings, pool
        self._waiting = 0

    async def page(self, document: str, number: int, known: str | None) -> Picture:
        """The page alone. ``known``: the If-None-Match header."""
        with Workspace(self._settings) as workspace:
            row = known_document(workspace, document)
            async with workspace.stores() as stores:
                found = await kept(workspace, stores, row)
                page = found.page(number)
                tag = _tag("page", found.listing.sha256, str(number))
                return await self._unless_known(
                    tag,
                    known,
                    lambda: draw_kept_page(workspace, stores, self._pool, row.document_id, found, page, plain=True),
                )

    async def chunk(self, view: ChunkView, place: int | None, known: str | None) -> Picture:
        """Place ``place`` (from 1) of a chunk, or all, cropped and marked."""
        hit = view.hit
        places = hit.chunk.places if place is None else hit.chunk.places[place - 1 : place]
        tag = _tag("chunk", hit.chunk_id, hit.source_sha256, hit.document_id, str(place))
        with Workspace(self._settings) as workspace:
            async with workspace.stores() as stores:

                async def draw() -> bytes:
                    row = known_document(workspace, hit.document_id)
                    found = await kept(workspace, stores, row, steps_behind(places[0]))
                    return await draw_places(workspace, stores, self._pool, hit.document_id, found, places, crop=True)

                return await self._unless_known(tag, known, draw)

    async def _unless_known(self, tag: str, known: str | None, draw: Callable[[], Awaitable[bytes]]) -> Picture:
        if known is not None and tag in known:
            return Picture(tag, None)
        if self._waiting >= _MOST_WAITING:
            raise FlowCompilerError(
                f"{_MOST_WAITING} pictures are being drawn already",
                code="viewer.busy",
                category=Category.CAPACITY,
                retryable=True,
                next_step="Reload the page in a moment.",
            )
        self._waiting += 1
        try:
            return Picture(tag, await draw())
        finally:
            self._waiting -= 1


def _tag(*parts: str) -> str:
    return f'"{hashlib.sha256(chr(0).join((_REVISION, *parts)).encode()).hexdigest()[:32]}"'
