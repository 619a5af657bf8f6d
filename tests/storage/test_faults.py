"""Unwritable, full, locked, damaged, unreachable, from the future: a sentence each, and nothing half-written."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from flow_compiler.engine.outcomes import StepRecord, Success
from flow_compiler.engine.storage import open_stores
from flow_compiler.engine.storage.database import create_database, parse_database_url, place_of
from flow_compiler.engine.storage.schema import bring_up_to_date
from flow_compiler.engine.storage.tables import SCHEMA
from flow_compiler.errors import StoreUnavailable

FILLER = Path(__file__).with_name("disk_filler.py")
RECORD = StepRecord(outcome=Success(result=1))


async def opening(url: str, folder: Path) -> None:
    async with open_stores(url, folder / "artifacts"):
        pass


@contextmanager
def told(sign: str) -> Iterator[None]:
    with pytest.raises(StoreUnavailable, match=sign) as caught:
        yield
    assert caught.value.next_step.endswith(".")
    assert len(caught.value.message) < 300
    assert "\n" not in caught.value.message


def overwrite(file: Path, *, start: int) -> None:
    file.write_bytes(file.read_bytes()[:start] + b"\xff" * (file.stat().st_size - start))


async def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "file").write_text("")
    with told("folder .*file"):
        await opening(f"sqlite:///{tmp_path}/file/stores.db", tmp_path)


async def test_a_folder_where_the_file_should_be(tmp_path):
    (tmp_path / "stores.db").mkdir()
    with told("cannot be opened"):
        await opening(f"sqlite:///{tmp_path}/stores.db", tmp_path)


@pytest.mark.parametrize(
    "content", [b"this is not a database, but a letter. " * 100, b"SQLite format 3\0" + b"\xff" * 5000]
)
async def test_a_file_that_is_no_database(tmp_path, content):
    (tmp_path / "stores.db").write_bytes(content)
    with told("damaged"):
        await opening(f"sqlite:///{tmp_path}/stores.db", tmp_path)
    assert (tmp_path / "stores.db").read_bytes() == content


async def test_a_database_damaged_in_the_middle(tmp_path):
    url = f"sqlite:///{tmp_path}/stores.db"
    async with open_stores(url, tmp_path / "artifacts") as stores:
        for number in range(200):
            await stores.journal.record("run", f"{number}", "s", StepRecord(outcome=Success(result="x" * 1000)))
    overwrite(tmp_path / "stores.db", start=3 * 4096)
    with told("damaged"):
        async with open_stores(url, tmp_path / "artifacts") as stores:
            for number in range(200):
                await stores.journal.load("run", f"{number}")


async def test_a_database_that_another_process_holds_locked(tmp_path, monkeypatch):
    from flow_compiler.engine.storage import opening as opening_module

    url = f"sqlite:///{tmp_path}/stores.db"
    await opening(url, tmp_path)
    monkeypatch.setattr(opening_module, "create_database", lambda given: create_database(given, busy_seconds=0.1))
    other = sqlite3.connect(tmp_path / "stores.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    async with open_stores(url, tmp_path / "artifacts") as stores:
        with told("holds it locked"):
            await stores.journal.record("run", "a", "s", RECORD)
        assert await stores.journal.load("run", "a") == {}
        other.execute("ROLLBACK")
        await stores.journal.record("run", "a", "s", RECORD)
    other.close()


@pytest.mark.process
def test_a_file_that_may_not_grow_any_more(tmp_path):
    said = json.loads(
        subprocess.run([sys.executable, FILLER, tmp_path, "3000000"], capture_output=True, check=True).stdout
    )
    assert said["failure"]["retryable"] is True
    assert "stores.db" in said["failure"]["message"]
    assert said["readable"] == said["written"] > 0


@pytest.mark.process
def test_a_full_disk(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        said = json.loads(subprocess.run([sys.executable, FILLER, disk, "0"], capture_output=True, check=True).stdout)
    finally:
        subprocess.run(["umount", disk], check=True)
    assert "the disk is full" in said["failure"]["message"]
    assert "Free some space" in said["failure"]["next_step"]
    assert "the disk is full" in said["artifact"]
    assert said["listed"] == []
    assert said["readable"] == said["written"] > 0


async def test_tables_of_a_newer_version_of_this_tool(database_url, tmp_path):
    await opening(database_url, tmp_path)
    engine = create_database(database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE flow_compiler_version SET version_num = '9999'")
    engine.dispose()
    with told("another version of this tool"):
        await opening(database_url, tmp_path)


async def test_a_server_that_is_not_there(tmp_path):
    with told("cannot be reached"):
        await opening("postgresql://user:secret@127.0.0.1:1/name", tmp_path)


@pytest.mark.parametrize(
    "url",
    ["mysql://u:secret@h/d", "sqlite://", "sqlite:///:memory:", "postgresql+asyncpg://u:secret@h/d", "http://[", "://"],
)
def test_urls_that_cannot_hold_a_journal(url):
    with pytest.raises(StoreUnavailable) as caught:
        parse_database_url(url)
    assert "secret" not in caught.value.message
    assert "sqlite:///" in caught.value.next_step


@pytest.mark.parametrize("url", ["postgres://u@h/d", "postgresql://u@h/d", "postgresql+psycopg2://u@h/d"])
def test_postgresql_urls_mean_one_driver(url):
    assert parse_database_url(url).drivername == "postgresql+psycopg2"


def test_messages_never_hold_the_password(tmp_path):
    engine = create_database("postgresql://user:secret@example.invalid/name")
    assert place_of(engine) == "database name on example.invalid"
    with pytest.raises(StoreUnavailable) as caught:
        bring_up_to_date(engine, SCHEMA)
    assert "secret" not in f"{caught.value!r} {caught.value.__cause__!r}"


@pytest.mark.postgres
async def test_a_connection_the_server_dropped_is_replaced(postgres_url, tmp_path):
    async with open_stores(postgres_url, tmp_path / "artifacts") as stores:
        await stores.journal.record("run", "a", "s", RECORD)
        admin = create_database(postgres_url)
        with admin.begin() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        admin.dispose()
        await stores.journal.record("run", "b", "s", RECORD)
        assert len(await stores.journal.load("run", "a")) == len(await stores.journal.load("run", "b")) == 1


@pytest.mark.parametrize("name", ["what?", "50%", "50%20off", "#1", "a b", "x?mode=ro&cache=shared#y"])
@pytest.mark.parametrize("prefix", ["sqlite:///", "sqlite+pysqlite:///", ""])
async def test_the_whole_rest_of_a_sqlite_url_is_the_name_of_the_file(tmp_path, prefix, name):
    home = tmp_path / name
    async with open_stores(f"{prefix}{home}/stores.db", home / "artifacts") as stores:
        await stores.artifacts.put(b"bytes")
        await stores.journal.record("run", "item", "step", RECORD)
    assert (home / "stores.db").is_file()
    assert [each.name for each in tmp_path.iterdir()] == [name]


async def test_a_database_is_closed_when_the_artifacts_cannot_be_opened(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with told("taken"):
        async with open_stores(f"sqlite:///{tmp_path}/stores.db", tmp_path / "taken"):
            pass
    assert not [file for file in _open_files() if file.startswith(str(tmp_path))]


def _open_files() -> Iterator[str]:
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the one that listed the folder
            yield str(descriptor.readlink())
