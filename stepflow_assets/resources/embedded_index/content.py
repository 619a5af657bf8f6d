"""What a generation consists of, made ready before the write lock is taken: rows, vectors and the content digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from stepflow_assets.documents.chunk import Chunk
from stepflow_assets.documents.identity import document_digest
from stepflow_assets.errors import VectorsRejected
from stepflow_assets.resources.embedded_index.vectors import packed
from stepflow_assets.resources.search import IndexedDocument

HEADING_BREAK = "\n"


@dataclass(frozen=True)
class ChunkRow:
    ordinal: int
    chunk_id: str
    text: str
    headings: str
    body: str  # JSON of the chunk without its text


@dataclass(frozen=True)
class Content:
    document: IndexedDocument
    document_digest: str
    metadata: str
    rows: tuple[ChunkRow, ...]
    vectors: tuple[bytes, ...]  # empty, or one per row
    digest: str


def content(
    document: IndexedDocument, chunks: Sequence[Chunk], vectors: Sequence[Sequence[float]] | None = None
) -> Content:
    """Raises VectorsRejected when the vectors do not fit the chunks."""
    rows = tuple(_row(chunk) for chunk in chunks)
    blobs = tuple(packed(vector) for vector in vectors or ())
    if vectors is not None and len(blobs) != len(rows):
        raise VectorsRejected(f"{len(blobs)} vectors were given for {len(rows)} chunks")
    if len({len(blob) for blob in blobs}) > 1:
        raise VectorsRejected("the vectors of one document have several dimensions")
    metadata = json.dumps(dict(document.metadata), sort_keys=True, ensure_ascii=False)
    return Content(
        document=document,
        document_digest=document_digest(document.document_id),
        metadata=metadata,
        rows=rows,
        vectors=blobs,
        digest=_digest(document, metadata, rows, blobs),
    )


def restored(text: str, body: str) -> Chunk:
    return Chunk.model_validate({**json.loads(body), "text": text})


def _row(chunk: Chunk) -> ChunkRow:
    return ChunkRow(
        ordinal=chunk.ordinal,
        chunk_id=chunk.id,
        text=chunk.text,
        headings=HEADING_BREAK.join(chunk.headings),
        body=chunk.model_dump_json(exclude={"text"}),
    )


def _digest(document: IndexedDocument, metadata: str, rows: tuple[ChunkRow, ...], vectors: tuple[bytes, ...]) -> str:
    digest = hashlib.sha256()
    about = (document.document_id, document.title, document.media_type, document.source_sha256, metadata)
    parts = [*about, *(part for row in rows for part in (row.text, row.body))]
    for part in [*(part.encode() for part in parts), *vectors]:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()
