"""Opening the durable stores: one database, one artifact store, two threads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from flow_compiler.engine.storage.artifacts import open_artifacts
from flow_compiler.engine.storage.database import create_database, flush_to_disk, reading
from flow_compiler.engine.storage.group_commit import GroupCommit
from flow_compiler.engine.storage.journal import SqlJournal
from flow_compiler.engine.storage.leases import SqlLeases
from flow_compiler.engine.storage.memo import SqlMemo
from flow_compiler.engine.storage.schema import Schema, bring_up_to_date
from flow_compiler.engine.storage.tables import SCHEMA
from flow_compiler.engine.stores import Stores


@dataclass(frozen=True)
class Database:
    """A database in use by one event loop: what writes to it in groups, and what reads from it."""

    commits: GroupCommit
    reads: GroupCommit
    engine: Engine

    async def reach_disk(self) -> None:
        """What was committed survives a loss of power too. Raises StoreUnavailable."""
        await asyncio.to_thread(flush_to_disk, self.engine)


@asynccontextmanager
async def open_stores(database_url: str, artifacts: str | Path) -> AsyncIterator[Stores]:
    """The stores, usable from the running event loop until the block ends; what was given by then is committed.

    ``database_url``: ``sqlite:///FILE`` or ``postgresql://…``. ``artifacts``: a folder or an object store's URL.
    Migrates the database when needed. Raises StoreUnavailable.
    """
    async with open_database(database_url, SCHEMA) as database, stores_in(database, artifacts) as stores:
        yield stores


@asynccontextmanager
async def open_database(database_url: str, *schemas: Schema) -> AsyncIterator[Database]:
    """The database with the tables of the schemas, for whoever keeps tables of its own beside the stores'. Raises
    StoreUnavailable."""
    engine = await asyncio.to_thread(_migrated, database_url, schemas)
    commits = GroupCommit(engine, "stores-write")
    reads = GroupCommit(reading(engine), "stores-read")
    try:
        yield Database(commits, reads, engine)
    finally:
        await commits.close()
        await reads.close()
        engine.dispose()


@asynccontextmanager
async def stores_in(database: Database, artifacts: str | Path) -> AsyncIterator[Stores]:
    """The stores in a database that has the tables of :data:`SCHEMA`. Raises StoreUnavailable."""
    objects = await asyncio.to_thread(open_artifacts, artifacts)
    try:
        yield Stores(
            journal=SqlJournal(database.commits, database.reads, objects),
            memo=SqlMemo(database.commits, database.reads, objects),
            leases=SqlLeases(database.commits),
            artifacts=objects,
        )
    finally:
        await asyncio.to_thread(objects.close)


def _migrated(database_url: str, schemas: tuple[Schema, ...]) -> Engine:
    engine = create_database(database_url)
    for schema in schemas:
        bring_up_to_date(engine, schema)
    return engine
