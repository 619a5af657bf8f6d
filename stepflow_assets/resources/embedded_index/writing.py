"""Generations in and out, each switch one transaction: a reader, or a kill, never meets half a document."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import apsw

from stepflow_assets.errors import GenerationSuperseded
from stepflow_assets.resources.embedded_index.content import Content
from stepflow_assets.resources.embedded_index.vectors import require_dimension
from stepflow_assets.resources.search import WriteResult


def write(connection: apsw.Connection, content: Content, generation: int) -> WriteResult:
    """Raises GenerationSuperseded, VectorsRejected (nothing is changed then)."""
    with _writing(connection):
        _refuse_if_late(connection, content.document_digest, generation)
        live = connection.execute(
            "SELECT generation, content_digest FROM documents WHERE digest = ?", (content.document_digest,)
        ).fetchone()
        if live is not None and live[1] == content.digest:
            return WriteResult(
                generation=live[0], chunks=len(content.rows), content_digest=content.digest, written=False
            )
        if _erase(connection, content.document_digest):
            connection.execute("UPDATE facts SET value = 1 WHERE name = 'lingering'")
        connection.execute("DELETE FROM tombstones WHERE digest = ?", (content.document_digest,))
        _insert(connection, content, generation)
    return WriteResult(generation=generation, chunks=len(content.rows), content_digest=content.digest, written=True)


def delete(connection: apsw.Connection, digest: str, generation: int) -> bool:
    """Raises GenerationSuperseded. The deleted text is overwritten in the file, and emptied from the log beside it
    unless a reader still holds that (then with the next checkpoint)."""
    with _writing(connection):
        _refuse_if_late(connection, digest, generation)
        existed = _erase_for_good(connection, digest)
        connection.execute("INSERT OR REPLACE INTO tombstones VALUES (?, ?)", (digest, generation))
    if existed:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return existed


@contextmanager
def _writing(connection: apsw.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:  # refused, failed, or not committed
            connection.execute("ROLLBACK")


def _refuse_if_late(connection: apsw.Connection, digest: str, generation: int) -> None:
    newest = connection.execute(
        """SELECT max(generation) FROM (SELECT generation FROM documents WHERE digest = :digest
           UNION ALL SELECT generation FROM tombstones WHERE digest = :digest)""",
        {"digest": digest},
    ).get
    if newest is not None and newest > generation:
        raise GenerationSuperseded(f"generation {generation} is too late: {newest} is there")


def _erase(connection: apsw.Connection, digest: str) -> bool:
    key = connection.execute("SELECT key FROM documents WHERE digest = ?", (digest,)).get
    if key is None:
        return False
    for statement in (
        "INSERT INTO words (words, rowid, text, headings) SELECT 'delete', key, text, headings FROM chunks WHERE document = ?",
        "DELETE FROM vectors WHERE chunk IN (SELECT key FROM chunks WHERE document = ?)",
        "DELETE FROM chunks WHERE document = ?",
        "DELETE FROM documents WHERE key = ?",
    ):
        connection.execute(statement, (key,))
    return True


def _erase_for_good(connection: apsw.Connection, digest: str) -> bool:
    """FTS5 marks words as deleted and drops them when it merges, which is ten times faster than taking them out at once:
    right for a generation that is replaced, not for one that has to be forgotten. Then the words of generations
    replaced before go too: 'optimize' merges everything (0.3 s for 50,000 chunks)."""
    connection.execute("INSERT INTO words (words, rank) VALUES ('secure-delete', 1)")
    existed = _erase(connection, digest)
    connection.execute("INSERT INTO words (words, rank) VALUES ('secure-delete', 0)")
    if connection.execute("SELECT value FROM facts WHERE name = 'lingering'").get:
        connection.execute("INSERT INTO words (words) VALUES ('optimize')")
        connection.execute("UPDATE facts SET value = 0 WHERE name = 'lingering'")
    return existed


def _insert(connection: apsw.Connection, content: Content, generation: int) -> None:
    document = content.document
    connection.execute(
        """INSERT INTO documents (digest, document_id, title, media_type, source_sha256, metadata, generation, chunks,
             content_digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            content.document_digest,
            document.document_id,
            document.title,
            document.media_type,
            document.source_sha256,
            content.metadata,
            generation,
            len(content.rows),
            content.digest,
        ),
    )
    key = connection.last_insert_rowid()
    first = 1 + (connection.execute("SELECT max(key) FROM chunks").get or 0)
    connection.executemany(
        "INSERT INTO chunks (key, document, ordinal, chunk_id, text, headings, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (first + at, key, row.ordinal, row.chunk_id, row.text, row.headings, row.body)
            for at, row in enumerate(content.rows)
        ),
    )
    connection.execute(
        "INSERT INTO words (rowid, text, headings) SELECT key, text, headings FROM chunks WHERE document = ?", (key,)
    )
    if content.vectors:
        require_dimension(connection, content.vectors[0])
        connection.executemany(
            "INSERT INTO vectors VALUES (?, ?)", ((first + at, vector) for at, vector in enumerate(content.vectors))
        )
