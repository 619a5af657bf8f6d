"""Forgotten partition keys in Dagster's event log: what is about them is deleted, what names them is rewritten."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from dagster import EventLogRecord
from dagster._core.events import ASSET_EVENTS, DagsterEventType
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.schema import (
    AssetCheckExecutionsTable,
    AssetEventTagsTable,
    AssetKeyTable,
    DynamicPartitionsTable,
    SqlEventLogStorageTable,
)
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage
from dagster._serdes import deserialize_value, serialize_value
from sqlalchemy import Row, delete, select

from flow_compiler.assets.history_files import database_holds, empty_log, rewrite_database
from flow_compiler.assets.history_rows import Connect, file_of, in_parts, opened, rewrite, rows
from flow_compiler.assets.kept_connections import KeptSqliteConnections
from flow_compiler.assets.redaction import Redaction

_events = SqlEventLogStorageTable.c
_checks = AssetCheckExecutionsTable.c
_MATERIALIZATION = DagsterEventType.ASSET_MATERIALIZATION.value
_PLANNED = DagsterEventType.ASSET_MATERIALIZATION_PLANNED.value
_OF_PARTITIONS = sorted(kind.value for kind in ASSET_EVENTS)
_COLUMNS = ("event", "asset_key", "partition")
_OF_ASSET = ("asset_key", "last_materialization", "cached_status_data")


class EventHistory:
    """The events of a Dagster instance, in SQLite (an index, and a file for each run) or in one database."""

    def __init__(self, storage: SqlEventLogStorage, redaction: Redaction) -> None:
        self._storage = storage
        self._redaction = redaction
        self._index: Connect = storage.index_connection
        self._touched: set[str] = set()

    @staticmethod
    def partitions(storage: SqlEventLogStorage) -> list[list[str]]:
        """Each set of dynamic partitions, in its order."""
        found: dict[str, list[str]] = {}
        for row in rows(storage.index_connection, DynamicPartitionsTable, ("partitions_def_name", "partition")):
            found.setdefault(row.partitions_def_name, []).append(row.partition)
        return list(found.values())

    def runs(self) -> set[str]:
        """Ids of the runs with events about a key, or planned for it among others. Reads indexes, and one event for each
        asset and run."""
        found: set[str] = set()
        with opened(self._index) as connection:
            assets = connection.execute(select(AssetKeyTable.c.asset_key)).scalars().all()
            for keys in in_parts(self._redaction.keys):
                of_events = select(_events.run_id).distinct().where(_events.partition.in_(keys))
                for asset in assets:
                    of_asset = _events.asset_key == asset, _events.dagster_event_type.in_(_OF_PARTITIONS)
                    found.update(connection.execute(of_events.where(*of_asset)).scalars())
                found.update(
                    connection.execute(select(_checks.run_id).distinct().where(_checks.partition.in_(keys))).scalars()
                )
        for asset in assets:
            of_many = _events.asset_key == asset, _events.dagster_event_type == _PLANNED, _events.partition.is_(None)
            for row in rows(self._index, SqlEventLogStorageTable, ("run_id", "event"), *of_many):
                if row.run_id not in found and self._names(row.event):
                    found.add(row.run_id)
        return found

    def erase_shard(self, run_id: str) -> None:
        """The run's own file, where there is one."""
        file = self._shard(run_id)
        if file is None:
            return
        rewrite(partial(self._storage.run_connection, run_id), SqlEventLogStorageTable, _COLUMNS, self._of_event)
        rewrite_database(file)

    def erase_index(self, run_ids: Sequence[str]) -> None:
        """What all runs share. What tells which runs are concerned goes last."""
        for run_id in run_ids:
            of_run = _events.run_id == run_id
            gone = rewrite(self._index, SqlEventLogStorageTable, _COLUMNS, self._of_event, of_run)
            self._touched.update(row.asset_key for row in gone if row.asset_key)
            with opened(self._index) as connection:
                for ids in in_parts(row.id for row in gone):
                    connection.execute(delete(AssetEventTagsTable).where(AssetEventTagsTable.c.event_id.in_(ids)))
        self._erase_checks(run_ids)
        self._erase_of_assets()

    def erase_partitions(self) -> None:
        """Remove the keys from every set of dynamic partitions, and what the index's file still holds of what was
        deleted."""
        with opened(self._index) as connection:
            for keys in in_parts(self._redaction.keys):
                connection.execute(delete(DynamicPartitionsTable).where(DynamicPartitionsTable.c.partition.in_(keys)))
        file = file_of(self._index)
        if file is None:
            return
        empty_log(file)
        overwrites = isinstance(self._storage, KeptSqliteConnections)
        if not overwrites or database_holds(file, self._redaction.keys):
            rewrite_database(file)

    def _shard(self, run_id: str) -> Path | None:
        if not isinstance(self._storage, SqliteEventLogStorage) or run_id == INDEX_SHARD_NAME:
            return None
        file = Path(self._storage.path_for_shard(run_id))
        return file if file.exists() else None

    def _of_event(self, row: Row[Any]) -> Mapping[str, Any] | None:
        if row.partition in self._redaction.keys:
            return None
        if not self._redaction.may_be_in(row.event):
            return {}
        body = json.loads(row.event)
        if _partition_of(body) in self._redaction.keys or self._redaction.is_about(body.get("user_message") or ""):
            return None
        return _changed(row, "event", self._redaction.stored(row.event))

    def _erase_checks(self, run_ids: Sequence[str]) -> None:
        """By asset, check and run, since that is what Dagster has an index for."""
        with opened(self._index) as connection:
            checks = connection.execute(select(_checks.asset_key, _checks.check_name).distinct()).all()
        for asset_key, check_name in checks:
            for part in in_parts(run_ids):
                where = _checks.asset_key == asset_key, _checks.check_name == check_name, _checks.run_id.in_(part)
                rewrite(
                    self._index, AssetCheckExecutionsTable, ("partition", "evaluation_event"), self._of_check, *where
                )

    def _of_check(self, row: Row[Any]) -> Mapping[str, Any] | None:
        if row.partition in self._redaction.keys:
            return None
        body = row.evaluation_event
        return {} if body is None else _changed(row, "evaluation_event", self._redaction.stored(body))

    def _erase_of_assets(self) -> None:
        """The last materialization is the last that is left; a cached status goes, Dagster builds it anew when asked."""
        changes = {row.id: self._of_asset(row) for row in rows(self._index, AssetKeyTable, _OF_ASSET)}
        rewrite(self._index, AssetKeyTable, _OF_ASSET, lambda row: changes.get(row.id, {}))

    def _of_asset(self, row: Row[Any]) -> Mapping[str, Any]:
        changes: dict[str, Any] = {}
        if self._names(row.last_materialization):
            changes["last_materialization"] = self._last_of(row.asset_key)
        if row.asset_key in self._touched or self._names(row.cached_status_data):
            changes["cached_status_data"] = None
        return changes

    def _names(self, text: str | None) -> bool:
        return text is not None and self._redaction.stored(text) is not text

    def _last_of(self, asset_key: str) -> str | None:
        """As Dagster writes it: the event with its id."""
        wanted = select(_events.id, _events.event).order_by(_events.id.desc()).limit(1)
        of_asset = _events.asset_key == asset_key, _events.dagster_event_type == _MATERIALIZATION
        with opened(self._index) as connection:
            last = connection.execute(wanted.where(*of_asset)).one_or_none()
        if last is None:
            return None
        return serialize_value(EventLogRecord(last.id, deserialize_value(last.event, EventLogEntry)))


def _partition_of(body: Mapping[str, Any]) -> str | None:
    """Of an event about a partition that has no column for it: evaluations of checks."""
    about = (body.get("dagster_event") or {}).get("event_specific_data") or {}
    partition: str | None = about.get("partition")
    return partition


def _changed(row: Row[Any], column: str, text: str) -> Mapping[str, Any]:
    return {} if text == getattr(row, column) else {column: text}
