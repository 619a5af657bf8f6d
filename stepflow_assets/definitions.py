"""The code location: what `dagster dev -m stepflow_assets.definitions` and `dg` load."""

from __future__ import annotations

import dagster as dg

from stepflow_assets.assets.compiled import compile_documents
from stepflow_assets.assets.loaded_code import keep_loaded_code
from stepflow_assets.sensors.orphans import orphaned_runs
from stepflow_assets.settings import Settings


@dg.definitions
def defs() -> dg.Definitions:
    """The document flow of the settings, and the sensor that closes runs whose process is gone."""
    settings = Settings.load()
    compiled = compile_documents(settings)
    keep_loaded_code()
    return dg.Definitions.merge(compiled.definitions, dg.Definitions(sensors=[orphaned_runs(settings, compiled)]))
