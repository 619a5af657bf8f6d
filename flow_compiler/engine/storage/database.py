"""From a database URL to a SQLAlchemy engine: SQLite on one host, PostgreSQL anywhere; the same tables in both.

SQLite runs in WAL mode. What a committed transaction survives:

- ``kill -9`` and crashes of the process: always. The write-ahead log is in the operating system's cache by then.
- loss of power: with ``Durability.DISK`` always. With ``Durability.SYSTEM`` the last commits may be missing, never half
  there; a lost journal or memo record is computed again. Measured on one disk: 0.02 ms a commit against 0.3 ms (a
  commodity SSD needs 1 to 10 ms), so what must not go backwards (the catalog's generations) pays for DISK.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, CursorResult, Engine, Float, Table, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from flow_compiler.engine.storage.failures import store_failures
from flow_compiler.errors import StoreUnavailable

BUSY_SECONDS = 30.0
"""How long a writer waits for another process's transaction before the database counts as locked."""


_SQLITE = ("sqlite", "sqlite+pysqlite")


class Durability(StrEnum):
    """SQLite's ``synchronous`` level: see the module's docstring. PostgreSQL has its own settings."""

    SYSTEM = "NORMAL"
    DISK = "FULL"


def parse_database_url(database_url: str) -> URL:
    """``sqlite:///file``, ``postgresql://…`` or ``postgres://…``; a plain path means a SQLite file."""
    scheme, separator, file = database_url.partition(":///")
    if not separator and "://" not in database_url:
        scheme, file = "sqlite", database_url
    if scheme in _SQLITE:  # all of it is a file name: `?`, `#` and `%` have no other meaning there
        return _sqlite_url(file)
    try:
        url = make_url(database_url)
    except ArgumentError:
        raise StoreUnavailable(
            "the database URL cannot be parsed",
            next_step="Write sqlite:///FILE or postgresql://USER@HOST/NAME.",
            retryable=False,
        ) from None
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg2"):
        return url.set(drivername="postgresql+psycopg2")
    raise _no_place(f"a {url.drivername} database" + ("" if url.database else " without a file"))


def _sqlite_url(file: str) -> URL:
    if file in ("", ":memory:"):
        raise _no_place("a sqlite database without a file")
    return URL.create("sqlite+pysqlite", database=file)


def _no_place(what: str) -> StoreUnavailable:
    return StoreUnavailable(
        f"no journal can be kept in {what}",
        next_step="Write sqlite:///FILE or postgresql://USER@HOST/NAME.",
        retryable=False,
    )


def place_of(engine: Engine) -> str:
    """The database for people: never with its password."""
    if engine.dialect.name == "sqlite":
        return f"database {engine.url.database}"
    return f"database {engine.url.database} on {engine.url.host or 'the local socket'}"


def create_database(
    database_url: str, durability: Durability = Durability.SYSTEM, busy_seconds: float = BUSY_SECONDS
) -> Engine:
    """An engine whose ``begin()`` opens a write transaction at once, so two processes queue instead of failing midway.

    Readers use :func:`reading`. The folder of a SQLite file is created. Raises StoreUnavailable; connects to nothing yet.
    """
    url = parse_database_url(database_url)
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, durability, busy_seconds)
    try:
        # A server that restarts closes pooled connections: they are checked before use.
        return create_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 10, "application_name": "stepflow"},
        )
    except ImportError:
        raise StoreUnavailable(
            "the PostgreSQL driver is not installed", next_step="Install the extra `postgres`.", retryable=False
        ) from None


def reading(engine: Engine) -> Engine:
    """The same database and pool for transactions that only read: they wait for no writer."""
    return engine.execution_options(begin="DEFERRED")


def flush_to_disk(engine: Engine) -> None:
    """What was committed by now survives a loss of power, also under ``Durability.SYSTEM``. Raises StoreUnavailable.

    SQLite's commits are in the write-ahead log, or further. PostgreSQL has flushed them before it answered."""
    if engine.dialect.name != "sqlite":
        return
    file = Path(str(engine.url.database))
    with store_failures(place_of(engine)):
        for path in (file.with_name(f"{file.name}-wal"), file.parent):
            try:
                descriptor = os.open(path, os.O_RDONLY)
            except FileNotFoundError:  # all of it is in the database, which was flushed when it was moved there
                continue
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def insert(dialect: str, table: Table) -> Any:
    """The dialect's INSERT, which knows ``on_conflict_do_update``; each dialect is imported only where it is used."""
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)


class Prepared:
    """A statement whose SQL is written once per dialect: SQLAlchemy works on it anew at every call, which costs more than
    the database does (0.3 ms for ON CONFLICT, 0.05 ms for what it has in its cache)."""

    def __init__(self, build: Callable[[str], Any]) -> None:
        """``build`` makes the statement for a dialect; its parameters are named."""
        self._statement = cache(build)
        self._sql = cache(self._written)

    def _written(self, dialect: str) -> str:
        if dialect == "sqlite":
            from sqlalchemy.dialects import sqlite

            return str(self._statement(dialect).compile(dialect=sqlite.dialect(paramstyle="named")))
        from sqlalchemy.dialects import postgresql

        return str(self._statement(dialect).compile(dialect=postgresql.dialect(paramstyle="pyformat")))  # type: ignore[no-untyped-call]

    def run(self, connection: Connection, values: Mapping[str, Any]) -> CursorResult[Any]:
        return connection.exec_driver_sql(self._sql(connection.dialect.name), dict(values))

    def run_many(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Once for each row."""
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(self._sql("sqlite"), [dict(row) for row in rows])
        else:  # there the rows of a construct travel as one statement
            connection.execute(self._statement(connection.dialect.name), rows)


class now(FunctionElement[float]):
    """The database's own clock in epoch seconds: hosts' clocks differ."""

    type = Float()
    inherit_cache = True


@compiles(now, "sqlite")
def _sqlite_now(_element: now, _compiler: Any, **_options: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(now, "postgresql")
def _postgresql_now(_element: now, _compiler: Any, **_options: Any) -> str:
    return "extract(epoch from clock_timestamp())::float8"


def _sqlite(url: URL, durability: Durability, busy_seconds: float) -> Engine:
    file = Path(str(url.database))
    with store_failures(f"folder {file.parent}"):
        file.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": busy_seconds, "isolation_level": None})

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        _switch_to_wal(connection, busy_seconds)
        connection.execute(f"PRAGMA synchronous={durability.value}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA secure_delete=ON")  # what is forgotten leaves no trace in free pages

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # The driver's own BEGIN comes late and leaves DDL outside; ours makes migrations one transaction too.
        connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('begin', 'IMMEDIATE')}")

    return engine


def _switch_to_wal(connection: sqlite3.Connection, busy_seconds: float) -> None:
    """Once per file. SQLite does not wait for a lock here, so two processes that create the file at once would fail."""
    deadline = time.monotonic() + busy_seconds
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
