"""With its history in PostgreSQL, where materializations are written in batches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.test_utils import instance_for_test
from dagster_ui import ui
from small_flow import ASSETS, poisoned, world
from test_compiled_checks import WARNING

pytest.importorskip("dagster_postgres", reason="the extra `postgres` is not installed")


@pytest.fixture
def on_postgres(
    postgres_url: str, tmp_path: Path, planned_by_us: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "100")
    url = postgres_url.replace("postgresql://", "postgresql+psycopg2://")
    storage = {
        "module": "flow_compiler.assets.event_storage_postgres",
        "class": "PartitionedPostgresEventLogStorage",
        "config": {"postgres_url": url},
    }
    with instance_for_test(overrides={"event_log_storage": storage}, temp_dir=str(tmp_path)) as instance:
        yield instance


@pytest.mark.postgres
def test_batches_hold_every_event(on_postgres: dg.DagsterInstance) -> None:
    flow = world(on_postgres, poisoned(12, 4) | {"bad": "bad"}, checks=[WARNING], partitioned_checks=True)
    keys = set(flow.inputs.by_key)
    result = flow.run(sorted(keys))
    assert not result.success
    found = flow.materialized(result.run_id)
    assert {key for key in keys if found[key] == set(ASSETS)} == keys - {"doc4"}
    assert found["doc4"] == {"document", "pages"}
    with ui(on_postgres, flow.compiled.definitions) as shown:
        assert shown.statuses(flow.compiled.asset_keys["search_index"])["failed"] == {"doc4"}
        assert shown.checked(flow.compiled.asset_keys["pages"], "good_text") == {
            "succeeded": keys - {"bad"},
            "failed": {"bad"},
        }
        assert shown.stale(flow.compiled.asset_keys["search_index"], "doc0") == ("FRESH", [])
