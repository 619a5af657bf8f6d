"""What is live: documents, their chunks, and hits made of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import apsw

from stepflow_assets.documents.chunk import Chunk
from stepflow_assets.resources.embedded_index.content import restored
from stepflow_assets.resources.embedded_index.snippets import snippet
from stepflow_assets.resources.embedded_index.tokens import Term
from stepflow_assets.resources.search import Hit, LiveGeneration, public_chunk_id

_LIVE = "SELECT document_id, generation, chunks, content_digest FROM documents"
_HIT = """SELECT chunks.key, documents.digest, documents.document_id, documents.generation, documents.title,
            documents.media_type, documents.source_sha256, chunks.text, chunks.body
          FROM chunks JOIN documents ON documents.key = chunks.document"""
_PREFIX = len(public_chunk_id("0" * 64, "")) - 1


@contextmanager
def snapshot(connection: apsw.Connection) -> Iterator[None]:
    """Everything read inside is of one moment."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def live(connection: apsw.Connection, digest: str) -> LiveGeneration | None:
    found = connection.execute(f"{_LIVE} WHERE digest = ?", (digest,)).fetchone()
    return LiveGeneration(*found) if found else None


def live_all(connection: apsw.Connection) -> list[LiveGeneration]:
    return [LiveGeneration(*row) for row in connection.execute(f"{_LIVE} ORDER BY document_id")]


_OF_DOCUMENT = "FROM chunks WHERE document = (SELECT key FROM documents WHERE digest = ?) ORDER BY ordinal, key"


def chunk_ids(connection: apsw.Connection, digest: str) -> list[str]:
    return [row[0] for row in connection.execute(f"SELECT chunk_id {_OF_DOCUMENT}", (digest,))]


def chunks(connection: apsw.Connection, digest: str) -> list[Chunk]:
    rows = connection.execute(f"SELECT text, body {_OF_DOCUMENT}", (digest,))
    return [restored(text, body) for text, body in rows]


def hit_by_id(connection: apsw.Connection, chunk_id: str) -> Hit | None:
    prefix, local = chunk_id[:_PREFIX], chunk_id[_PREFIX + 1 :]
    rows = connection.execute(
        f"{_HIT} WHERE documents.digest >= :prefix AND documents.digest < :prefix || 'g' AND chunks.chunk_id = :local",
        {"prefix": prefix, "local": local},
    )
    return next((hit for hit in (_hit(row, 0.0, ()) for row in rows) if hit.chunk_id == chunk_id), None)


def hits(connection: apsw.Connection, scores: Sequence[tuple[int, float]], terms: Sequence[Term]) -> list[Hit]:
    """In the order of ``scores`` (chunk key, score)."""
    found: list[Hit] = []
    for key, score in scores:
        rows = connection.execute(f"{_HIT} WHERE chunks.key = ?", (key,))
        found.extend(_hit(row, score, terms) for row in rows)
    return found


def _hit(row: tuple[Any, ...], score: float, terms: Sequence[Term]) -> Hit:
    _, digest, document_id, generation, title, media_type, source_sha256, text, body = row
    chunk = restored(text, body)
    return Hit(
        chunk_id=public_chunk_id(digest, chunk.id),
        document_id=document_id,
        generation=generation,
        title=title,
        score=score,
        chunk=chunk,
        snippet=snippet(text, terms),
        source_sha256=source_sha256,
        media_type=media_type,
    )
