"""/source/read: the pinned bytes of a document, what format they are, and its pages."""

from __future__ import annotations

import asyncio
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from flow_compiler.engine.components import ComponentContext, component
from stepflow_assets.components.contracts import ReadInput
from stepflow_assets.conversion.detection import detect
from stepflow_assets.documents.listing import DocumentListing
from stepflow_assets.documents.page import PageItem, Ref
from stepflow_assets.errors import DocumentChanged, DocumentDamaged, PageCrashed, PageTimeout
from stepflow_assets.resources.passwords import Passwords
from stepflow_assets.resources.source_registry import Sources
from stepflow_assets.workers.pools import WorkerPools


@component("/source/read", version="1", effect="read", pool="io")
async def read_source(input: ReadInput, context: ComponentContext) -> DocumentListing:
    """Reads the version that was pinned and lists its pages, or its one part.

    Raises DocumentNotFound, DocumentChanged, DocumentUnsupported, DocumentDamaged, DocumentEncrypted, DocumentTooLarge.
    """
    pinned = await asyncio.to_thread(context.resource(Sources).read, input.source.uri)
    if pinned.version != input.source.version:
        raise DocumentChanged("the file has changed since it was taken in hand")
    name = PurePosixPath(unquote(urlsplit(input.source.uri).path)).name
    detected = await asyncio.to_thread(detect, pinned.data, name)
    stored = await context.put_blob(pinned.data)
    source = Ref(id=stored.id, size=stored.size, kind=stored.kind)
    count = await _count(context, source, detected.format.name) if detected.format.paged else None
    numbers = range(1, count + 1) if count is not None else (None,)
    context.report(bytes=len(pinned.data), **({} if count is None else {"pages": count}))
    return DocumentListing(
        media_type=detected.media_type,
        format=detected.format.name,
        bytes=len(pinned.data),
        sha256=stored.id,
        source=source,
        page_count=count,
        pages=tuple(PageItem(source=source, format=detected.format.name, page=number) for number in numbers),
    )


async def _count(context: ComponentContext, source: Ref, format: str) -> int:
    from stepflow_assets.pages.prepare import count_pages

    path = await context.artifacts.local_path(source.id)
    passwords = context.resource(Passwords).candidates
    try:
        return await context.resource(WorkerPools).pdf.run(count_pages, str(path), format, passwords)
    except (PageCrashed, PageTimeout) as error:
        raise DocumentDamaged(f"it cannot be opened: {error.message}") from None
