"""The sensor that closes runs whose process is gone, for runs of the UI and the daemon."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from flow_compiler.assets.closing import orphaned_runs_sensor
from flow_compiler.assets.compile import CompiledFlow
from flow_compiler.engine.outcomes import Failure
from stepflow_assets.settings import Settings

if TYPE_CHECKING:
    from dagster import SensorDefinition


def orphaned_runs(settings: Settings, compiled: CompiledFlow) -> SensorDefinition:
    """Every 30 s: documents the dead run had in hand become failed with its reason, in Dagster and in the catalog."""

    def close(run_id: str, failure: Failure) -> Sequence[str]:
        from stepflow_assets.resources.sql_catalog import open_catalog

        with closing(open_catalog(settings.database)) as catalog:
            return catalog.close_run(run_id, failure)

    def in_hand() -> Iterable[str]:
        from stepflow_assets.resources.sql_catalog import open_catalog

        with closing(open_catalog(settings.database)) as catalog:
            return [row.run_id for row in catalog.running() if row.run_id]

    return orphaned_runs_sensor([compiled], settings.run_locks, close, in_hand)
