from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.test_utils import instance_for_test


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture
def instance_with_our_storage(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    storage = {
        "module": "flow_compiler.assets.event_storage",
        "class": "PartitionedSqliteEventLogStorage",
        "config": {},
    }
    with instance_for_test(overrides={"event_log_storage": storage}, temp_dir=str(tmp_path)) as found:
        yield found


@pytest.fixture
def planned_by_us(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dagster plans one event per asset and run, as the command line and `make dev` set it."""
    monkeypatch.setenv("DAGSTER_EMIT_PARTITION_SUBSET_IN_PLANNED_EVENTS", "1")
