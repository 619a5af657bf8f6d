"""/index/publish: a document's chunks become its live generation in the search index."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import PurePosixPath

from flow_compiler.engine.components import ComponentContext, component
from stepflow_assets.components.contracts import Embedded, PublishInput
from stepflow_assets.documents.chunk import Chunk, ChunkSet, Outcome, Published
from stepflow_assets.documents.identity import split_document_id
from stepflow_assets.documents.stored_chunks import stored_chunks
from stepflow_assets.errors import GenerationSuperseded, IndexProblem, VectorsRejected
from stepflow_assets.resources.search import IndexedDocument, SearchIndex

_FLOAT32 = 4


@component("/index/publish", version="1", effect="write", pool="io")
async def publish(input: PublishInput, context: ComponentContext) -> Published:
    """Write the chunks as a complete generation and switch to it; equal content is left as it is.

    A document without any chunk gets an empty generation, so that its former chunks are found no more. A late writer of
    an older generation writes nothing and is no failure: the document is superseded. Raises IndexUnavailable,
    VectorsRejected.
    """
    index = context.resource(SearchIndex)  # type: ignore[type-abstract]  # resources are looked up by their protocol
    chunks = await _chunks(input.chunks, context)
    vectors = None if input.vectors is None else await _vectors(input.vectors, context)
    try:
        written = await asyncio.to_thread(index.write_generation, _document(input), input.generation, chunks, vectors)
    except GenerationSuperseded:
        return await asyncio.to_thread(_superseded, index, input)
    context.report(chunks=written.chunks, chunks_written=written.chunks if written.written else 0)
    return Published(
        outcome=_outcome(input.chunks),
        generation=written.generation,
        chunks=written.chunks,
        content_digest=written.content_digest,
        written=written.written,
    )


def _superseded(index: SearchIndex, input: PublishInput) -> Published:
    """What is live instead: a newer generation, or nothing where the document was forgotten meanwhile."""
    live = index.live(input.document_id)
    return Published(
        outcome=_outcome(input.chunks),
        generation=live.generation if live else input.generation,
        chunks=live.chunks if live else 0,
        content_digest=live.content_digest if live else "",
        written=False,
        superseded=True,
    )


def _outcome(chunks: ChunkSet) -> Outcome:
    if chunks.failures:
        return Outcome.PARTIAL
    return Outcome.INDEXED if chunks.count else Outcome.EMPTY


def _document(input: PublishInput) -> IndexedDocument:
    _, path = split_document_id(input.document_id)
    metadata: dict[str, str | int | float] = {"format": input.document.format, "bytes": input.document.bytes}
    if input.document.page_count is not None:
        metadata["pages"] = input.document.page_count
    return IndexedDocument(
        document_id=input.document_id,
        title=PurePosixPath(path).name or input.document_id,
        media_type=input.document.media_type,
        source_sha256=input.document.sha256,
        metadata=metadata,
    )


async def _chunks(chunks: ChunkSet, context: ComponentContext) -> Sequence[Chunk]:
    found = () if chunks.chunks is None else await stored_chunks(chunks.chunks.id, context.get_blob)
    if len(found) != chunks.count:
        raise IndexProblem(
            f"{chunks.count} chunks were announced, {len(found)} arrived",
            code="index.chunks_lost",
            retryable=False,
            next_step="Run the document again with --refresh: its chunks are made anew.",
        )
    return found


async def _vectors(embedded: Embedded, context: ComponentContext) -> Sequence[Sequence[float]]:
    """Rows of the float32 artifact, as views on its bytes."""
    data = b"" if embedded.vectors is None else await context.get_blob(embedded.vectors.id)
    row = embedded.dimensions * _FLOAT32
    if len(data) != embedded.count * row:
        raise VectorsRejected(
            f"{embedded.count} vectors of {embedded.dimensions} dimensions were announced, {len(data)} bytes arrived"
        )
    view = memoryview(data)
    return [view[at * row : (at + 1) * row].cast("f") for at in range(embedded.count)]
