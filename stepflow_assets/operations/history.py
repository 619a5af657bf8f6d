"""Dagster's home inside ours: where runs, materializations and partitions of every shell are kept."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from flow_compiler.engine.storage.failures import store_failures
from flow_compiler.errors import StoreUnavailable
from stepflow_assets.documents.identity import forgotten_name
from stepflow_assets.settings import Settings, shipped

if TYPE_CHECKING:
    from dagster import DagsterInstance


def prepare_dagster_home(settings: Settings) -> None:
    """Make Dagster's folder with the shipped dagster.yaml and its databases, unless it is there.

    Dagster creates its tables one by one and does not recover when it is killed in between, so the folder is made under
    another name and renamed when it is whole. Raises StoreUnavailable.
    """
    home = settings.dagster_home
    if home.exists():
        return
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(home.with_name("dagster.lock")):
            if not home.exists():
                _make(home)
    except OSError as error:
        raise StoreUnavailable(f"the folder {home} cannot be written: {error.strerror}") from None


def _make(home: Path) -> None:
    growing = home.with_name("dagster.new")
    shutil.rmtree(growing, ignore_errors=True)
    growing.mkdir()
    shutil.copyfile(shipped("dagster.yaml"), growing / "dagster.yaml")
    with _opened(growing) as instance:
        instance.get_dynamic_partitions("none")
        instance.get_runs(limit=1)
        instance.all_instigator_state()
    growing.rename(home)


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
    # Materializations of an asset are written together where the storage can (PostgreSQL).
    "DAGSTER_EVENT_BATCH_SIZE": "100",
}


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@contextmanager
def open_instance(settings: Settings) -> Iterator[DagsterInstance]:
    """The Dagster instance of this home. Raises StoreUnavailable when its databases are full, locked or damaged, also
    for what is done with it inside."""
    with store_failures(f"Dagster's history in {settings.dagster_home}"):
        prepare_dagster_home(settings)
        with _opened(settings.dagster_home) as instance:
            yield instance


def _opened(home: Path) -> DagsterInstance:
    """Processes that a run starts find the home by the environment."""
    from dagster import DagsterInstance

    os.environ.update(DAGSTER_SWITCHES | {"DAGSTER_HOME": str(home)})
    return DagsterInstance.from_config(str(home))


def is_in_history(settings: Settings, document_id: str) -> bool:
    """Whether Dagster has it as a partition, as it has a name that a person mistyped in the UI."""
    if not settings.dagster_home.exists():
        return False
    from flow_compiler.assets.erasing import is_partition

    with open_instance(settings) as instance:
        return is_partition(instance, document_id)


def forget_in_history(settings: Settings, documents: Mapping[str, Sequence[str]]) -> None:
    """Erase documents, given by id with the other names they have, from Dagster's history of runs and its partitions.
    What else the runs did stays, with ``forgotten:`` and the hash of the id in the document's place.

    Raises FlowCompilerError (``history.in_use``) while a run that had one of them is not over, StoreUnavailable.
    """
    if not settings.dagster_home.exists():
        return
    from flow_compiler.assets.erasing import erase_keys
    from flow_compiler.assets.redaction import ForgottenKey

    with open_instance(settings) as instance:
        erase_keys(
            instance,
            [ForgottenKey(name, forgotten_name(name), tuple(others)) for name, others in documents.items()],
        )
