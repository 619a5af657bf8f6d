"""The catalog in SQLite or PostgreSQL: each method one transaction, safe from any thread and process.

Rules of the generation counter (design, Vocabulary): a run gets a number when it takes a document, the same run always
the same one; deletion takes a number; the counter of a forgotten document is kept under the hash of its id.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, bindparam, delete, select, update
from sqlalchemy import insert as plain_insert

from flow_compiler.engine.outcomes import Failure
from flow_compiler.engine.storage.database import (
    Durability,
    create_database,
    insert,
    place_of,
    reading,
)
from flow_compiler.engine.storage.failures import store_failures
from flow_compiler.engine.storage.schema import bring_up_to_date
from flow_compiler.engine.storage.stored_text import original, stored
from stepflow_assets.documents.chunk import Outcome
from stepflow_assets.documents.identity import document_digest
from stepflow_assets.errors import UnknownDocument
from stepflow_assets.resources.catalog import CatalogRow, Erasable, Finish, SeenDocument, Taken
from stepflow_assets.resources.catalog_rows import catalog_row, ended, failure_json, seen_values
from stepflow_assets.resources.catalog_tables import SCHEMA, documents, forgotten, takes
from stepflow_assets.resources.catalog_uses import replace_uses, used_by_any, used_only_by

_IN_ONE_STATEMENT = 500
_TAKES_KEPT = 16
"""Takes of a document that are remembered, by generation: a run that resumes after that many later ones takes it anew."""

_ALL = select(documents).order_by(documents.c.document_id)
_ONE = select(documents).where(documents.c.document_id == bindparam("id"))


def open_catalog(database_url: str) -> SqlCatalog:
    """Migrates the database when needed. Raises StoreUnavailable."""
    engine = create_database(database_url, Durability.DISK)
    bring_up_to_date(engine, SCHEMA)
    return SqlCatalog(engine)


class SqlCatalog:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def close(self) -> None:
        self._engine.dispose()

    def enter(self, seen: Sequence[SeenDocument]) -> None:
        rows = {item.document_id: item for item in seen}
        if not rows:
            return
        with self._write() as connection:
            counters = _counters_of_forgotten(connection, rows)
            offered = insert(connection.dialect.name, documents)
            refreshed = {name: offered.excluded[name] for name in ("source", "path", "uri", "bytes", "seen_stamp")}
            statement = offered.on_conflict_do_update(index_elements=["document_id"], set_=refreshed)
            values = [seen_values(rows[name], counters.get(name, 0)) for name in sorted(rows)]
            connection.execute(statement, values)

    def get(self, document_id: str) -> CatalogRow | None:
        with self._read() as connection:
            row = connection.execute(_ONE, {"id": stored(document_id)}).one_or_none()
        return None if row is None else catalog_row(row)

    def rows(self, *, outcomes: Iterable[Outcome] | None = None, source: str | None = None) -> Sequence[CatalogRow]:
        """Ordered by id."""
        statement = _ALL
        if outcomes is not None:
            statement = statement.where(documents.c.outcome.in_([outcome.value for outcome in outcomes]))
        if source is not None:
            statement = statement.where(documents.c.source == stored(source))
        return self._rows(statement)

    def running(self) -> Sequence[CatalogRow]:
        return self._rows(_ALL.where(documents.c.running))

    def take(self, run_id: str, document_id: str, version: str) -> Taken:
        """Raises UnknownDocument. A run that takes a document again is given the version it took first."""
        with self._write() as connection:
            row = _locked(connection, document_id)
            if row is None:
                raise UnknownDocument(f"no document is called {document_id!r}")
            before = connection.execute(_TAKE, {"of": row.number, "by": stored(run_id)}).one_or_none()
            if before is not None:
                taken = Taken(document_id, row.uri, before.version, before.generation)
            else:
                taken = Taken(document_id, row.uri, version, row.generation + 1)
                connection.execute(
                    plain_insert(takes).values(
                        document=row.number,
                        run_id=stored(run_id),
                        generation=taken.generation,
                        version=version,
                        stamp=row.seen_stamp,
                    )
                )
            if taken.generation >= row.generation:  # an older run that resumes does not take it from a newer one
                connection.execute(
                    update(documents)
                    .where(documents.c.number == row.number)
                    .values(generation=taken.generation, running=True, run_id=stored(run_id))
                )
        return taken

    def taken(self, run_id: str, document_id: str) -> Taken | None:
        with self._read() as connection:
            row = connection.execute(_ONE, {"id": stored(document_id)}).one_or_none()
            if row is None:
                return None
            take = connection.execute(_TAKE, {"of": row.number, "by": stored(run_id)}).one_or_none()
        return None if take is None else Taken(document_id, row.uri, take.version, take.generation)

    def release(self, document_id: str, run_id: str, used: Erasable) -> None:
        with self._write() as connection:
            row = _locked(connection, document_id)
            if row is None:
                return
            replace_uses(connection, row.number, used, keep_old=True)
            connection.execute(
                update(documents)
                .where(documents.c.number == row.number, documents.c.run_id == stored(run_id))
                .values(running=False)
            )

    def finish(self, finish: Finish) -> bool:
        with self._write() as connection:
            row = _locked(connection, finish.document_id)
            if row is None:
                return False
            superseded = finish.generation < row.finished_generation
            take = connection.execute(_TAKE, {"of": row.number, "by": stored(finish.run_id)}).one_or_none()
            changes = ended(finish, row, row.stamp if take is None else take.stamp, time.time())
            connection.execute(update(documents).where(documents.c.number == row.number).values(changes))
            published = finish.live_generation is not None and finish.live_generation > (row.live_generation or 0)
            if not superseded or published:
                used = Erasable(finish.memo_keys, finish.artifacts)
                keep_old = superseded or finish.outcome is Outcome.FAILED
                replace_uses(connection, row.number, used, keep_old=keep_old)
            connection.execute(
                delete(takes).where(takes.c.document == row.number, takes.c.generation <= row.generation - _TAKES_KEPT)
            )
        return not superseded

    def only_used_by(self, document_id: str) -> Erasable:
        with self._read() as connection:
            row = connection.execute(_ONE, {"id": stored(document_id)}).one_or_none()
            return Erasable(frozenset(), frozenset()) if row is None else used_only_by(connection, row.number)

    def forgotten(self, document_id: str) -> int | None:
        with self._read() as connection:
            return _counters_of_forgotten(connection, [document_id]).get(document_id)

    def forget(self, document_id: str) -> tuple[int, Erasable] | None:
        with self._write() as connection:
            row = _locked(connection, document_id)
            if row is None:
                return None
            generation = row.generation + 1
            erasable = used_only_by(connection, row.number)
            connection.execute(delete(documents).where(documents.c.number == row.number))
            offered = insert(connection.dialect.name, forgotten).values(
                id_hash=document_digest(document_id), generation=generation
            )
            connection.execute(
                offered.on_conflict_do_update(index_elements=["id_hash"], set_={"generation": generation})
            )
        return generation, erasable

    def close_run(self, run_id: str, failure: Failure) -> Sequence[str]:
        with self._write() as connection:
            closed = connection.execute(
                update(documents)
                .where(documents.c.running, documents.c.run_id == stored(run_id))
                .values(
                    running=False,
                    outcome=Outcome.FAILED.value,
                    failure=failure_json(failure),
                    last_finished=time.time(),
                )
                .returning(documents.c.document_id)
            ).scalars()
            return sorted(original(name) for name in closed)

    def used(self) -> Erasable:
        with self._read() as connection:
            return used_by_any(connection)

    def _rows(self, statement: Select[Any]) -> Sequence[CatalogRow]:
        with self._read() as connection:
            return [catalog_row(row) for row in connection.execute(statement)]

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with store_failures(place_of(self._engine)), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with store_failures(place_of(self._engine)), reading(self._engine).connect() as connection:
            yield connection


_TAKE = select(takes.c.generation, takes.c.version, takes.c.stamp).where(
    takes.c.document == bindparam("of"), takes.c.run_id == bindparam("by")
)


def _locked(connection: Connection, document_id: str) -> Row[Any] | None:
    """The row, which no other transaction can change until this one ends."""
    return connection.execute(_ONE.with_for_update(), {"id": stored(document_id)}).one_or_none()


def _counters_of_forgotten(connection: Connection, ids: Iterable[str]) -> dict[str, int]:
    """Document id → the generation of its deletion, for those that were here before."""
    by_hash = {document_digest(name): name for name in ids}
    hashes = sorted(by_hash)
    found: dict[str, int] = {}
    for start in range(0, len(hashes), _IN_ONE_STATEMENT):
        chunk = hashes[start : start + _IN_ONE_STATEMENT]
        for row in connection.execute(select(forgotten).where(forgotten.c.id_hash.in_(chunk))):
            found[by_hash[row.id_hash]] = row.generation
    return found
