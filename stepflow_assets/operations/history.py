"""Dagster's home inside ours: where runs, materializations and partitions of every shell are kept."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flow_compiler.errors import StoreUnavailable
from stepflow_assets.settings import Settings, shipped

if TYPE_CHECKING:
    from dagster import DagsterInstance


def prepare_dagster_home(settings: Settings) -> None:
    """Make the folder and put the shipped dagster.yaml there, unless a person has put one. Raises StoreUnavailable."""
    target = settings.dagster_home / "dagster.yaml"
    if target.exists():
        return
    try:
        settings.dagster_home.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(shipped("dagster.yaml"), target)
    except OSError as error:
        raise StoreUnavailable(f"the folder {settings.dagster_home} cannot be written: {error.strerror}") from None


def environment(settings: Settings) -> dict[str, str]:
    """What a process needs in its environment to work on this home with these settings."""
    given = {
        f"STEPFLOW_{name.upper()}": _as_text(settings.model_dump(mode="json")[name])
        for name in sorted(settings.model_fields_set - {"home"})
    }
    return {
        **given,
        "STEPFLOW_HOME": str(settings.home_folder),
        "DAGSTER_HOME": str(settings.dagster_home),
        **DAGSTER_SWITCHES,
    }


DAGSTER_SWITCHES = {
    # One planned event per asset instead of one per partition: planned events of documents are ours to place, so that
    # exactly the failed ones are shown as failed (Dagster notes, section 5).
    "DAGSTER_EMIT_PARTITION_SUBSET_IN_PLANNED_EVENTS": "1",
    # A run that is resumed reads its whole log, not only the first thousand events.
    "DAGSTER_EXECUTOR_POP_EVENTS_LIMIT": "100000",
}


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def open_instance(settings: Settings) -> DagsterInstance:
    """The Dagster instance of this home; close it (it is a context manager)."""
    import os

    from dagster import DagsterInstance

    prepare_dagster_home(settings)
    os.environ.update(DAGSTER_SWITCHES)
    return DagsterInstance.from_config(str(settings.dagster_home))


def forget_partitions(settings: Settings, document_ids: Sequence[str]) -> None:
    """Remove documents' partitions. Dagster keeps its history of runs."""
    if not settings.dagster_home.exists():
        return
    from stepflow_assets.assets.runtime import document_flow

    name = document_flow(settings.flow_file).name
    with open_instance(settings) as instance:
        for document_id in document_ids:
            instance.delete_dynamic_partition(str(name), document_id)
