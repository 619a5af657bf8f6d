"""``/chunks/split``: blocks of all pages in, chunks with their places out."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from functools import lru_cache

from pydantic import TypeAdapter

from flow_compiler.engine.components import ComponentContext, component
from flow_compiler.engine.stores import ArtifactStore
from flow_compiler.errors import ComponentError
from stepflow_assets.chunks.accounting import FailedItem, ReadablePage, account
from stepflow_assets.chunks.assembly import assemble
from stepflow_assets.chunks.page_blocks import PageBlocks
from stepflow_assets.chunks.splitting import split as split_units
from stepflow_assets.chunks.units import Unit
from stepflow_assets.components.contracts import ChunkMethod, ChunkOptions, SplitInput
from stepflow_assets.documents.chunk import Chunk, ChunkSet
from stepflow_assets.documents.page import Ref, UnwordedBlock

_CONCURRENT_READS = 16


@component("/chunks/split", version="3", effect="pure")
async def split(input: SplitInput, context: ComponentContext) -> ChunkSet:
    """Assembles the pages that are readable and cuts them into chunks; failed pages are listed with their reason.

    Raises ComponentError with the first failure's code and category when no page is readable, and a part's own
    failure when the document is one part. A part is not counted as a page."""
    readable, failed = account(input.document, input.pages, input.blocks)
    if failed and not readable:
        raise _nothing_readable(failed)
    raw = await _load(readable, context.artifacts)
    # Parsing, assembly and splitting are a second or two of CPU for a thousand pages: not on the event loop.
    made = await asyncio.to_thread(_make, readable, raw, input.options)
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


class _Made:
    """What the thread hands back."""

    def __init__(self, chunks: Sequence[Chunk], furniture: int, furniture_words: int) -> None:
        self.count = len(chunks)
        self.characters = sum(len(chunk.text) for chunk in chunks)
        self.tokens = sum(chunk.tokens for chunk in chunks)
        self.furniture = furniture
        self.furniture_words = furniture_words
        self.json = _chunk_list().dump_json(list(chunks))


def _make(readable: Sequence[ReadablePage], raw: Sequence[bytes | None], options: ChunkOptions) -> _Made:
    parse = _block_list().validate_json
    pages = [
        PageBlocks(
            page.page,
            page.page_id,
            tuple(parse(data)) if data else (),
            page.blocks.provider,
            page.blocks.profile or None,
        )
        for page, data in zip(readable, raw, strict=True)
    ]
    assembly = assemble(pages)
    return _Made(_cut(assembly.units, options), assembly.furniture, assembly.furniture_words)


def _cut(units: Sequence[Unit], options: ChunkOptions) -> list[Chunk]:
    if options.method is ChunkMethod.SECTIONS:
        return split_units(units, options.max_tokens, options.overlap_tokens)
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")  # docling-core loads it: no advice on stderr
    from stepflow_assets.chunks.docling_chunkers import split_by_docling

    hybrid = options.method is ChunkMethod.DOCLING_HYBRID
    return split_by_docling(units, options.max_tokens if hybrid else None)


async def _load(readable: Sequence[ReadablePage], artifacts: ArtifactStore) -> list[bytes | None]:
    """The block artifacts in page order, a bounded number at a time."""
    gate = asyncio.Semaphore(_CONCURRENT_READS)

    async def one(page: ReadablePage) -> bytes | None:
        if page.blocks.blocks is None:
            return None
        async with gate:
            return await artifacts.get(page.blocks.blocks.id)

    return list(await asyncio.gather(*(one(page) for page in readable)))


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


@lru_cache(maxsize=1)
def _block_list() -> TypeAdapter[list[UnwordedBlock]]:
    return TypeAdapter(list[UnwordedBlock])


@lru_cache(maxsize=1)
def _chunk_list() -> TypeAdapter[list[Chunk]]:
    return TypeAdapter(list[Chunk])
