"""The journal in a table: (root item, run, item path, step) → record."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, Row, bindparam, case, delete, func, or_, select, true

from flow_compiler.engine.outcomes import StepRecord, merge_numbers
from flow_compiler.engine.storage.database import compiled_for_many, insert, now
from flow_compiler.engine.storage.group_commit import GroupCommit
from flow_compiler.engine.storage.leases import lease_lost, newest, sweep
from flow_compiler.engine.storage.record_rows import records_of, refs_of, row_of
from flow_compiler.engine.storage.stored_text import original, stored
from flow_compiler.engine.storage.tables import cancelled_runs, journal
from flow_compiler.engine.stores import ArtifactStore, ItemPath, Lease, root_of, root_path
from flow_compiler.errors import StoreError

Key = tuple[ItemPath, str]
_KEY = (journal.c.root, journal.c.run_id, journal.c.item, journal.c.step)
_ENDED = or_(journal.c.outcome.is_not(None), journal.c.outcome_ref.is_not(None))


class SqlJournal:
    def __init__(self, commits: GroupCommit, reads: GroupCommit, artifacts: ArtifactStore) -> None:
        self._commits, self._reads, self._artifacts = commits, reads, artifacts

    async def load(self, run_id: str, item: ItemPath) -> Mapping[Key, StepRecord]:
        rows = await self._reads.run(_load, (run_id, item))
        by_key = {(original(row.item), original(row.step)): row for row in rows}
        records, _ = await records_of(by_key, self._artifacts)
        return records

    async def attempts(self, run_id: str, item: ItemPath, step: str) -> int:
        return await self._reads.run(_attempts, _key(run_id, item, step))

    async def begin(self, run_id: str, item: ItemPath, step: str, attempt: int) -> None:
        await self._commits.run(_begin, (_key(run_id, item, step), attempt))

    async def record(
        self, run_id: str, item: ItemPath, step: str, record: StepRecord, lease: Lease | None = None
    ) -> None:
        row = _key(run_id, item, step) | await row_of(record, self._artifacts) | {"begun": 0}
        await self._commits.run(_record, (row, lease))

    async def record_numbers(self, run_id: str) -> Mapping[str, float | int]:
        """Merged over the top-level steps of the run's items: a map's numbers hold those of its items."""
        texts = await self._reads.run(_numbers, run_id)
        return merge_numbers([json.loads(text) for text in texts])

    async def forget(self, item_key: str) -> tuple[frozenset[str], frozenset[str]]:
        return await self._commits.run(_forget, item_key)

    async def prune(self, older_than: float) -> int:
        return await self._commits.run(_prune, older_than)

    async def used(self, run_ids: Collection[str] | None = None) -> tuple[frozenset[str], frozenset[str]]:
        return await self._reads.run(_used, None if run_ids is None else frozenset(run_ids))

    async def cancel(self, run_id: str) -> None:
        await self._commits.run(_cancel, run_id)

    async def is_cancelled(self, run_id: str) -> bool:
        return await self._reads.run(_is_cancelled, run_id)


def _key(run_id: str, item: ItemPath, step: str) -> dict[str, Any]:
    return {"root": stored(root_of(item)), "run_id": stored(run_id), "item": stored(item), "step": stored(step)}


def _load(connection: Connection, wanted: Sequence[tuple[str, ItemPath]]) -> Sequence[Sequence[Row[Any]]]:
    return [_load_one(connection, run_id, item) for run_id, item in wanted]


def _load_one(connection: Connection, run_id: str, item: ItemPath) -> Sequence[Row[Any]]:
    root, path = stored(root_of(item)), stored(item)
    values = {"root": root, "run_id": stored(run_id)}
    if path == root:
        return connection.execute(_WHOLE, values).all()
    # What lies below a nested item starts with "<path>/"; "0" is the character after "/".
    return connection.execute(_NESTED, values | {"path": path, "low": f"{path}/", "high": f"{path}0"}).all()


_WHOLE = select(journal).where(journal.c.root == bindparam("root"), journal.c.run_id == bindparam("run_id"), _ENDED)
_NESTED = _WHOLE.where(
    journal.c.item >= bindparam("path"),
    journal.c.item < bindparam("high"),
    or_(journal.c.item == bindparam("path"), journal.c.item >= bindparam("low")),
)
_ATTEMPTS = select(case((journal.c.begun > journal.c.attempts, journal.c.begun), else_=journal.c.attempts)).where(
    *(column == bindparam(column.name) for column in _KEY)
)


def _attempts(connection: Connection, keys: Sequence[Mapping[str, Any]]) -> Sequence[int]:
    return [connection.execute(_ATTEMPTS, key).scalar() or 0 for key in keys]


def _begin(connection: Connection, begun: Sequence[tuple[dict[str, Any], int]]) -> Sequence[None]:
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for key, attempt in sorted(begun, key=lambda pair: pair[1]):
        rows[_identity(key)] = key | _UNENDED | {"begun": attempt, "recorded_at": time.time()}
    connection.execute(_beginning(connection.dialect.name), [rows[key] for key in sorted(rows)])
    return [None] * len(begun)


_UNENDED = {
    "attempts": 0,
    "outcome": None,
    "outcome_ref": None,
    "memo_key": None,
    "seconds": 0.0,
    "numbers": "{}",
    "refs": "[]",
    "reuse": "computed",
    "degraded": False,
    "computed": 0,
    "reused": 0,
}


@cache
def _beginning(dialect: str) -> Executable:
    offered = insert(dialect, journal)
    higher = case((offered.excluded.begun > journal.c.begun, offered.excluded.begun), else_=journal.c.begun)
    return compiled_for_many(dialect, offered.on_conflict_do_update(index_elements=_KEY, set_={"begun": higher}))


def _record(
    connection: Connection, records: Sequence[tuple[dict[str, Any], Lease | None]]
) -> Sequence[StoreError | None]:
    held = {lease for _, lease in records if lease is not None}
    refused = held - newest(connection, held)
    rows = {_identity(row): row for row, lease in records if lease not in refused}
    if rows:
        connection.execute(_recording(connection.dialect.name), [rows[key] for key in sorted(rows)])
    return [lease_lost(lease) if lease is not None and lease in refused else None for _, lease in records]


def _identity(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(row[column.name] for column in _KEY)


@cache
def _recording(dialect: str) -> Executable:
    offered = insert(dialect, journal)
    kept = {"begun", *(column.name for column in _KEY)}
    new = {column.name: offered.excluded[column.name] for column in journal.columns if column.name not in kept}
    return compiled_for_many(dialect, offered.on_conflict_do_update(index_elements=_KEY, set_=new))


def _numbers(connection: Connection, runs: Sequence[str]) -> Sequence[Sequence[str]]:
    top = select(journal.c.numbers).where(journal.c.item == journal.c.root).order_by(*_KEY)
    return [list(connection.execute(top.where(journal.c.run_id == stored(run))).scalars()) for run in runs]


def _forget(connection: Connection, item_keys: Sequence[str]) -> Sequence[tuple[frozenset[str], frozenset[str]]]:
    answers = []
    for key in item_keys:
        rows = connection.execute(
            delete(journal)
            .where(journal.c.root == stored(root_path(key)))
            .returning(journal.c.memo_key, journal.c.refs, journal.c.outcome_ref)
        ).all()
        answers.append((frozenset(row.memo_key for row in rows if row.memo_key is not None), refs_of(rows)))
    return answers


def _prune(connection: Connection, limits: Sequence[float]) -> Sequence[int]:
    answers = []
    for limit in limits:
        ended = select(journal.c.run_id).group_by(journal.c.run_id).having(func.max(journal.c.recorded_at) < limit)
        runs = connection.execute(ended).scalars().all()
        for run in runs:
            connection.execute(delete(journal).where(journal.c.run_id == run))
            connection.execute(delete(cancelled_runs).where(cancelled_runs.c.run_id == run))
        sweep(connection, limit)
        answers.append(len(runs))
    return answers


def _used(
    connection: Connection, wanted: Sequence[frozenset[str] | None]
) -> Sequence[tuple[frozenset[str], frozenset[str]]]:
    return [_used_by(connection, runs) for runs in wanted]


def _used_by(connection: Connection, runs: frozenset[str] | None) -> tuple[frozenset[str], frozenset[str]]:
    of = true() if runs is None else journal.c.run_id.in_([stored(run) for run in runs])
    keys = connection.execute(select(journal.c.memo_key).where(of).distinct()).scalars()
    refs = refs_of(connection.execute(select(journal.c.refs, journal.c.outcome_ref).where(of).distinct()))
    return frozenset(key for key in keys if key is not None), refs


def _cancel(connection: Connection, runs: Sequence[str]) -> Sequence[None]:
    statement = insert(connection.dialect.name, cancelled_runs).on_conflict_do_nothing()
    for run in sorted(set(runs)):
        connection.execute(statement.values(run_id=stored(run), cancelled_at=now()))
    return [None] * len(runs)


def _is_cancelled(connection: Connection, runs: Sequence[str]) -> Sequence[bool]:
    names = {stored(run) for run in runs}
    found = set(connection.execute(select(cancelled_runs.c.run_id).where(cancelled_runs.c.run_id.in_(names))).scalars())
    return [stored(run) in found for run in runs]
