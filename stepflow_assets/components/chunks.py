"""``/chunks/split``: blocks of all pages in, chunks with their places out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from flow_compiler.engine.components import ComponentContext, component
from flow_compiler.engine.stores import ArtifactStore
from flow_compiler.errors import ComponentError
from stepflow_assets.chunks.accounting import FailedItem, ReadablePage, account
from stepflow_assets.chunks.of_document import PageFile, chunks_of_document
from stepflow_assets.components.contracts import SplitInput
from stepflow_assets.documents.chunk import ChunkSet
from stepflow_assets.documents.page import Ref
from stepflow_assets.workers.pools import WorkerPools

_CONCURRENT_READS = 16


@component("/chunks/split", version="3", effect="pure")
async def split(input: SplitInput, context: ComponentContext) -> ChunkSet:
    """Assembles the pages that are readable and cuts them into chunks; failed pages are listed with their reason.

    Raises ComponentError with the first failure's code and category when no page is readable, and a part's own
    failure when the document is one part. A part is not counted as a page."""
    readable, failed = account(input.document, input.pages, input.blocks)
    if failed and not readable:
        raise _nothing_readable(failed)
    files = await _files(readable, context.artifacts)
    pools = context.resource(WorkerPools)
    made = await pools.pdf.run(chunks_of_document, files, input.options, deadline=pools.document_deadline)
    ref = None
    if made.count:
        blob = await context.put_blob(made.json, "data")
        ref = Ref(id=blob.id, size=blob.size, kind=blob.kind)
    paged = [page for page in readable if page.page is not None]
    blank = sum(page.blocks.status == "blank" for page in paged)
    result = ChunkSet(
        chunks=ref,
        count=made.count,
        characters=made.characters,
        pages_ok=len(paged) - blank,
        pages_blank=blank,
        failures=tuple(item.as_page_failure() for item in failed),
    )
    context.report(
        chunks=result.count,
        characters=result.characters,
        tokens=made.tokens,
        pages_ok=result.pages_ok,
        pages_blank=result.pages_blank,
        pages_failed=len(failed),
        furniture_blocks=made.furniture,
        furniture_words=made.furniture_words,
    )
    return result


async def _files(readable: Sequence[ReadablePage], artifacts: ArtifactStore) -> list[PageFile]:
    """The block artifacts as files in page order, a bounded number at a time."""
    gate = asyncio.Semaphore(_CONCURRENT_READS)

    async def one(page: ReadablePage) -> PageFile:
        if page.blocks.blocks is None:
            return _file(page, None)
        async with gate:
            return _file(page, str(await artifacts.local_path(page.blocks.blocks.id)))

    return list(await asyncio.gather(*(one(page) for page in readable)))


def _file(page: ReadablePage, path: str | None) -> PageFile:
    return PageFile(page.page, page.page_id, page.blocks.provider, page.blocks.profile or None, path)


def _nothing_readable(failed: Sequence[FailedItem]) -> ComponentError:
    first = failed[0].failure
    message = first.message
    if len(failed) > 1:
        message = f"none of {len(failed)} pages could be read; page {failed[0].page}: {first.message}"
    return ComponentError(
        message,
        code=first.error,
        category=first.category,
        retryable=any(item.failure.retryable for item in failed),
        next_step=first.next_step,
    )
