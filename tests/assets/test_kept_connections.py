"""Connections of Dagster's event log that stay open: their file may go, transactions may break, threads may meet."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster import AssetMaterialization, EventLogEntry
from dagster._core.events import DagsterEvent, StepMaterializationData
from sqlalchemy.exc import IntegrityError

from flow_compiler.assets.event_storage import PartitionedSqliteEventLogStorage
from flow_compiler.assets.kept_connections import committed_together

ASSET = dg.AssetKey(["flow", "pages"])


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[PartitionedSqliteEventLogStorage]:
    opened = PartitionedSqliteEventLogStorage(str(tmp_path))
    yield opened
    opened.dispose()


def materialized(run_id: str, partition: str) -> EventLogEntry:
    event = DagsterEvent(
        dg.DagsterEventType.ASSET_MATERIALIZATION.value,
        "flow",
        event_specific_data=StepMaterializationData(AssetMaterialization(ASSET, partition=partition)),
    )
    return EventLogEntry(
        error_info=None, level=logging.INFO, user_message="", run_id=run_id, timestamp=1.0, dagster_event=event
    )


def stored(storage: PartitionedSqliteEventLogStorage, run_id: str) -> list[str | None]:
    """Partitions of the events in the run's own file, as another process reads them."""
    return partitions_in(Path(storage.path_for_shard(run_id)))


def indexed(storage: PartitionedSqliteEventLogStorage) -> list[str | None]:
    return partitions_in(Path(storage.path_for_shard("index")))


def partitions_in(file: Path) -> list[str | None]:
    other = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        return [name for (name,) in other.execute("select partition from event_logs order by id")]
    finally:
        other.close()


def open_files(folder: Path) -> set[str]:
    """Names of the databases that this process has open."""
    targets = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return {target.name for target in targets if target.parent == folder and target.suffix == ".db"}


def delete(file: Path) -> None:
    for part in ("", "-wal", "-shm"):
        file.with_name(f"{file.name}{part}").unlink(missing_ok=True)


def replace(file: Path) -> None:
    """By a copy with one event less, as whoever restores a backup does."""
    copied = file.with_name("copy")
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    shutil.copy(file, copied)
    with sqlite3.connect(copied) as connection:
        connection.execute("delete from event_logs where partition = 'b'")
    connection.close()
    delete(file)
    copied.rename(file)


@pytest.mark.parametrize(("change", "kept"), [(delete, []), (replace, ["a"])])
def test_an_event_goes_into_the_file_that_is_there_now(
    change: Callable[[Path], None], kept: list[str], storage: PartitionedSqliteEventLogStorage
) -> None:
    for partition in ("a", "b"):
        storage.store_event(materialized("run", partition))
    change(Path(storage.path_for_shard("run")))

    storage.store_event(materialized("run", "c"))

    assert stored(storage, "run") == [*kept, "c"]
    assert [entry.dagster_event.partition for entry in storage.get_logs_for_run("run") if entry.dagster_event] == [
        *kept,
        "c",
    ]


def test_events_written_together_are_committed_together(storage: PartitionedSqliteEventLogStorage) -> None:
    storage.store_event(materialized("run", "before"))
    with committed_together(storage):
        storage.store_event(materialized("run", "a"))
        storage.store_event(materialized("run", "b"))
        assert stored(storage, "run") == indexed(storage) == ["before"]
    assert stored(storage, "run") == indexed(storage) == ["before", "a", "b"]


def test_inside_another_one_they_are_part_of_that(storage: PartitionedSqliteEventLogStorage) -> None:
    storage.store_event(materialized("run", "before"))
    with storage.together():
        with storage.together():
            storage.store_event(materialized("run", "a"))
        storage.store_event_batch([materialized("run", "b")])
        assert stored(storage, "run") == ["before"]
    assert stored(storage, "run") == ["before", "a", "b"]


def test_when_it_breaks_nothing_of_it_is_kept_in_any_file(storage: PartitionedSqliteEventLogStorage) -> None:
    storage.store_event(materialized("run", "before"))
    with pytest.raises(ZeroDivisionError), storage.together():
        storage.store_event(materialized("run", "a"))
        storage.store_event(materialized("other", "a"))
        raise ZeroDivisionError

    assert stored(storage, "run") == indexed(storage) == ["before"]
    assert stored(storage, "other") == []
    storage.store_event(materialized("run", "after"))
    assert stored(storage, "run") == indexed(storage) == ["before", "after"]


def test_a_second_materialization_of_an_asset_does_not_undo_the_first(
    storage: PartitionedSqliteEventLogStorage,
) -> None:
    """Dagster inserts the asset's record and, when it is there, updates it: the refused insert must cost nothing else."""
    with storage.together():
        for partition in ("a", "b", "c"):
            storage.store_event(materialized("run", partition))
    assert indexed(storage) == ["a", "b", "c"]
    [record] = storage.get_asset_records([ASSET])
    assert record.asset_entry.last_materialization is not None
    assert record.asset_entry.last_materialization.dagster_event is not None
    assert record.asset_entry.last_materialization.dagster_event.partition == "c"


def test_another_thread_waits_for_what_is_written_together(storage: PartitionedSqliteEventLogStorage) -> None:
    began, written = threading.Event(), threading.Event()

    def write() -> None:
        began.set()
        storage.store_event(materialized("run", "other thread"))
        written.set()

    thread = threading.Thread(target=write)
    with storage.together():
        storage.store_event(materialized("run", "a"))
        thread.start()
        assert began.wait(10)
        storage.store_event(materialized("run", "b"))
        assert not written.is_set()
    thread.join(10)
    assert stored(storage, "run") == indexed(storage) == ["a", "b", "other thread"]


def test_many_threads_lose_no_event(storage: PartitionedSqliteEventLogStorage) -> None:
    def write(number: int) -> None:
        for event in range(10):
            if event % 2:
                storage.store_event(materialized(f"run {number % 2}", f"{number}.{event}"))
            else:
                storage.store_event_batch([materialized(f"run {number % 2}", f"{number}.{event}")])

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(map(str, indexed(storage))) == sorted(
        f"{number}.{event}" for number in range(6) for event in range(10)
    )


def test_the_index_and_the_runs_used_last_are_open_and_no_others(
    storage: PartitionedSqliteEventLogStorage, tmp_path: Path
) -> None:
    for number in range(9):
        storage.store_event(materialized(f"run{number}", "a"))
    storage.get_logs_for_run("run6")
    storage.store_event(materialized("run9", "a"))

    assert open_files(tmp_path) == {"index.db", "run8.db", "run6.db", "run9.db"}
    assert [stored(storage, f"run{number}") for number in range(10)] == [["a"]] * 10


def test_more_runs_than_are_kept_can_be_written_together(storage: PartitionedSqliteEventLogStorage) -> None:
    with storage.together():
        for number in range(9):
            storage.store_event(materialized(f"run{number}", "a"))
        for number in range(9):
            storage.store_event(materialized(f"run{number}", "b"))
    assert [stored(storage, f"run{number}") for number in range(9)] == [["a", "b"]] * 9


def test_disposed_of_it_has_nothing_open_and_opens_again_when_asked(
    storage: PartitionedSqliteEventLogStorage, tmp_path: Path
) -> None:
    storage.store_event(materialized("run", "a"))
    storage.dispose()
    assert open_files(tmp_path) == set()
    storage.store_event(materialized("run", "b"))
    assert stored(storage, "run") == ["a", "b"]


def test_wiped_it_begins_with_nothing(storage: PartitionedSqliteEventLogStorage) -> None:
    storage.store_event(materialized("run", "a"))
    storage.wipe()
    assert not Path(storage.path_for_shard("run")).exists()
    storage.store_event(materialized("run", "b"))
    assert stored(storage, "run") == indexed(storage) == ["b"]


def test_what_is_deleted_is_overwritten(storage: PartitionedSqliteEventLogStorage, tmp_path: Path) -> None:
    storage.store_event(materialized("run", "a name to be looked for"))
    storage.wipe()
    storage.dispose()
    assert not [file for file in tmp_path.iterdir() if b"a name to be looked for" in file.read_bytes()]


def test_an_error_of_the_database_breaks_only_its_own_transaction(storage: PartitionedSqliteEventLogStorage) -> None:
    storage.store_event(materialized("run", "a"))
    with pytest.raises(IntegrityError), storage.run_connection("run") as connection:
        connection.exec_driver_sql("delete from event_logs")
        connection.exec_driver_sql("insert into event_logs (event) values (null)")
    storage.store_event(materialized("run", "b"))
    assert stored(storage, "run") == ["a", "b"]
