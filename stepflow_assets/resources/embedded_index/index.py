"""The embedded engine behind the SearchIndex protocol: one SQLite file that nothing but apsw opens."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import apsw

from stepflow_assets.documents.chunk import Chunk
from stepflow_assets.documents.identity import document_digest
from stepflow_assets.errors import IndexUnavailable
from stepflow_assets.resources.embedded_index import reading, vectors, writing
from stepflow_assets.resources.embedded_index.connections import Connections
from stepflow_assets.resources.embedded_index.content import content
from stepflow_assets.resources.embedded_index.faults import translated
from stepflow_assets.resources.embedded_index.fusion import fused
from stepflow_assets.resources.embedded_index.searching import ranked_by_words
from stepflow_assets.resources.embedded_index.tokens import query_terms
from stepflow_assets.resources.embedded_index.weighing import weighed
from stepflow_assets.resources.search import Hit, IndexedDocument, LiveGeneration, WriteResult

T = TypeVar("T")

_FUSED_DEPTH = 50
"""Each ranking's best so many are fused, and more when more hits are asked for."""

_REMOVED = 3


class EmbeddedIndex:
    """BM25 by FTS5, exact vectors by sqlite-vec, generations by transactions. Made when first used; raises
    IndexUnavailable. ``busy_seconds``: how long a writer waits for other processes' writes.

    Opening the same file with the stdlib's sqlite3 in one process would release apsw's locks: never do it.
    """

    def __init__(self, path: str | Path, *, busy_seconds: float = 60.0) -> None:
        self._path = Path(path)
        self._connections = Connections(self._path, busy_seconds)

    def write_generation(
        self,
        document: IndexedDocument,
        generation: int,
        chunks: Sequence[Chunk],
        vectors: Sequence[Sequence[float]] | None = None,
    ) -> WriteResult:
        ready = content(document, chunks, vectors)
        return self._write(lambda connection: writing.write(connection, ready, generation))

    def delete_document(self, document_id: str, generation: int) -> bool:
        digest = document_digest(document_id)
        return self._write(lambda connection: writing.delete(connection, digest, generation))

    def live(self, document_id: str) -> LiveGeneration | None:
        return self._read(lambda connection: reading.live(connection, document_digest(document_id)))

    def live_all(self) -> Sequence[LiveGeneration]:
        return self._read(reading.live_all)

    def chunk(self, chunk_id: str) -> Hit | None:
        return self._read(lambda connection: reading.hit_by_id(connection, chunk_id))

    def chunks(self, document_id: str) -> Sequence[Chunk]:
        return self._read(lambda connection: reading.chunks(connection, document_digest(document_id)))

    def chunk_ids(self, document_id: str) -> Sequence[str]:
        return self._read(lambda connection: reading.chunk_ids(connection, document_digest(document_id)))

    def search(
        self,
        query: str,
        *,
        limit: int = 10,
        vector: Sequence[float] | None = None,
        documents: Sequence[str] | None = None,
    ) -> Sequence[Hit]:
        """Scores of BM25 with a word-coverage factor, or of the fusion where a vector is given. Raises VectorsRejected."""
        if limit < 1:
            return []
        asked = query_terms(query)
        among = None if documents is None else json.dumps([document_digest(name) for name in documents])
        blob = None if vector is None else vectors.packed(vector)

        def found(connection: apsw.Connection) -> list[Hit]:
            terms = weighed(connection, asked)
            marked = [term.term for term in terms if term.marked]
            if blob is None or not vectors.require_dimension(connection, blob):
                return reading.hits(connection, ranked_by_words(connection, terms, among, limit), marked)
            depth = max(limit, _FUSED_DEPTH)
            by_words = ranked_by_words(connection, terms, among, depth)
            by_vector = vectors.nearest(connection, blob, among, depth)
            scores = fused([key for key, _ in by_words], [key for key, _ in by_vector])
            return reading.hits(connection, list(scores.items())[:limit], marked)

        return self._read(found)

    def close(self) -> None:
        """Release the file; a later call opens it again."""
        self._connections.close()

    def _read(self, reads: Callable[[apsw.Connection], T]) -> T:
        connection = self._connections.current()
        with translated(self._path), reading.snapshot(connection):
            return reads(connection)

    def _write(self, writes: Callable[[apsw.Connection], T]) -> T:
        """Again when the file was removed meanwhile: what was committed to it is gone with it."""
        for _ in range(_REMOVED):
            connection = self._connections.current()
            with translated(self._path):
                result = writes(connection)
            if self._connections.still_there():
                return result
        raise IndexUnavailable(f"the index {self._path} is being removed while it is written")
