"""The picture of the place a chunk comes from, drawn on demand from the pinned source bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flow_compiler.engine.stores import Stores
from flow_compiler.errors import InvalidInput
from stepflow_assets.documents.evidence import PagePlace, Place, describe
from stepflow_assets.errors import EvidenceError, PageCrashed, PageTimeout, UnknownChunk
from stepflow_assets.operations.lookup import known_document
from stepflow_assets.operations.replaying import replay
from stepflow_assets.operations.workspace import Workspace
from stepflow_assets.resources.passwords import Passwords


@dataclass(frozen=True)
class Drawn:
    """A PNG and what it shows."""

    document_id: str
    place: str
    picture: bytes


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
    async with workspace.stores() as stores:
        picture = await _draw(workspace, stores, hit.document_id, places, crop=crop)
    return Drawn(hit.document_id, "; ".join(dict.fromkeys(describe(place) for place in places)), picture)


async def _draw(
    workspace: Workspace, stores: Stores, document_id: str, places: Sequence[Place], *, crop: bool
) -> bytes:
    from stepflow_assets.evidence.picture import draw_place
    from stepflow_assets.evidence.request import DrawRequest
    from stepflow_assets.workers.pools import WorkerPools

    place = places[0]
    row = known_document(workspace, document_id)
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
        others=tuple(places[1:]),
        format=listing["format"],
        source=source,
        document=document,
        passwords=Passwords.from_file(workspace.settings.password_file).candidates,
        crop=crop,
        name=document_id,
    )
    pools = WorkerPools(pdf=1, page_deadline=workspace.settings.page_deadline)
    try:
        return await pools.pdf.run(draw_place, request)
    except (PageTimeout, PageCrashed) as error:
        raise not_drawn(error) from None
    finally:
        pools.close()


def not_drawn(error: PageTimeout | PageCrashed) -> EvidenceError:
    """The same picture would end the same way: what helps is a smaller one, or more time."""
    return EvidenceError(
        f"the picture could not be drawn ({error.message})",
        next_step="Draw one place with --place, less of it with --crop, or allow more time with page_deadline.",
    )
