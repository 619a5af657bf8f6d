"""The memo in a table: memo key → record of a pure or read component."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, select

from flow_compiler.engine.outcomes import Failure
from flow_compiler.engine.storage.database import Prepared, insert
from flow_compiler.engine.storage.group_commit import GroupCommit
from flow_compiler.engine.storage.record_rows import records_of, refs_of, row_of
from flow_compiler.engine.storage.tables import memo
from flow_compiler.engine.stores import ArtifactStore, MemoEntry

_IN_ONE_STATEMENT = 500


class SqlMemo:
    def __init__(self, commits: GroupCommit, reads: GroupCommit, artifacts: ArtifactStore) -> None:
        self._commits, self._reads, self._artifacts = commits, reads, artifacts

    async def get(self, keys: Sequence[str]) -> Mapping[str, MemoEntry]:
        if not keys:
            return {}
        rows = await self._reads.run(_get, keys)
        records, lost = await records_of(rows, self._artifacts)
        if lost:  # the first entry stays: one that cannot be read must not keep out its successor
            await self.delete(lost)
        return {key: MemoEntry(key, rows[key].component, record) for key, record in records.items()}

    async def put(self, entries: Sequence[MemoEntry]) -> None:
        rows = []
        for entry in entries:
            if isinstance(entry.record.outcome, Failure):
                raise ValueError(f"memo entry {entry.key}: failures are never remembered")
            row = await row_of(entry.record, self._artifacts)
            rows.append(row | {"key": entry.key, "component": entry.component})
        if rows:
            await self._commits.run(_put, rows)

    async def delete(self, keys: Iterable[str]) -> int:
        wanted = sorted(set(keys))
        return await self._commits.run(_delete, wanted) if wanted else 0

    async def keys_older_than(self, epoch_seconds: float) -> Sequence[str]:
        return await self._reads.run(_older, epoch_seconds)

    async def refs(self, keys: Sequence[str]) -> frozenset[str]:
        return await self._reads.run(_refs, keys)

    async def refs_all(self) -> frozenset[str]:
        return await self._reads.run(_refs_all, None)


def _chunks(keys: Sequence[str]) -> Iterable[Sequence[str]]:
    return (keys[start : start + _IN_ONE_STATEMENT] for start in range(0, len(keys), _IN_ONE_STATEMENT))


_GETTING = select(memo).where(memo.c.key.in_(bindparam("keys", expanding=True)))


def _get(connection: Connection, wanted: Sequence[Sequence[str]]) -> Sequence[Mapping[str, Row[Any]]]:
    found: dict[str, Row[Any]] = {}
    for chunk in _chunks(sorted({key for keys in wanted for key in keys})):
        for row in connection.execute(_GETTING, {"keys": chunk}):
            found[row.key] = row
    return [{key: found[key] for key in keys if key in found} for keys in wanted]


def _put(connection: Connection, groups: Sequence[Sequence[dict[str, Any]]]) -> Sequence[None]:
    rows: dict[str, dict[str, Any]] = {}
    for row in (row for group in groups for row in group):
        if row["key"] not in rows or rows[row["key"]]["degraded"]:
            rows[row["key"]] = row
    _PUTTING.run_many(connection, [rows[key] for key in sorted(rows)])
    return [None] * len(groups)


def _putting(dialect: str) -> Any:
    offered = insert(dialect, memo)
    new = {column.name: offered.excluded[column.name] for column in memo.columns if not column.primary_key}
    return offered.on_conflict_do_update(index_elements=[memo.c.key], set_=new, where=memo.c.degraded)


_PUTTING = Prepared(_putting)


def _delete(connection: Connection, groups: Sequence[Sequence[str]]) -> Sequence[int]:
    return [
        sum(connection.execute(delete(memo).where(memo.c.key.in_(chunk))).rowcount for chunk in _chunks(keys))
        for keys in groups
    ]


def _older(connection: Connection, limits: Sequence[float]) -> Sequence[Sequence[str]]:
    oldest_first = select(memo.c.key).order_by(memo.c.recorded_at)
    return [list(connection.execute(oldest_first.where(memo.c.recorded_at < limit)).scalars()) for limit in limits]


def _refs(connection: Connection, groups: Sequence[Sequence[str]]) -> Sequence[frozenset[str]]:
    columns = select(memo.c.refs, memo.c.outcome_ref)
    return [
        refs_of(row for chunk in _chunks(keys) for row in connection.execute(columns.where(memo.c.key.in_(chunk))))
        for keys in groups
    ]


def _refs_all(connection: Connection, calls: Sequence[None]) -> Sequence[frozenset[str]]:
    return [refs_of(connection.execute(select(memo.c.refs, memo.c.outcome_ref)))] * len(calls)
