"""The SearchIndex protocol: generations in, evidenced hits out. One behaviour suite runs against every engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from stepflow_assets.documents.chunk import Chunk


@dataclass(frozen=True)
class IndexedDocument:
    """What the index keeps beside the chunks of a document's live generation."""

    document_id: str
    title: str
    media_type: str
    source_sha256: str
    metadata: Mapping[str, str | int | float] = field(default_factory=dict)


@dataclass(frozen=True)
class WriteResult:
    generation: int  # the live one afterwards
    chunks: int
    content_digest: str
    written: bool  # False: the live generation had the same content, nothing was touched


@dataclass(frozen=True)
class Hit:
    """``chunk_id`` is ``<document digest, 12 hex>-<chunk.id>``: unique over documents, stable under re-runs."""

    chunk_id: str
    document_id: str
    generation: int
    title: str
    score: float
    chunk: Chunk
    snippet: str  # matched words between \x02 and \x03
    source_sha256: str
    media_type: str


@dataclass(frozen=True)
class LiveGeneration:
    document_id: str
    generation: int
    chunks: int
    content_digest: str


class SearchIndex(Protocol):
    """Synchronous: an embedded engine is a file. Callers on an event loop use a thread. Safe from several threads and
    processes. Raises IndexUnavailable."""

    def write_generation(
        self,
        document: IndexedDocument,
        generation: int,
        chunks: Sequence[Chunk],
        vectors: Sequence[Sequence[float]] | None = None,
    ) -> WriteResult:
        """Write completely, switch, delete the old one, in that order, so a reader never sees half a document.

        The content digest covers chunks, vectors and document fields; equal to the live one: nothing is written.
        Raises GenerationSuperseded when the live generation (or a deletion) has a higher number.
        """
        ...

    def delete_document(self, document_id: str, generation: int) -> bool:
        """Deletion is a generation too: a later writer of an older number is refused. True if something was live."""
        ...

    def live(self, document_id: str) -> LiveGeneration | None: ...

    def live_all(self) -> Sequence[LiveGeneration]: ...

    def chunk(self, chunk_id: str) -> Hit | None:
        """One chunk by its public id (score 0), or None."""
        ...

    def chunks(self, document_id: str) -> Sequence[Chunk]:
        """All chunks of the live generation, in order."""
        ...

    def chunk_ids(self, document_id: str) -> Sequence[str]:
        """Their ids alone, as the document's chunks have them."""
        ...

    def search(
        self,
        query: str,
        *,
        limit: int = 10,
        vector: Sequence[float] | None = None,
        documents: Sequence[str] | None = None,
    ) -> Sequence[Hit]:
        """BM25; with ``vector``: fused by reciprocal rank with exact vector search. Any text is a valid query."""
        ...

    def close(self) -> None: ...


def public_chunk_id(document_digest: str, chunk_id: str) -> str:
    return f"{document_digest[:12]}-{chunk_id}"
