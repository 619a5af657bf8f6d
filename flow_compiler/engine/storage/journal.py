"""The journal in a table: (root item, run, item path, step) → record."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Float, Row, and_, bindparam, delete, func, or_, select, true

from flow_compiler.engine.outcomes import StepRecord, merge_numbers
from flow_compiler.engine.storage.database import Prepared, insert, now
from flow_compiler.engine.storage.group_commit import GroupCommit
from flow_compiler.engine.storage.leases import lease_lost, newest, sweep
from flow_compiler.engine.storage.record_rows import records_of, refs_of, row_of
from flow_compiler.engine.storage.stored_text import original, stored
from flow_compiler.engine.storage.tables import cancelled_runs, journal
from flow_compiler.engine.stores import ArtifactStore, ItemPath, Lease, Resumption, Trying, root_of, root_path
from flow_compiler.errors import StoreError

Key = tuple[ItemPath, str]
_KEY = (journal.c.root, journal.c.run_id, journal.c.item, journal.c.step)
_NAMES = frozenset(column.name for column in _KEY)


class SqlJournal:
    def __init__(self, commits: GroupCommit, reads: GroupCommit, artifacts: ArtifactStore) -> None:
        self._commits, self._reads, self._artifacts = commits, reads, artifacts

    async def load(self, run_id: str, item: ItemPath) -> Mapping[Key, StepRecord]:
        return (await self.resume(run_id, item)).records

    async def resume(self, run_id: str, item: ItemPath) -> Resumption:
        rows = await self._reads.run(_load, (run_id, item))
        ended = {_name(row): row for row in rows if row.outcome is not None or row.outcome_ref is not None}
        records, _ = await records_of(ended, self._artifacts)
        return Resumption(records, {name: _trying(row) for row in rows if (name := _name(row)) not in ended})

    async def note(self, run_id: str, item: ItemPath, step: str, trying: Trying, lease: Lease | None = None) -> None:
        row = _key(run_id, item, step) | _UNENDED
        row |= {
            "begun": trying.attempts,
            "retries": trying.retries,
            "transport_retries": trying.transport_retries,
            "pause": trying.pause,
            "age": trying.age,
        }
        await self._commits.run(_write, (row, lease))

    async def record(
        self, run_id: str, item: ItemPath, step: str, record: StepRecord, lease: Lease | None = None
    ) -> None:
        row = _key(run_id, item, step) | await row_of(record, self._artifacts) | _ENDED
        await self._commits.run(_write, (row, lease))

    async def record_numbers(self, run_id: str) -> Mapping[str, float | int]:
        """Merged over the top-level steps of the run's items: a map's numbers hold those of its items."""
        texts = await self._reads.run(_numbers, run_id)
        return merge_numbers([json.loads(text) for text in texts])

    async def forget(self, item_key: str) -> tuple[frozenset[str], frozenset[str]]:
        return await self._commits.run(_forget, item_key)

    async def prune(self, older_than: float) -> int:
        return await self._commits.run(_prune, older_than)

    async def used(
        self, run_ids: Collection[str] | None = None, besides: Collection[str] = ()
    ) -> tuple[frozenset[str], frozenset[str]]:
        roots = frozenset(stored(root_path(key)) for key in besides)
        return await self._reads.run(_used, (None if run_ids is None else frozenset(run_ids), roots))

    async def cancel(self, run_id: str) -> None:
        await self._commits.run(_cancel, run_id)

    async def is_cancelled(self, run_id: str) -> bool:
        return await self._reads.run(_is_cancelled, run_id)


def _key(run_id: str, item: ItemPath, step: str) -> dict[str, Any]:
    return {"root": stored(root_of(item)), "run_id": stored(run_id), "item": stored(item), "step": stored(step)}


def _name(row: Row[Any]) -> Key:
    return original(row.item), original(row.step)


def _trying(row: Row[Any]) -> Trying:
    """A clock that was set back makes no age negative: a pause is never longer than it was to be."""
    return Trying(row.begun, row.retries, row.transport_retries, row.pause, max(row.age, 0.0))


def _load(connection: Connection, wanted: Sequence[tuple[str, ItemPath]]) -> Sequence[Sequence[Row[Any]]]:
    return [_load_one(connection, run_id, item) for run_id, item in wanted]


def _load_one(connection: Connection, run_id: str, item: ItemPath) -> Sequence[Row[Any]]:
    root, path = stored(root_of(item)), stored(item)
    values = {"root": root, "run_id": stored(run_id)}
    if path == root:
        return connection.execute(_WHOLE, values).all()
    # What lies below a nested item starts with "<path>/"; "0" is the character after "/".
    return connection.execute(_NESTED, values | {"path": path, "low": f"{path}/", "high": f"{path}0"}).all()


_WHOLE = select(journal, (now() - journal.c.recorded_at).label("age")).where(
    journal.c.root == bindparam("root"), journal.c.run_id == bindparam("run_id")
)
_NESTED = _WHOLE.where(
    journal.c.item >= bindparam("path"),
    journal.c.item < bindparam("high"),
    or_(journal.c.item == bindparam("path"), journal.c.item >= bindparam("low")),
)
_ENDED = {"begun": 0, "retries": 0, "transport_retries": 0, "pause": None}
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


def _write(connection: Connection, rows: Sequence[tuple[dict[str, Any], Lease | None]]) -> Sequence[StoreError | None]:
    """Records, then the notes that came after them or are of other steps. A note that came too late writes nothing."""
    held = {lease for _, lease in rows if lease is not None}
    refused = held - newest(connection, held)
    ended: dict[tuple[str, ...], dict[str, Any]] = {}
    noted: dict[tuple[str, ...], dict[str, Any]] = {}
    for row, lease in rows:
        if lease in refused:
            continue
        name = _identity(row)
        if "age" not in row:
            ended[name] = row
            noted.pop(name, None)
        elif row["begun"] >= noted.get(name, row)["begun"]:
            noted[name] = row
    if ended:
        _RECORDING.run_many(connection, [ended[name] for name in sorted(ended)])
    if noted:
        _NOTING.run_many(connection, [noted[name] for name in sorted(noted)])
    return [lease_lost(lease) if lease is not None and lease in refused else None for _, lease in rows]


def _identity(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(row[column.name] for column in _KEY)


def _recording(dialect: str) -> Any:
    offered = insert(dialect, journal)
    new = {
        column.name: offered.excluded[column.name]
        for column in journal.columns
        if column.name not in {"begun", *_NAMES}
    }
    return offered.on_conflict_do_update(index_elements=_KEY, set_=new)


def _noting(dialect: str) -> Any:
    given = {column.name: bindparam(column.name, type_=column.type) for column in journal.columns}
    offered = insert(dialect, journal).values(given | {"recorded_at": now() - bindparam("age", type_=Float)})
    new = {column.name: offered.excluded[column.name] for column in journal.columns if column.name not in _NAMES}
    return offered.on_conflict_do_update(
        index_elements=_KEY,
        set_=new,
        where=and_(offered.excluded.begun > journal.c.attempts, offered.excluded.begun >= journal.c.begun),
    )


_RECORDING = Prepared(_recording)
_NOTING = Prepared(_noting)


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
    connection: Connection, wanted: Sequence[tuple[frozenset[str] | None, frozenset[str]]]
) -> Sequence[tuple[frozenset[str], frozenset[str]]]:
    return [_used_by(connection, *one) for one in wanted]


def _used_by(
    connection: Connection, runs: frozenset[str] | None, besides: frozenset[str]
) -> tuple[frozenset[str], frozenset[str]]:
    chosen = true() if runs is None else journal.c.run_id.in_([stored(run) for run in runs])
    of = and_(chosen, journal.c.root.not_in(besides))
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
