"""The tables of ``index.db``, and whose file it is.

``documents``   the live generation of each document
``chunks``      its chunks in order: text, headings and, as JSON, the rest
``words``       FTS5 over text and headings; its content is ``chunks``, nothing is stored twice
``vectors``     one row per chunk, float32 little endian, all of one dimension (compared exactly, by sqlite-vec)
``vocabulary``  how many chunks have a word (a view of ``words``)
``facts``       ``tokens``: the version of the token rules; ``lingering``: replaced words are still in the file
``tombstones``  of deleted documents: the hash of the id and the generation number, nothing else
"""

from __future__ import annotations

from pathlib import Path

import apsw

from stepflow_assets.resources.embedded_index import faults
from stepflow_assets.resources.embedded_index.tokens import TOKENS_VERSION

APPLICATION_ID = 0x53_74_49_78  # "StIx"
SCHEMA_VERSION = 1
HEADING_WEIGHT = 2.0

_TABLES = f"""
CREATE TABLE documents (
  key INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  document_id TEXT NOT NULL,
  title TEXT NOT NULL,
  media_type TEXT NOT NULL,
  source_sha256 TEXT NOT NULL,
  metadata TEXT NOT NULL,
  generation INTEGER NOT NULL,
  chunks INTEGER NOT NULL,
  content_digest TEXT NOT NULL
) STRICT;
CREATE TABLE tombstones (digest TEXT PRIMARY KEY, generation INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE chunks (
  key INTEGER PRIMARY KEY,
  document INTEGER NOT NULL REFERENCES documents (key),
  ordinal INTEGER NOT NULL,
  chunk_id TEXT NOT NULL,
  text TEXT NOT NULL,
  headings TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX chunks_in_order ON chunks (document, ordinal);
CREATE INDEX chunks_by_id ON chunks (document, chunk_id);
CREATE TABLE vectors (chunk INTEGER PRIMARY KEY REFERENCES chunks (key), vector BLOB NOT NULL) STRICT;
CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5 (
  text, headings, content='chunks', content_rowid='key', tokenize='stepflow'
);
INSERT INTO words (words, rank) VALUES ('rank', 'bm25(1.0, {HEADING_WEIGHT})');
CREATE VIRTUAL TABLE vocabulary USING fts5vocab (words, row);
INSERT INTO facts VALUES ('tokens', {TOKENS_VERSION}), ('lingering', 0);
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
"""


def is_new(connection: apsw.Connection, path: Path) -> bool:
    """Whether the file holds nothing yet. Raises IndexUnavailable for a file that is not ours; changes nothing."""
    application = connection.pragma("application_id")
    empty = connection.execute("SELECT count(*) FROM sqlite_schema").get == 0
    if empty and application == 0:
        return True
    if application != APPLICATION_ID:
        raise faults.foreign(path)
    if connection.pragma("user_version") > SCHEMA_VERSION:
        raise faults.from_newer_version(path)
    return False


def create(connection: apsw.Connection) -> None:
    """All tables in one transaction: a file killed in the middle still holds nothing."""
    connection.execute("PRAGMA page_size = 8192")  # five vectors of 384 dimensions a page: scans are a fifth faster
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"BEGIN IMMEDIATE; {_TABLES} COMMIT")


def tokenise_anew_if_outdated(connection: apsw.Connection) -> None:
    """An index whose words were made by other token rules answers wrongly and cannot be deleted from."""
    if connection.execute("SELECT value FROM facts WHERE name = 'tokens'").get == TOKENS_VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    with_rules = "UPDATE facts SET value = ? WHERE name = 'tokens'"
    connection.execute("INSERT INTO words (words) VALUES ('rebuild')")
    connection.execute(with_rules, (TOKENS_VERSION,))
    connection.execute("COMMIT")
