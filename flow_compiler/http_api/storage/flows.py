"""Stored flows, under the digest of what they say."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, select, update

from flow_compiler.engine.outcomes import Json
from flow_compiler.engine.storage.database import insert
from flow_compiler.engine.storage.opening import Database
from flow_compiler.engine.storage.stored_text import original, stored
from flow_compiler.http_api.storage.each import each
from flow_compiler.http_api.storage.json_columns import read, written
from flow_compiler.http_api.storage.tables import flows, runs
from flow_compiler.language.model import Flow


@dataclass(frozen=True)
class StoredFlow:
    flow_id: str
    name: str | None
    stored_at: float  # epoch seconds


class FlowTable:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, flow: Flow, *, listed: bool) -> str:
        """Keep the flow; returns its id. ``listed`` false: for a run that brought its own."""
        row = {
            "flow_id": flow.digest,
            "name": None if flow.name is None else stored(flow.name),
            "flow": written(flow.to_json()),
            "stored_at": time.time(),
            "listed": listed,
        }
        await self._database.commits.run(_put, row)
        return flow.digest

    async def get(self, flow_id: str, *, listed: bool = False) -> Json:
        """The flow as JSON, or None. ``listed``: only one that was stored, and not deleted."""
        return read(await self._database.reads.run(_get, (flow_id, listed)))

    async def page(self, limit: int, offset: int) -> Sequence[StoredFlow]:
        """The newest first."""
        return await self._database.reads.run(_page, (limit, offset))

    async def delete(self, flow_id: str) -> bool:
        """Whether it was there. What runs have of it stays with them."""
        return await self._database.commits.run(_delete, flow_id)


def drop_unused(connection: Connection, flow_id: str) -> None:
    """Erase a flow that is neither listed nor of any run."""
    used = exists().where(runs.c.flow_id == flows.c.flow_id)
    connection.execute(delete(flows).where(flows.c.flow_id == flow_id, flows.c.listed.is_(False), ~used))


@each
def _put(connection: Connection, row: dict[str, Any]) -> None:
    statement = insert(connection.dialect.name, flows).values(row)
    if row["listed"]:
        again = {"listed": True, "stored_at": row["stored_at"]}
        connection.execute(
            statement.on_conflict_do_update(index_elements=["flow_id"], set_=again, where=flows.c.listed.is_(False))
        )
    else:
        connection.execute(statement.on_conflict_do_nothing())


@each
def _get(connection: Connection, wanted: tuple[str, bool]) -> str | None:
    flow_id, listed = wanted
    found = select(flows.c.flow).where(flows.c.flow_id == stored(flow_id))
    text: str | None = connection.execute(found.where(flows.c.listed) if listed else found).scalar()
    return text


@each
def _page(connection: Connection, wanted: tuple[int, int]) -> Sequence[StoredFlow]:
    limit, offset = wanted
    found = select(flows.c.flow_id, flows.c.name, flows.c.stored_at).where(flows.c.listed)
    rows = connection.execute(found.order_by(flows.c.stored_at.desc(), flows.c.flow_id).limit(limit).offset(offset))
    return [_stored_flow(row) for row in rows]


def _stored_flow(row: Row[Any]) -> StoredFlow:
    return StoredFlow(row.flow_id, None if row.name is None else original(row.name), row.stored_at)


@each
def _delete(connection: Connection, flow_id: str) -> bool:
    this = (flows.c.flow_id == stored(flow_id), flows.c.listed)
    found = connection.execute(update(flows).where(*this).values(listed=False)).rowcount > 0
    drop_unused(connection, stored(flow_id))
    return found
