"""What a client said of a blob it sent. Its bytes are an artifact."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import Connection, select

from flow_compiler.engine.storage.database import insert
from flow_compiler.engine.storage.opening import Database
from flow_compiler.engine.storage.stored_text import original, stored
from flow_compiler.http_api.storage.each import each
from flow_compiler.http_api.storage.tables import blobs


@dataclass(frozen=True)
class BlobName:
    blob_id: str
    kind: str  # data, flow or binary
    filename: str | None = None
    content_type: str | None = None


class BlobTable:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, name: BlobName) -> None:
        """Who named it last is right."""
        await self._database.commits.run(_put, name)

    async def get(self, blob_id: str) -> BlobName | None:
        """None also for a blob that a flow stored."""
        return await self._database.reads.run(_get, blob_id)


@each
def _put(connection: Connection, name: BlobName) -> None:
    row = {key: None if value is None else stored(value) for key, value in asdict(name).items()}
    statement = insert(connection.dialect.name, blobs).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["blob_id"], set_=row))


@each
def _get(connection: Connection, blob_id: str) -> BlobName | None:
    row = connection.execute(select(blobs).where(blobs.c.blob_id == stored(blob_id))).one_or_none()
    if row is None:
        return None
    texts = (None if text is None else original(text) for text in (row.filename, row.content_type))
    return BlobName(row.blob_id, row.kind, *texts)
