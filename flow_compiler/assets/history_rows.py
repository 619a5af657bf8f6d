"""A pass over a table of Dagster's: page by page, each page one transaction, rows rewritten or deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, bindparam, delete, select, update

from flow_compiler.engine.storage.database import BUSY_SECONDS
from flow_compiler.engine.storage.failures import store_failures

_ON_A_PAGE = 1000
_IN_ONE_STATEMENT = 500

Connect = Callable[[], AbstractContextManager[Connection]]
"""Opens a connection to one of Dagster's databases; what is executed inside is committed at the end, or at once."""

Change = Callable[[Row[Any]], Mapping[str, Any] | None]
"""What becomes of a row: columns with new values (none: it stays as it is), or None: it is deleted."""


@contextmanager
def opened(connect: Connect) -> Iterator[Connection]:
    """On SQLite what is deleted is overwritten, and another process's transaction is waited for. Raises
    StoreUnavailable."""
    with store_failures("Dagster's history"), connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA secure_delete = ON")
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
        yield connection


def rows(connect: Connect, table: Table, columns: Sequence[str], *where: ColumnElement[bool]) -> Iterator[Row[Any]]:
    """Rows by id; nothing is open while they are looked at."""
    last: int | None = 0
    while last is not None:
        with opened(connect) as connection:
            page, last = _page(connection, table, columns, where, last)
        yield from page


def rewrite(
    connect: Connect, table: Table, columns: Sequence[str], change: Change, *where: ColumnElement[bool]
) -> list[Row[Any]]:
    """Change the rows as ``change`` says, which opens nothing; returns the deleted ones."""
    gone: list[Row[Any]] = []
    last: int | None = 0
    while last is not None:
        with opened(connect) as connection:
            page, last = _page(connection, table, columns, where, last)
            changes = [(row, change(row)) for row in page]
            deleted = [row for row, values in changes if values is None]
            if deleted:
                of_id = delete(table).where(table.c.id == bindparam("of"))
                connection.execute(of_id, [{"of": row.id} for row in deleted])
            for row, values in changes:
                if values:
                    connection.execute(update(table).where(table.c.id == row.id).values(values))
        gone += deleted
    return gone


def in_parts(values: Iterable[Any]) -> Iterator[list[Any]]:
    """As many as one statement takes."""
    listed = list(values)
    for start in range(0, len(listed), _IN_ONE_STATEMENT):
        yield listed[start : start + _IN_ONE_STATEMENT]


def file_of(connect: Connect) -> Path | None:
    """The SQLite file behind a connection; None for one in memory, or a server's."""
    with connect() as connection:
        url = connection.engine.url
    file = Path(url.database or "")
    return file if url.get_backend_name() == "sqlite" and file.is_file() else None


def _page(
    connection: Connection, table: Table, columns: Sequence[str], where: Sequence[ColumnElement[bool]], after: int
) -> tuple[Sequence[Row[Any]], int | None]:
    """Rows behind an id, and the id behind which there may be more."""
    wanted = select(table.c.id, *(table.c[name] for name in columns)).where(table.c.id > after, *where)
    page = connection.execute(wanted.order_by(table.c.id).limit(_ON_A_PAGE)).all()
    return page, page[-1].id if len(page) == _ON_A_PAGE else None
