"""A history in Dagster that names documents everywhere it can, and what is left of a name in it."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster._core.remote_origin import RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    InstigatorType,
    SensorInstigatorData,
    TickData,
    TickStatus,
)
from small_flow import World, world
from sqlalchemy import create_engine, inspect, text
from test_compiled_checks import WARNING

FIRST, LONGER, ODD, FAILING, LAST = KEYS = [
    "docs:a.pdf",
    "docs:a.pdf (1).pdf",
    'docs:größe "x" 人.md',
    "docs:bad.pdf",
    "docs:z",
]
TEXTS = dict.fromkeys(KEYS, "text") | {FAILING: "poison", LAST: "bad"}


def told_history(instance: dg.DagsterInstance) -> World:
    """Runs of a list and of ranges, a backfill, a sensor with its ticks, a value in the store of cursors."""
    flow = world(instance, TEXTS, checks=[WARNING], partitioned_checks=True)
    flow.run(KEYS)
    flow.run(first=FIRST, last=LAST)
    flow.run(first=ODD, last=ODD)
    flow.run([LAST])
    told = json.dumps({"seen": KEYS})
    instance.add_backfill(
        PartitionBackfill("fill", BulkActionStatus.COMPLETED_SUCCESS, False, {"of": FIRST}, 1.0, partition_names=KEYS)
    )
    instance.run_storage.set_cursor_values({"cursor": told})
    origin = RemoteInstigatorOrigin(RemoteRepositoryOrigin(_origin(), "__repository__"), "watcher")
    selector = origin.get_selector().get_id()
    instance.add_instigator_state(
        InstigatorState(
            origin, InstigatorType.SENSOR, InstigatorStatus.RUNNING, SensorInstigatorData(cursor=told, min_interval=30)
        )
    )
    instance.create_tick(
        TickData(
            origin.get_id(), "watcher", InstigatorType.SENSOR, TickStatus.SUCCESS, time.time(), run_ids=[],
            selector_id=selector, cursor=told, run_requests=[dg.RunRequest(run_config={"keys": KEYS}, tags={"of": FIRST})],
        )
    )  # fmt: skip
    return flow


def _origin() -> Any:
    from dagster._core.remote_origin import InProcessCodeLocationOrigin
    from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

    return InProcessCodeLocationOrigin(LoadableTargetOrigin(module_name="told_history"))


def spelled(key: str) -> re.Pattern[bytes]:
    """The key in raw bytes, and in JSON nested up to three times; not inside a longer name of this history."""
    forms = [key]
    for _ in range(3):
        forms.append(json.dumps(forms[-1])[1:-1])
    return re.compile(b"(?:" + b"|".join(re.escape(form.encode()) for form in forms) + rb")(?! \(1\))")


def files_with(folder: Path, key: str) -> list[str]:
    """Files whose bytes hold the key, free pages and logs of databases included."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return sorted(str(file.relative_to(folder)) for file in files if spelled(key).search(file.read_bytes()))


def tables_with(url: str, key: str) -> list[str]:
    """Tables of a database with the key in one of their columns."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = []
        for table in inspect(connection).get_table_names():
            rows = connection.execute(text(f'select * from "{table}"'))
            if any(spelled(key).search(str(value).encode()) for row in rows for value in row):
                found.append(table)
    engine.dispose()
    return found
