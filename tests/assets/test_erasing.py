"""Partition keys erased from Dagster's history: nothing names them, and the history of the others is whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.test_utils import instance_for_test
from dagster_ui import ui
from small_flow import ASSETS, World
from told_history import FAILING, FIRST, KEYS, LAST, LONGER, ODD, files_with, tables_with, told_history

from flow_compiler.assets import erasing
from flow_compiler.assets.erasing import erase_keys
from flow_compiler.assets.event_storage import WithDynamicPartitions
from flow_compiler.assets.history_events import EventHistory
from flow_compiler.assets.redaction import ForgottenKey
from flow_compiler.errors import FlowCompilerError, StoreUnavailable

OURS = {
    "event_log_storage": {
        "module": "flow_compiler.assets.event_storage",
        "class": "PartitionedSqliteEventLogStorage",
        "config": {},
    }
}


@pytest.fixture(params=["ours", "dagster's"])
def on_sqlite(request: pytest.FixtureRequest, tmp_path: Path, planned_by_us: None) -> Iterator[dg.DagsterInstance]:
    home = tmp_path / "home"
    home.mkdir()
    with instance_for_test(overrides=OURS if request.param == "ours" else {}, temp_dir=str(home)) as instance:
        yield instance


@pytest.fixture
def on_postgres(postgres_url: str, tmp_path: Path, planned_by_us: None) -> Iterator[dg.DagsterInstance]:
    pytest.importorskip("dagster_postgres", reason="the extra `postgres` is not installed")
    config = {"postgres_url": postgres_url.replace("postgresql://", "postgresql+psycopg2://")}
    storages = {
        "event_log_storage": ("flow_compiler.assets.event_storage_postgres", "PartitionedPostgresEventLogStorage"),
        "run_storage": ("dagster_postgres.run_storage", "PostgresRunStorage"),
        "schedule_storage": ("dagster_postgres.schedule_storage", "PostgresScheduleStorage"),
    }
    overrides = {name: {"module": at, "class": of, "config": config} for name, (at, of) in storages.items()}
    with instance_for_test(overrides=overrides, temp_dir=str(tmp_path)) as instance:
        yield instance


def erase(instance: dg.DagsterInstance, *keys: str) -> int:
    return erase_keys(instance, [ForgottenKey(key, pseudonym(key), (key.partition(":")[2],)) for key in keys])


def pseudonym(key: str) -> str:
    return f"forgotten:{KEYS.index(key)}"


def shown(flow: World) -> dict[str, Any]:
    """What the UI says of each asset."""
    with ui(flow.instance, flow.compiled.definitions) as browser:
        found: dict[str, Any] = {asset: browser.statuses(flow.compiled.asset_keys[asset]) for asset in ASSETS}
        if isinstance(flow.instance.event_log_storage, WithDynamicPartitions):  # Dagster's own cannot show it
            found["check"] = browser.checked(flow.compiled.asset_keys["pages"], "good_text")
        return found


def without(found: Any, key: str) -> Any:
    """As :func:`shown` gives it when the key is not there; of a check, ways that no partition went are left out."""
    left = {name: value - {key} if isinstance(value, set) else without(value, key) for name, value in found.items()}
    return {**left, "check": {way: keys for way, keys in left["check"].items() if keys}} if "check" in left else left


def logged(instance: dg.DagsterInstance) -> dict[str, list[tuple[str, str | None]]]:
    """Every event of every run, read as Dagster reads it."""
    return {
        run.run_id: [
            (entry.dagster_event.event_type_value, partition_of(entry.dagster_event))
            if entry.dagster_event
            else (entry.user_message, None)
            for entry in instance.all_logs(run.run_id)
        ]
        for run in instance.get_runs()
    }


def partition_of(event: dg.DagsterEvent) -> str | None:
    is_evaluation = event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION
    return event.asset_check_evaluation_data.partition if is_evaluation else event.partition


@pytest.mark.parametrize("key", [FIRST, ODD, FAILING])
def test_no_byte_of_a_file_names_the_key(key: str, on_sqlite: dg.DagsterInstance, tmp_path: Path) -> None:
    flow = told_history(on_sqlite)
    shown(flow)  # fills the cached statuses
    named_in = {Path(name).name.removesuffix("-wal") for name in files_with(tmp_path, key)}
    assert named_in >= {
        "index.db",
        "runs.db",
        "schedules.db",
        *(f"{run.run_id}.db" for run in on_sqlite.get_runs()[-2:]),
    }

    assert erase(on_sqlite, key) == (3 if key == ODD else 2)

    assert files_with(tmp_path, key) == []


def test_many_keys_are_erased_in_one_call(on_sqlite: dg.DagsterInstance, tmp_path: Path) -> None:
    told_history(on_sqlite)
    assert erase(on_sqlite, *KEYS) == 4
    assert [files_with(tmp_path, key) for key in KEYS] == [[]] * len(KEYS)
    assert on_sqlite.get_dynamic_partitions("small") == []


def keeps_the_history_of_others(instance: dg.DagsterInstance, key: str) -> None:
    flow = told_history(instance)
    before, events = shown(flow), logged(instance)

    erase(instance, key)

    assert shown(flow) == without(before, key)
    assert logged(instance) == {
        run: [(what, of) for what, of in told if of != key and not what.startswith(f"{key}: ")]
        for run, told in events.items()
    }


@pytest.mark.parametrize("key", [FIRST, FAILING, LAST])
def test_the_history_of_other_keys_is_whole(key: str, on_sqlite: dg.DagsterInstance) -> None:
    keeps_the_history_of_others(on_sqlite, key)


def test_runs_backfills_and_ticks_name_a_pseudonym(on_sqlite: dg.DagsterInstance) -> None:
    told_history(on_sqlite)
    erase(on_sqlite, FIRST)

    of_one, of_odd, of_range, of_list = on_sqlite.get_runs()
    listed = [pseudonym(FIRST), *KEYS[1:]]
    assert of_list.run_config["ops"]["small_batch"]["ops"]["small_cpu"]["config"]["documents"] == listed
    assert of_range.tags["dagster/asset_partition_range_start"] == LONGER
    assert of_range.tags["dagster/asset_partition_range_end"] == LAST
    (backfill,) = on_sqlite.get_backfills()
    assert (backfill.partition_names, backfill.tags) == (listed, {"of": pseudonym(FIRST)})
    (state,) = on_sqlite.all_instigator_state()
    (tick,) = on_sqlite.get_ticks(state.origin.get_id(), state.selector_id)
    assert tick.run_requests[0].run_config == {"keys": listed}
    tagged = on_sqlite.get_runs(dg.RunsFilter(tags={"dagster/asset_partition_range_start": LONGER}))
    assert [run.run_id for run in tagged] == [of_range.run_id]


def test_the_last_materialization_is_the_last_that_is_left(on_sqlite: dg.DagsterInstance) -> None:
    flow = told_history(on_sqlite)
    key = flow.compiled.asset_keys["pages"]
    latest = on_sqlite.get_latest_materialization_event(key)
    assert latest is not None and latest.dagster_event is not None and latest.dagster_event.partition == LAST

    erase(on_sqlite, LAST)

    latest = on_sqlite.get_latest_materialization_event(key)
    assert latest is not None and latest.dagster_event is not None and latest.dagster_event.partition == ODD
    erase(on_sqlite, *KEYS)
    assert on_sqlite.get_latest_materialization_event(key) is None


def test_a_key_that_comes_back_begins_anew(on_sqlite: dg.DagsterInstance) -> None:
    flow = told_history(on_sqlite)
    erase(on_sqlite, FIRST)
    flow.compiled.enter_keys(on_sqlite, [FIRST])
    assert FIRST not in shown(flow)["pages"]["materialized"]

    flow.run([FIRST])

    assert FIRST in shown(flow)["search_index"]["materialized"]
    wanted = dg.AssetRecordsFilter(flow.compiled.asset_keys["pages"], asset_partitions=[FIRST])
    assert len(on_sqlite.fetch_materializations(wanted, limit=9).records) == 1


def test_nothing_is_changed_while_a_run_that_has_a_key_is_not_over(
    on_sqlite: dg.DagsterInstance, tmp_path: Path
) -> None:
    flow = told_history(on_sqlite)
    job = flow.compiled.definitions.resolve_job_def(flow.compiled.name)
    config = flow.compiled.run_config([FIRST])
    run = on_sqlite.create_run_for_job(job, run_config=config, status=dg.DagsterRunStatus.STARTED)
    events = logged(on_sqlite)

    with pytest.raises(FlowCompilerError, match=run.run_id) as refused:
        erase(on_sqlite, FIRST)

    assert (refused.value.code, refused.value.retryable) == ("history.in_use", True)
    assert logged(on_sqlite) == events
    assert erase(on_sqlite, FAILING) == 2  # the run has nothing to do with it


@pytest.mark.parametrize(
    ("step", "owner"),
    [
        ("erase_shard", EventHistory),
        ("erase_index", EventHistory),
        ("_erase_checks", EventHistory),
        ("_erase_of_assets", EventHistory),
        ("_erase_runs", erasing),
        ("_erase", erasing),
        ("erase_partitions", EventHistory),
    ],
)
def test_what_was_broken_off_is_finished_by_the_same_call(
    step: str,
    owner: Any,
    instance_with_our_storage: dg.DagsterInstance,
    planned_by_us: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flow = told_history(instance_with_our_storage)
    before = shown(flow)
    with monkeypatch.context() as patched, pytest.raises(StoreUnavailable):
        patched.setattr(owner, step, _raises)
        erase(instance_with_our_storage, ODD)

    erase(instance_with_our_storage, ODD)

    assert files_with(tmp_path, ODD) == []
    assert shown(flow) == without(before, ODD)


def _raises(*_given: Any, **_named: Any) -> None:
    raise StoreUnavailable("the disk is full")


@pytest.mark.postgres
@pytest.mark.parametrize("key", [FIRST, ODD, FAILING])
def test_on_postgres_no_row_names_the_key(key: str, on_postgres: dg.DagsterInstance, postgres_url: str) -> None:
    told_history(on_postgres)
    assert {"event_logs", "runs", "bulk_actions", "job_ticks", "instigators", "kvs"} <= {
        *tables_with(postgres_url, key)
    }

    erase(on_postgres, key)

    assert tables_with(postgres_url, key) == []


@pytest.mark.postgres
def test_on_postgres_the_history_of_other_keys_is_whole(on_postgres: dg.DagsterInstance) -> None:
    keeps_the_history_of_others(on_postgres, FAILING)
