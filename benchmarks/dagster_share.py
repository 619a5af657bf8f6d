"""One process, one measurement: CPU seconds of a batch of trivial documents with Dagster, or without it.

``python -m benchmarks.dagster_share FOLDER STORAGE DOCUMENTS`` prints one JSON document. STORAGE: ``none`` (the same
engine, no Dagster), ``sqlite``, ``sqlite+checks``, or a PostgreSQL URL, ``+checks`` at its end too. A small batch goes
first, so that imports, migrations and compiled statements are not counted.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import yaml

from benchmarks import trivial_flow

_WARM_UP = 10


def main() -> None:
    folder, storage, documents = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    checked = storage.endswith("+checks")
    storage = storage.removesuffix("+checks")
    figures = _engine_alone(folder, documents) if storage == "none" else _dagster(folder, storage, checked, documents)
    print(json.dumps(figures))


def _engine_alone(folder: Path, documents: int) -> dict[str, float]:
    async def batch(count: int) -> None:
        run_id = str(uuid.uuid4())
        async with trivial_flow.runtime(folder) as runtime:
            waiting = iter(range(count))

            async def work() -> None:
                for number in waiting:
                    await runtime.engine.item(
                        trivial_flow.FLOW, run_id=run_id, key=f"d{number}", input={"text": f"{run_id} {number}"}
                    ).evaluate()

            await asyncio.gather(*(work() for _ in range(8)))

    return _timed(lambda count: asyncio.run(batch(count)), documents)


def _dagster(folder: Path, storage: str, checked: bool, documents: int) -> dict[str, float]:
    from dagster import DagsterInstance

    from stepflow_assets.operations.history import DAGSTER_SWITCHES

    home = folder / "dagster"
    os.environ.update(DAGSTER_SWITCHES | {"DAGSTER_HOME": str(home)})
    home.mkdir(parents=True)
    (home / "dagster.yaml").write_text(_instance_settings(storage))
    flow = trivial_flow.compiled(folder, checked=checked)
    job = flow.definitions.resolve_job_def(flow.name)

    with DagsterInstance.from_config(str(home)) as instance:

        def batch(count: int) -> None:
            keys = [f"d{number}" for number in range(count)]
            flow.enter_keys(instance, keys)
            config = {**flow.run_config(keys), "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
            ran = job.execute_in_process(run_config=config, instance=instance, raise_on_error=True)
            stored = instance.get_materialized_partitions(next(iter(flow.asset_keys.values())))
            assert ran.success and len(stored) >= count, "documents are missing in the event log"

        return _timed(batch, documents)


def _instance_settings(storage: str) -> str:
    """As shipped for SQLite; for PostgreSQL its storage in place of it."""
    from stepflow_assets.settings import shipped

    said = shipped("dagster.yaml").read_text()
    if storage == "sqlite":
        return said
    kept = yaml.safe_load(said)
    places = {
        "run_storage": ("dagster_postgres.run_storage", "PostgresRunStorage"),
        "event_log_storage": ("flow_compiler.assets.event_storage_postgres", "PartitionedPostgresEventLogStorage"),
        "schedule_storage": ("dagster_postgres.schedule_storage", "PostgresScheduleStorage"),
    }
    for name, (module, kind) in places.items():
        kept[name] = {"module": module, "class": kind, "config": {"postgres_url": storage}}
    return str(yaml.safe_dump(kept))


def _timed(batch: Callable[[int], None], documents: int) -> dict[str, float]:
    batch(_WARM_UP)
    cpu, wall = time.process_time(), time.perf_counter()
    batch(documents)
    return {
        "cpu_ms": (time.process_time() - cpu) / documents * 1000,
        "wall_ms": (time.perf_counter() - wall) / documents * 1000,
    }


if __name__ == "__main__":
    main()
