"""Migrations: they make exactly the tables the code declares, once, quickly, and whoever comes first."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, Table, inspect, select

from flow_compiler.assets import input_tables
from flow_compiler.engine.storage import tables
from flow_compiler.engine.storage.database import create_database, now, reading
from flow_compiler.engine.storage.schema import alembic_config, bring_up_to_date
from flow_compiler.http_api.storage import tables as server_tables
from stepflow_assets.resources import catalog_tables

SCHEMAS = [tables.SCHEMA, catalog_tables.SCHEMA, input_tables.SCHEMA, server_tables.SCHEMA]


@pytest.fixture
def engine(database_url):
    engine = create_database(database_url)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.name)
def test_the_migrations_make_the_declared_tables(engine, schema):
    bring_up_to_date(engine, schema)
    own = set(schema.metadata.tables)
    options = {
        "version_table": schema.version_table,
        "compare_type": True,
        "include_name": lambda name, kind, parents: kind != "table" or name in own,
    }
    with reading(engine).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=options), schema.metadata) == []


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.name)
def test_the_declared_head_is_the_newest_revision(schema):
    assert ScriptDirectory.from_config(alembic_config(schema)).get_current_head() == schema.head


def test_what_the_first_version_journaled_is_kept(engine):
    first = {"root": "a", "run_id": "r", "item": "a", "begun": 0, "attempts": 1, "seconds": 0.5, "numbers": "{}"}
    first |= {"refs": "[]", "reuse": "computed", "degraded": False, "computed": 1, "reused": 0, "recorded_at": 1.0}
    with engine.begin() as connection:
        config = alembic_config(tables.SCHEMA)
        config.attributes.update(connection=connection, schema=tables.SCHEMA)
        command.upgrade(config, "0001")
        old = Table(tables.journal.name, MetaData(), autoload_with=connection)
        connection.execute(old.insert(), first | {"step": "s", "outcome": '{"outcome":"success","result":1}'})
    bring_up_to_date(engine, tables.SCHEMA)
    with reading(engine).connect() as connection:
        row = connection.execute(select(tables.journal)).one()
    assert (row.step, row.attempts, row.seconds, row.retries, row.pause) == ("s", 1, 0.5, 0, None)


def test_all_schemas_live_in_one_database_beside_other_tables(engine):
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")
    for schema in [*SCHEMAS, *SCHEMAS]:
        bring_up_to_date(engine, schema)
    assert {"alembic_version", *(schema.version_table for schema in SCHEMAS)} <= set(inspect(engine).get_table_names())


def test_many_that_come_first_at_once_all_succeed(database_url):
    failures = []

    def come_first() -> None:
        engine = create_database(database_url)
        try:
            bring_up_to_date(engine, tables.SCHEMA)
        except Exception as error:  # noqa: BLE001 - told to the test
            failures.append(error)
        engine.dispose()

    threads = [threading.Thread(target=come_first) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_revisions_are_found_in_a_folder_of_any_name(tmp_path):
    folder = tmp_path / "50% of, my:revisions"
    shutil.copytree(tables.SCHEMA.migrations, folder)
    url = f"sqlite:///{tmp_path / 'stores.db'}"
    engine = create_database(url)
    bring_up_to_date(engine, replace(tables.SCHEMA, migrations=folder))
    assert set(tables.SCHEMA.metadata.tables) <= set(inspect(engine).get_table_names())


def test_a_current_database_is_opened_without_alembic(tmp_path):
    url = f"sqlite:///{tmp_path / 'stores.db'}"
    bring_up_to_date(create_database(url), tables.SCHEMA)
    script = (
        "import sys; from flow_compiler.engine.storage.database import create_database; "
        "from flow_compiler.engine.storage.schema import bring_up_to_date; from flow_compiler.engine.storage import tables; "
        f"bring_up_to_date(create_database({url!r}), tables.SCHEMA); "
        "sys.exit(any(name in sys.modules for name in ('alembic', 'dagster', 'psycopg2')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_the_databases_clock_is_in_epoch_seconds(engine):
    with reading(engine).connect() as connection:
        assert abs(connection.execute(select(now())).scalar_one() - time.time()) < 5
