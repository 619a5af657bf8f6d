"""Runs as clients see them: accepted, looked at, cancelled, deleted."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from flow_compiler.engine.outcomes import FlowResult, Json, from_json
from flow_compiler.engine.storage.database import insert as insert_or
from flow_compiler.engine.storage.opening import Database
from flow_compiler.engine.storage.stored_text import original, stored
from flow_compiler.engine.storage.tables import journal
from flow_compiler.http_api.statuses import EventKind, Status
from flow_compiler.http_api.storage.each import each
from flow_compiler.http_api.storage.flows import drop_unused
from flow_compiler.http_api.storage.json_columns import read, written
from flow_compiler.http_api.storage.tables import events, items, runs


@dataclass(frozen=True)
class NewRun:
    """What was asked for. ``digest`` is of that, without ``secrets``."""

    run_id: str
    flow_id: str
    flow_name: str | None
    digest: str
    overrides: Json
    variables: Mapping[str, Json]
    secrets: Mapping[str, Json]
    at_once: int
    inputs: Sequence[Json]


@dataclass(frozen=True)
class Run:
    """A run as it stands. Times are epoch seconds."""

    run_id: str
    flow_id: str
    flow_name: str | None
    status: Status
    total: int
    completed: int
    failed: int
    cancelled: int
    created_at: float
    completed_at: float | None
    last_event: int
    owner: str | None
    digest: str

    @property
    def ended(self) -> bool:
        return self.status is not Status.RUNNING


@dataclass(frozen=True)
class Item:
    """An input of a run, and how it ended (None: not yet)."""

    item: int
    status: Status
    result: FlowResult | None
    completed_at: float | None


class RunTable:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def accept(self, new: NewRun, most_unfinished: int) -> Run | None:
        """The run, which from now on is never lost; the one that is there where the id was given before; None where
        ``most_unfinished`` runs are unfinished already."""
        run = await self._database.commits.run(_accept, (new, most_unfinished))
        await self._database.reach_disk()
        return run

    async def get(self, run_id: str) -> Run | None:
        return await self._database.reads.run(_get, run_id)

    async def page(self, status: Status | None, flow_name: str | None, limit: int, offset: int) -> Sequence[Run]:
        """The newest first."""
        return await self._database.reads.run(_page, (status, flow_name, limit, offset))

    async def items(self, run_id: str, limit: int, offset: int, *, by_completion: bool = False) -> Sequence[Item]:
        """In the order of the inputs, or in the order in which they ended (those that have not come last)."""
        return await self._database.reads.run(_items, (run_id, limit, offset, by_completion))

    async def cancel(self, run_id: str) -> Run | None:
        """End the run here and now: whoever works on it is fenced off. A run that has ended stays as it is. None: there
        is no such run."""
        run = await self._database.commits.run(_cancel, run_id)
        await self._database.reach_disk()
        return run

    async def delete(self, run_id: str) -> bool | None:
        """Erase an ended run with its journal. False: it has not ended. None: there is no such run."""
        return await self._database.commits.run(_delete, run_id)


def _run(row: Row[Any]) -> Run:
    return Run(
        run_id=row.run_id,
        flow_id=row.flow_id,
        flow_name=None if row.flow_name is None else original(row.flow_name),
        status=Status(row.status),
        total=row.total,
        completed=row.completed,
        failed=row.failed,
        cancelled=row.cancelled,
        created_at=row.created_at,
        completed_at=row.completed_at,
        last_event=row.last_event,
        owner=row.owner,
        digest=row.digest,
    )


@each
def _get(connection: Connection, run_id: str) -> Run | None:
    row = connection.execute(select(runs).where(runs.c.run_id == stored(run_id))).one_or_none()
    return None if row is None else _run(row)


@each
def _accept(connection: Connection, wanted: tuple[NewRun, int]) -> Run | None:
    new, most = wanted
    known = connection.execute(select(runs).where(runs.c.run_id == new.run_id)).one_or_none()
    if known is not None:
        return _run(known)
    unfinished = select(func.count()).select_from(runs).where(runs.c.status == Status.RUNNING)
    if (connection.execute(unfinished).scalar() or 0) >= most:
        return None
    at = time.time()
    row = {
        "run_id": new.run_id,
        "flow_id": new.flow_id,
        "flow_name": None if new.flow_name is None else stored(new.flow_name),
        "digest": new.digest,
        "overrides": None if new.overrides is None else written(new.overrides),
        "variables": written(dict(new.variables)),
        "secrets": written(dict(new.secrets)) if new.secrets else None,
        "at_once": new.at_once,
        "status": Status.RUNNING,
        "total": len(new.inputs),
        "completed": 0,
        "failed": 0,
        "cancelled": 0,
        "created_at": at,
        "last_event": 0,
        "token": 0,
        "lease_until": 0.0,
        "claims": 0,
    }
    offered = insert_or(connection.dialect.name, runs).values(row).on_conflict_do_nothing(index_elements=["run_id"])
    if not connection.execute(offered).rowcount:  # another server accepted the same id just now
        return _run(connection.execute(select(runs).where(runs.c.run_id == new.run_id)).one())
    if new.inputs:
        given = [
            {"run_id": new.run_id, "item": index, "status": Status.RUNNING, "input": written(value)}
            for index, value in enumerate(new.inputs)
        ]
        connection.execute(insert(items), given)
    first = {"run_id": new.run_id, "number": 0, "at": at, "kind": EventKind.RUN_CREATED, "detail": len(new.inputs)}
    connection.execute(insert(events), first)
    return _run(connection.execute(select(runs).where(runs.c.run_id == new.run_id)).one())


@each
def _page(connection: Connection, wanted: tuple[Status | None, str | None, int, int]) -> Sequence[Run]:
    status, flow_name, limit, offset = wanted
    found = select(runs)
    if status is not None:
        found = found.where(runs.c.status == status)
    if flow_name is not None:
        found = found.where(runs.c.flow_name == stored(flow_name))
    return [_run(row) for row in connection.execute(found.order_by(runs.c.number.desc()).limit(limit).offset(offset))]


@each
def _items(connection: Connection, wanted: tuple[str, int, int, bool]) -> Sequence[Item]:
    run_id, limit, offset, by_completion = wanted
    found = select(items.c.item, items.c.status, items.c.result, items.c.completed_at)
    order = [items.c.completed_at.is_(None), items.c.completed_at] if by_completion else []
    rows = connection.execute(
        found.where(items.c.run_id == stored(run_id)).order_by(*order, items.c.item).limit(limit).offset(offset)
    )
    return [_item(row) for row in rows]


def _item(row: Row[Any]) -> Item:
    result = None if row.result is None else from_json(read(row.result))
    return Item(row.item, Status(row.status), result, row.completed_at)


@each
def _cancel(connection: Connection, run_id: str) -> Run | None:
    name = stored(run_id)
    row = connection.execute(select(runs).where(runs.c.run_id == name).with_for_update()).one_or_none()
    if row is None or row.status != Status.RUNNING:
        return None if row is None else _run(row)
    at = time.time()
    waiting = (items.c.run_id == name, items.c.status == Status.RUNNING)
    stopped = connection.execute(update(items).where(*waiting).values(status=Status.CANCELLED, completed_at=at))
    last = row.last_event + 1
    ended = {
        "run_id": name,
        "number": last,
        "at": at,
        "kind": EventKind.RUN_COMPLETED,
        "detail": Status.CANCELLED,
    }
    connection.execute(insert(events), ended)
    changed = (
        update(runs)
        .where(runs.c.run_id == name)
        .values(
            status=Status.CANCELLED,
            cancelled=stopped.rowcount,
            completed_at=at,
            last_event=last,
            token=runs.c.token + 1,
            lease_until=0.0,
            secrets=None,
        )
    )
    return _run(connection.execute(changed.returning(*runs.c)).one())


@each
def _delete(connection: Connection, run_id: str) -> bool | None:
    name = stored(run_id)
    row = connection.execute(select(runs).where(runs.c.run_id == name).with_for_update()).one_or_none()
    if row is None or row.status == Status.RUNNING:
        return None if row is None else False
    for table in (items, events, journal, runs):
        connection.execute(delete(table).where(table.c.run_id == name))
    drop_unused(connection, row.flow_id)
    return True
