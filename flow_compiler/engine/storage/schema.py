"""Bringing a database to the current schema: alembic, under a lock, in one transaction; nothing to do costs one SELECT.

Each package that keeps tables in the database has its own migrations and its own version table.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, MetaData, inspect, text

from flow_compiler.engine.storage.database import place_of, reading
from flow_compiler.engine.storage.failures import store_failures
from flow_compiler.errors import StoreUnavailable

if TYPE_CHECKING:
    from alembic.config import Config

_ENVIRONMENT = Path(__file__).parent / "migration_environment"
_LOCK_NUMBER = 7_206_178_035_112  # any constant: the name of the PostgreSQL advisory lock


@dataclass(frozen=True)
class Schema:
    """``head`` is the revision this code needs; ``history`` are the revisions it knows how to upgrade from."""

    name: str  # for messages
    version_table: str
    head: str
    migrations: Path  # the folder of its revisions
    metadata: MetaData


def bring_up_to_date(engine: Engine, schema: Schema) -> None:
    """Raises StoreUnavailable: unreachable, unwritable, damaged, or written by a newer version of this tool."""
    with store_failures(place_of(engine)):
        with reading(engine).connect() as connection:
            if _version(connection, schema) == schema.head:
                return
        with engine.begin() as connection:  # on SQLite this is the write lock
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER})
            if _version(connection, schema) != schema.head:
                _upgrade(connection, schema)


def alembic_config(schema: Schema) -> Config:
    """Alembic's view of a schema; also what a developer passes to ``alembic revision``."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", _escaped(_ENVIRONMENT))
    config.set_main_option("version_locations", _escaped(schema.migrations))
    config.set_main_option("path_separator", "newline")  # others occur in folder names
    return config


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%%")


def _version(connection: Connection, schema: Schema) -> str | None:
    if not inspect(connection).has_table(schema.version_table):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {schema.version_table}")).scalar()
    return None if found is None else str(found)


def _upgrade(connection: Connection, schema: Schema) -> None:
    from alembic import command
    from alembic.util.exc import CommandError

    config = alembic_config(schema)
    config.attributes["connection"] = connection
    config.attributes["schema"] = schema
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreUnavailable(
            f"{place_of(connection.engine)}: the {schema.name} tables were written by another version of this tool",
            next_step="Use the version that wrote them (or a newer one), or another database.",
            retryable=False,
        ) from error
