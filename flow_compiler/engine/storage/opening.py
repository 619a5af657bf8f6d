"""Opening the durable stores: one database, one artifact store, two threads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import Engine

from flow_compiler.engine.storage.artifacts import open_artifacts
from flow_compiler.engine.storage.database import create_database, reading
from flow_compiler.engine.storage.group_commit import GroupCommit
from flow_compiler.engine.storage.journal import SqlJournal
from flow_compiler.engine.storage.leases import SqlLeases
from flow_compiler.engine.storage.memo import SqlMemo
from flow_compiler.engine.storage.schema import bring_up_to_date
from flow_compiler.engine.storage.tables import SCHEMA
from flow_compiler.engine.stores import Stores


@asynccontextmanager
async def open_stores(database_url: str, artifacts: str | Path) -> AsyncIterator[Stores]:
    """The stores, usable from the running event loop until the block ends; what was given by then is committed.

    ``database_url``: ``sqlite:///FILE`` or ``postgresql://…``. ``artifacts``: a folder or an object store's URL.
    Migrates the database when needed. Raises StoreUnavailable.
    """
    engine = await asyncio.to_thread(_open_database, database_url)
    try:
        objects = await asyncio.to_thread(open_artifacts, artifacts)
    except BaseException:
        engine.dispose()
        raise
    commits = GroupCommit(engine, "stores-write")
    reads = GroupCommit(reading(engine), "stores-read")
    try:
        yield Stores(
            journal=SqlJournal(commits, reads, objects),
            memo=SqlMemo(commits, reads, objects),
            leases=SqlLeases(commits),
            artifacts=objects,
        )
    finally:
        await commits.close()
        await reads.close()
        await asyncio.to_thread(objects.close)
        engine.dispose()


def _open_database(database_url: str) -> Engine:
    engine = create_database(database_url)
    bring_up_to_date(engine, SCHEMA)
    return engine
