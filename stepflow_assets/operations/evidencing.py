"""Pictures drawn on demand from the pinned source bytes: the place a chunk comes from, and a page with its blocks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from flow_compiler.engine.outcomes import Failure
from flow_compiler.engine.stores import Stores
from flow_compiler.errors import InvalidInput
from stepflow_assets.documents.evidence import PagePlace, Place, describe
from stepflow_assets.documents.page import BlockList, PageContent
from stepflow_assets.errors import EvidenceError, PageCrashed, PageTimeout, UnknownChunk
from stepflow_assets.operations.kept import Kept, KeptPage, kept, steps_behind
from stepflow_assets.operations.lookup import known_document
from stepflow_assets.operations.replaying import reason_of
from stepflow_assets.operations.workspace import Workspace
from stepflow_assets.resources.passwords import Passwords
from stepflow_assets.workers.pool import WorkerPool


@dataclass(frozen=True)
class Drawn:
    """A PNG and what it shows."""

    document_id: str
    place: str
    picture: bytes


@dataclass(frozen=True)
class DrawnPage:
    """A PNG of a page with its blocks, and how they were read. ``failure``: why there are none."""

    document_id: str
    page: int
    content: PageContent
    blocks: BlockList | None
    failure: Failure | None
    picture: bytes


@asynccontextmanager
async def drawing_pool(workspace: Workspace) -> AsyncIterator[WorkerPool]:
    """One worker process for a command's pictures."""
    from stepflow_assets.workers.pools import WorkerPools

    pools = WorkerPools(pdf=1, page_deadline=workspace.settings.page_deadline)
    try:
        yield pools.pdf
    finally:
        pools.close()


async def draw_chunk(workspace: Workspace, chunk_id: str, *, crop: bool, only: int | None = None) -> Drawn:
    """Draw the chunk's places, pages one below another, or place ``only`` (from 1) of them.

    Raises UnknownChunk, InvalidInput when there is no such place, EvidenceError, ArtifactMissing."""
    hit = workspace.index.chunk(chunk_id)
    if hit is None:
        raise UnknownChunk(f"no chunk is called {chunk_id!r}")
    places = hit.chunk.places
    if only is not None:
        if only > len(places):
            count = f"{len(places)} place{'s' if len(places) > 1 else ''}"
            raise InvalidInput(f"the chunk has {count}, not {only}", next_step=f"Give --place 1 to {len(places)}.")
        places = places[only - 1 : only]
    async with workspace.stores() as stores, drawing_pool(workspace) as pool:
        row = known_document(workspace, hit.document_id)
        found = await kept(workspace, stores, row, steps_behind(places[0]))
        picture = await draw_places(workspace, stores, pool, hit.document_id, found, places, crop=crop)
    return Drawn(hit.document_id, "; ".join(dict.fromkeys(describe(place) for place in places)), picture)


async def draw_page(workspace: Workspace, document: str, number: int) -> DrawnPage:
    """Draw page ``number`` (from 1) of a document, named as a person typed it, with its blocks.

    Raises UnknownDocument, InvalidInput when there is no such page, EvidenceError, ArtifactMissing, and ComponentError with
    the reason where the page could not be prepared."""
    row = known_document(workspace, document)
    async with workspace.stores() as stores, drawing_pool(workspace) as pool:
        found = await kept(workspace, stores, row)
        page = found.page(number)
        content = _content(page)
        picture = await draw_kept_page(workspace, stores, pool, row.document_id, found, page, plain=False)
    made = page.blocks if isinstance(page.blocks, BlockList) else None
    return DrawnPage(row.document_id, number, content, made, page.failure, picture)


async def draw_places(
    workspace: Workspace,
    stores: Stores,
    pool: WorkerPool,
    document_id: str,
    found: Kept,
    places: Sequence[Place],
    *,
    crop: bool,
) -> bytes:
    """PNG of places of one document. Raises EvidenceError, ArtifactMissing."""
    from stepflow_assets.evidence.picture import draw_place
    from stepflow_assets.evidence.request import DrawRequest

    place = places[0]
    source = document = None
    if isinstance(place, PagePlace):
        source = await stores.artifacts.local_path(found.listing.source.id)
    else:
        prepared = found.pages[0].prepared
        if isinstance(prepared, Failure):
            raise reason_of(prepared)
        if prepared.part is not None:
            document = await stores.artifacts.local_path(prepared.part.document.id)
    request = DrawRequest(
        place=place,
        others=tuple(places[1:]),
        format=found.listing.format,
        source=source,
        document=document,
        passwords=_passwords(workspace),
        crop=crop,
        name=document_id,
    )
    try:
        return await pool.run(draw_place, request)
    except (PageTimeout, PageCrashed) as error:
        raise not_drawn(error) from None


async def draw_kept_page(
    workspace: Workspace,
    stores: Stores,
    pool: WorkerPool,
    document_id: str,
    found: Kept,
    page: KeptPage,
    *,
    plain: bool,
) -> bytes:
    """PNG of a page with its blocks, or alone. Raises EvidenceError, ArtifactMissing."""
    from stepflow_assets.evidence.block_picture import draw_blocks
    from stepflow_assets.evidence.request import PageRequest

    assert page.page is not None
    blocks = page.blocks.blocks if isinstance(page.blocks, BlockList) else None
    request = PageRequest(
        source=await stores.artifacts.local_path(found.listing.source.id),
        format=found.listing.format,
        page=page.page,
        blocks=await stores.artifacts.local_path(blocks.id) if blocks and not plain else None,
        passwords=_passwords(workspace),
        name=document_id,
        notes=() if plain else _notes(page),
        plain=plain,
    )
    try:
        return await pool.run(draw_blocks, request)
    except (PageTimeout, PageCrashed) as error:
        raise not_drawn(error) from None


def _content(page: KeptPage) -> PageContent:
    if isinstance(page.prepared, Failure):
        raise reason_of(page.prepared)
    if page.prepared.content is None:
        raise EvidenceError(f"nothing is kept of page {page.page}")
    return page.prepared.content


def _notes(page: KeptPage) -> tuple[str, ...]:
    """How the page was read, for the strip under its picture."""
    notes = []
    if not isinstance(page.prepared, Failure) and page.prepared.content is not None:
        content = page.prepared.content
        notes.append(f"route {content.route}: {content.route_reason}")
    if page.failure is not None:
        notes.append(f"failed: {page.failure.message}")
    elif isinstance(page.blocks, BlockList):
        count = f"{page.blocks.count} block{'' if page.blocks.count == 1 else 's'}"
        notes.append(" · ".join(part for part in (count, *map(str, page.blocks.provider_path)) if part))
    return tuple(notes)


def _passwords(workspace: Workspace) -> tuple[str, ...]:
    return Passwords.from_file(workspace.settings.password_file).candidates


def not_drawn(error: PageTimeout | PageCrashed) -> EvidenceError:
    """The same picture would end the same way: what helps is a smaller one, or more time."""
    return EvidenceError(
        f"the picture could not be drawn ({error.message})",
        next_step="Draw one place with --place, less of it with --crop, or allow more time with page_deadline.",
    )
