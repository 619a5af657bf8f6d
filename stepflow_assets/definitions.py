"""The code location: what `dagster dev -m stepflow_assets.definitions` and `dg` load."""

from __future__ import annotations

import dagster as dg

from stepflow_assets.assets.compiled import compile_documents
from stepflow_assets.assets.loaded_code import keep_loaded_code
from stepflow_assets.evals.job import evaluation
from stepflow_assets.sensors.orphans import orphaned_runs
from stepflow_assets.settings import Settings


@dg.definitions
def defs() -> dg.Definitions:
    """The document flow of the settings, the sensor that closes runs whose process is gone, and the evaluation of a corpus
    where one is configured."""
    settings = Settings.load()
    compiled = compile_documents(settings)
    keep_loaded_code()
    sensors = dg.Definitions(sensors=[orphaned_runs(settings, compiled)])
    return dg.Definitions.merge(compiled.definitions, sensors, *evaluation(settings))
