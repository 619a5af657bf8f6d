"""SQLite connections of Dagster's event log that stay open between events, and events that are committed together.

Dagster makes an engine and opens a connection for each statement of each event, compiles the statement anew, and commits
two or three times an event: of the 10 ms CPU that a materialization costs in SQLite, 8 are that (docs/benchmarks.md).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.sql import create_engine
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import StaticPool

if TYPE_CHECKING:
    from dagster._core.events.log import EventLogEntry

    _Base = sqlite_event_log.SqliteEventLogStorage
else:
    _Base = object

_SECONDS_LOCKED = 30.0  # as long as Dagster waits
_MOST_KEPT = 4  # the index, and the runs written or looked at last


@dataclass
class _Together:
    """Transactions that one thread has open, by shard."""

    thread: int
    open_ones: ExitStack
    connections: dict[str, Connection] = field(default_factory=dict)


class KeptSqliteConnections(_Base):
    """For a SqliteEventLogStorage, whose lock lets one thread at a time use a connection. Instances do not survive a
    fork, as SQLite's connections never do."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._kept: OrderedDict[str, tuple[tuple[int, int], Engine]] = OrderedDict()
        self._known_tables: set[str] = set()
        self._together: _Together | None = None
        super().__init__(*args, **options)

    @contextmanager
    def together(self) -> Iterator[None]:
        """What this thread writes inside is committed at the end, in one transaction for each file, or not at all. Inside
        another one, it is part of that."""
        if self._joined() is not None:
            yield
            return
        with self._db_lock, ExitStack() as open_ones:
            self._together = _Together(threading.get_ident(), open_ones)
            try:
                yield
            finally:
                self._together = None

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        with self.together():
            super().store_event_batch(events)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        together = self._joined()
        if together is not None:
            if shard not in together.connections:
                together.connections[shard] = together.open_ones.enter_context(self._transaction(shard))
            yield together.connections[shard]
        else:
            with self._db_lock, self._transaction(shard) as connection:
                yield connection

    def _joined(self) -> _Together | None:
        together = self._together
        return together if together is not None and together.thread == threading.get_ident() else None

    @contextmanager
    def _transaction(self, shard: str) -> Iterator[Connection]:
        with self._engine_of(shard).connect() as connection, connection.begin():
            yield connection

    def has_table(self, table_name: str) -> bool:
        """Dagster asks for each event with tags; a table that is there stays."""
        if table_name not in self._known_tables and super().has_table(table_name):
            self._known_tables.add(table_name)
        return table_name in self._known_tables

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        column = f"asset_keys.{column_name}"
        if column not in self._known_tables and super()._has_asset_key_col_on_connection(conn, column_name):
            self._known_tables.add(column)
        return column in self._known_tables

    def wipe(self) -> None:
        self._let_go()
        super().wipe()

    def dispose(self) -> None:
        self._let_go()
        super().dispose()

    def _engine_of(self, shard: str) -> Engine:
        file = Path(self.path_for_shard(shard))
        kept = self._kept.get(shard)
        if kept is not None:
            if kept[0] == _identity(file):
                self._kept.move_to_end(shard)
                return kept[1]
            kept[1].dispose()  # the file was deleted or replaced under us: what is written there would be lost
            self._initialized_dbs.discard(shard)
        engine = create_engine(
            self.conn_string_for_shard(shard),
            poolclass=StaticPool,
            connect_args={"timeout": _SECONDS_LOCKED, "check_same_thread": False},
        )
        event.listen(engine, "connect", _overwrite_what_is_deleted)
        if shard not in self._initialized_dbs:
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        with engine.connect():  # makes the file
            identity = _identity(file)
        if identity is not None:
            self._kept[shard] = identity, engine
        self._let_go_of_oldest(shard)
        return engine

    def _let_go_of_oldest(self, opening: str) -> None:
        """What is being written together stays, however many files that are."""
        in_use = {opening, sqlite_event_log.INDEX_SHARD_NAME, *(self._together.connections if self._together else ())}
        idle = [name for name in self._kept if name not in in_use]
        for name in idle[: max(0, len(self._kept) - _MOST_KEPT)]:
            self._kept.pop(name)[1].dispose()

    def _let_go(self) -> None:
        with self._db_lock:
            while self._kept:
                self._kept.popitem()[1][1].dispose()


def committed_together(storage: object) -> AbstractContextManager[None]:
    """Events written inside are committed at once, where the storage can."""
    return storage.together() if isinstance(storage, KeptSqliteConnections) else nullcontext()


def _overwrite_what_is_deleted(connection: Any, _record: object) -> None:
    """Dagster replaces rows all the time; what is erased later must not be left in free pages."""
    connection.execute("PRAGMA secure_delete = ON")


def _identity(file: Path) -> tuple[int, int] | None:
    """What tells a file from one of the same name that replaced it."""
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
