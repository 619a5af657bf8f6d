"""The catalog's tables. Their history is in ``migrations/``; a test compares the two."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)

from flow_compiler.engine.storage.schema import Schema

metadata = MetaData()

# Text compared byte by byte: the order of documents must not depend on a server's locale.
_EXACT = Text().with_variant(Text(collation="C"), "postgresql")

# ``generation``: highest number handed out. ``finished_generation``: highest that ended, or the deletion before the
# document was entered again: an end with a smaller number is superseded. ``stamp`` belongs to ``version``; the one last
# listed is ``seen_stamp``, so that a changed file whose run was killed is still seen as changed.
documents = Table(
    "stepflow_assets_documents",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("document_id", _EXACT, nullable=False, unique=True),
    Column("source", _EXACT, nullable=False),
    Column("path", Text, nullable=False),
    Column("uri", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("stamp", Text, nullable=False),
    Column("seen_stamp", Text, nullable=False),
    Column("version", Text),
    Column("flow_digest", Text),
    Column("outcome", Text),
    Column("failure", Text),  # JSON
    Column("pages", Integer),
    Column("chunks", Integer),
    Column("seconds", Float),
    Column("reused", Integer),
    Column("computed", Integer),
    Column("generation", Integer, nullable=False),
    Column("finished_generation", Integer, nullable=False),
    Column("live_generation", Integer),
    Column("run_id", _EXACT),
    Column("running", Boolean, nullable=False),
    Column("degraded", Boolean, nullable=False),
    Column("first_seen", Float, nullable=False),  # epoch seconds
    Column("last_finished", Float),
)
Index("stepflow_assets_documents_run", documents.c.running, documents.c.run_id)

_DOCUMENT = "stepflow_assets_documents.number"

# The number a run was given for a document: the same run that takes it again gets the same one.
takes = Table(
    "stepflow_assets_takes",
    metadata,
    Column("document", Integer, ForeignKey(_DOCUMENT, ondelete="CASCADE"), primary_key=True),
    Column("run_id", _EXACT, primary_key=True),
    Column("generation", Integer, nullable=False),
    Column("version", Text, nullable=False),
    Column("stamp", Text, nullable=False),
)

# Memo entries and artifacts that a document used (kinds and names: catalog_uses.py); millions of rows, so kept small.
uses = Table(
    "stepflow_assets_uses",
    metadata,
    Column("document", Integer, ForeignKey(_DOCUMENT, ondelete="CASCADE"), primary_key=True),
    Column("kind", SmallInteger, primary_key=True),
    Column("name", LargeBinary, primary_key=True),
    sqlite_with_rowid=False,
)
Index("stepflow_assets_uses_name", uses.c.name, uses.c.kind)

# All that stays of a forgotten document.
forgotten = Table(
    "stepflow_assets_forgotten",
    metadata,
    Column("id_hash", Text, primary_key=True),
    Column("generation", Integer, nullable=False),
)

SCHEMA = Schema(
    name="catalog",
    version_table="stepflow_assets_version",
    head="0001",
    migrations=Path(__file__).parent / "migrations",
    metadata=metadata,
)
