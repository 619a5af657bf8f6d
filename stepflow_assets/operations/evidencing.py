"""The picture of the place a chunk comes from, drawn on demand from the pinned source bytes."""

from __future__ import annotations

from dataclasses import dataclass

from flow_compiler.engine.stores import Stores
from stepflow_assets.documents.evidence import PagePlace, describe
from stepflow_assets.errors import UnknownChunk
from stepflow_assets.operations.lookup import known_document
from stepflow_assets.operations.replaying import replay
from stepflow_assets.operations.workspace import Workspace
from stepflow_assets.resources.passwords import Passwords
from stepflow_assets.resources.search import Hit


@dataclass(frozen=True)
class Drawn:
    """A PNG and what it shows."""

    document_id: str
    place: str
    picture: bytes


async def draw_chunk(workspace: Workspace, chunk_id: str, *, crop: bool) -> Drawn:
    """Draw the chunk's first place. Raises UnknownChunk, EvidenceError, ArtifactMissing."""
    hit = workspace.index.chunk(chunk_id)
    if hit is None:
        raise UnknownChunk(f"no chunk is called {chunk_id!r}")
    place = hit.chunk.places[0]
    async with workspace.stores() as stores:
        picture = await _draw(workspace, stores, hit, crop=crop)
    return Drawn(hit.document_id, describe(place), picture)


async def _draw(workspace: Workspace, stores: Stores, hit: Hit, *, crop: bool) -> bytes:
    from stepflow_assets.evidence.picture import draw_place
    from stepflow_assets.evidence.request import DrawRequest
    from stepflow_assets.workers.pools import WorkerPools

    place = hit.chunk.places[0]
    row = known_document(workspace, hit.document_id)
    steps = ["document"] if isinstance(place, PagePlace) else ["document", "pages"]
    found = await replay(workspace, row, steps)
    listing = found["document"]
    source = document = None
    if isinstance(place, PagePlace):
        source = await stores.artifacts.local_path(listing["source"]["$blob"])
    else:
        part = found["pages"]["results"][0]["result"]["part"]
        document = await stores.artifacts.local_path(part["document"]["$blob"])
    request = DrawRequest(
        place=place,
        others=hit.chunk.places[1:],
        format=listing["format"],
        source=source,
        document=document,
        passwords=Passwords.from_file(workspace.settings.password_file).candidates,
        crop=crop,
        name=hit.document_id,
    )
    pools = WorkerPools(pdf=1)
    try:
        return await pools.pdf.run(draw_place, request)
    finally:
        pools.close()
