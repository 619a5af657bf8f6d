"""Erasing partition keys from a Dagster instance's history, in its SQLite files or a PostgreSQL database.

Events about a key are deleted: materializations, planned ones, evaluations of checks, log messages that begin with it.
Whatever else names it stays with a pseudonym in its place, so that the history of other keys in the same runs is whole and
Dagster can read every body: run configs and tags, planned events of many keys, backfills, ticks, logs, values between ops.

The cost is that of the runs that had a key, plus one look at every run, backfill and tick. Killed in between, the same call
does the rest: what tells which runs are concerned is changed last. PostgreSQL keeps deleted rows until it vacuums.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import dagster as dg
from dagster._core.execution.backfill import BULK_ACTION_TERMINAL_STATUSES
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._core.storage.runs.schema import (
    BackfillTagsTable,
    BulkActionsTable,
    DaemonHeartbeatsTable,
    KeyValueStoreTable,
    RunsTable,
    RunTagsTable,
)
from dagster._core.storage.runs.sql_run_storage import SqlRunStorage
from dagster._core.storage.schedules.schema import (
    AssetDaemonAssetEvaluationsTable,
    InstigatorsTable,
    JobTable,
    JobTickTable,
)
from dagster._core.storage.schedules.sql_schedule_storage import SqlScheduleStorage
from sqlalchemy import Row, Table

from flow_compiler.assets.history_events import EventHistory
from flow_compiler.assets.history_files import redact_file, rewrite_database
from flow_compiler.assets.history_rows import Connect, file_of, rewrite, rows
from flow_compiler.assets.redaction import ForgottenKey, Redaction
from flow_compiler.errors import Category, FlowCompilerError

_OF_RUNS: Mapping[Table, str] = {
    BulkActionsTable: "body",
    BackfillTagsTable: "value",
    KeyValueStoreTable: "value",
    DaemonHeartbeatsTable: "body",
}
_OF_SCHEDULES: Mapping[Table, str] = {
    JobTable: "job_body",
    InstigatorsTable: "instigator_body",
    JobTickTable: "tick_body",
    AssetDaemonAssetEvaluationsTable: "asset_evaluation_body",
}
_ENDED = {status.value for status in BULK_ACTION_TERMINAL_STATUSES}


def erase_keys(instance: dg.DagsterInstance, forgotten: Sequence[ForgottenKey]) -> int:
    """Erase partition keys, of whichever flow; returns how many runs had one of them.

    Raises FlowCompilerError (``history.in_use``) before anything is changed while a run or backfill that has one is not
    over, StoreUnavailable.
    """
    if not forgotten:
        return 0
    storage = cast(SqlEventLogStorage, instance.event_log_storage)  # as all that Dagster and dagster-postgres ship
    redaction = Redaction(forgotten, EventHistory.partitions(storage))
    events = EventHistory(storage, redaction)
    runs: Connect = cast(SqlRunStorage, instance.run_storage).connect
    tags = _tags_of_runs(runs, redaction)
    concerned = sorted(events.runs() | set(tags))
    _refuse_unless_over(instance, runs, concerned, redaction)
    for run_id in concerned:
        events.erase_shard(run_id)
        for file in _files_of(instance, run_id):
            redact_file(file, redaction)
    events.erase_index(concerned)
    _erase_runs(runs, tags, redaction)
    if instance.schedule_storage is not None:
        _erase(cast(SqlScheduleStorage, instance.schedule_storage).connect, _OF_SCHEDULES, redaction)
    events.erase_partitions()
    return len(concerned)


def is_partition(instance: dg.DagsterInstance, key: str) -> bool:
    """Whether any flow has the key among its partitions."""
    storage = cast(SqlEventLogStorage, instance.event_log_storage)
    return any(key in order for order in EventHistory.partitions(storage))


def _tags_of_runs(runs: Connect, redaction: Redaction) -> dict[str, Mapping[str, Any]]:
    """Id → tags as they will be, of the runs whose body names a key."""
    found = {}
    for row in rows(runs, RunsTable, ("run_id", "run_body")):
        body = redaction.stored(row.run_body)
        if body is not row.run_body:
            found[row.run_id] = json.loads(body).get("tags") or {}
    return found


def _refuse_unless_over(
    instance: dg.DagsterInstance, runs: Connect, run_ids: Collection[str], redaction: Redaction
) -> None:
    """Whoever works on a run would write the key again."""
    for run_id in run_ids:
        run = instance.get_run_by_id(run_id) if run_id else None
        if run is not None and not run.is_finished:
            raise _in_use(f"run {run_id}")
    for row in rows(runs, BulkActionsTable, ("key", "status", "body")):
        if row.status not in _ENDED and row.body and redaction.stored(row.body) is not row.body:
            raise _in_use(f"backfill {row.key}")


def _in_use(what: str) -> FlowCompilerError:
    return FlowCompilerError(
        f"{what} is not over, and it is about what is to be erased",
        code="history.in_use",
        category=Category.CAPACITY,
        retryable=True,
        next_step=f"Wait for the {what}, or stop it, then give the same command again.",
    )


def _files_of(instance: dg.DagsterInstance, run_id: str) -> Iterator[Path]:
    """What its ops printed, and the values they handed on."""
    if not run_id:
        return
    folders = {Path(instance.storage_directory()) / run_id}
    logs = instance.compute_log_manager
    if isinstance(logs, LocalComputeLogManager):
        folders.add(Path(logs.get_captured_local_path([run_id, "any"], "err")).parent)
    for folder in sorted(folders):
        yield from sorted(file for file in folder.rglob("*") if file.is_file())


def _erase_runs(runs: Connect, tags: Mapping[str, Mapping[str, Any]], redaction: Redaction) -> None:
    """Bodies last: by them a run is found again."""

    def of_tag(row: Row[Any]) -> Mapping[str, Any]:
        value = tags.get(row.run_id, {}).get(row.key)
        value = redaction.stored(row.value or "") if value is None else value
        return {} if value == (row.value or "") else {"value": value}

    def of_run(row: Row[Any]) -> Mapping[str, Any]:
        new = {
            "run_body": redaction.stored(row.run_body),
            "partition": redaction.keys.get(row.partition, row.partition),
        }
        return {name: value for name, value in new.items() if value != getattr(row, name)}

    rewrite(runs, RunTagsTable, ("run_id", "key", "value"), of_tag)
    rewrite(runs, RunsTable, ("run_body", "partition"), of_run)
    _erase(runs, _OF_RUNS, redaction)


def _erase(connect: Connect, tables: Mapping[Table, str], redaction: Redaction) -> None:
    for table, column in tables.items():

        def change(row: Row[Any], column: str = column) -> Mapping[str, Any]:
            text = getattr(row, column)
            new = None if text is None else redaction.stored(text)
            return {} if new == text else {column: new}

        rewrite(connect, table, (column,), change)
    file = file_of(connect)
    if file is not None:
        rewrite_database(file)
