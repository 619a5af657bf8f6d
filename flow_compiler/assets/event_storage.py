"""Dagster's event log storages, able to show checks of dynamic partitions.

Dagster 1.13.27 asks dynamic partitions without saying where they are kept when it resolves ``partitionStatuses`` of a
check, so the UI's page of a partitioned check ends in an error; and it takes a run for one thing, so that the failure of
one partition would be shown on all. Name the class in ``dagster.yaml``:

    event_log_storage:
      module: flow_compiler.assets.event_storage
      class: PartitionedSqliteEventLogStorage
      config: {}

``base_dir`` is where its files are; without it, in the instance's own folder, so that one dagster.yaml serves any home and
the passing ones that ``dg check defs`` makes where ``DAGSTER_HOME`` is not set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster._config import UserConfigSchema
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationPlanned
from dagster._core.definitions.partitions.context import partition_loading_context
from dagster._core.storage.asset_check_state import AssetCheckState
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData

from flow_compiler.assets.kept_connections import KeptSqliteConnections
from flow_compiler.assets.naming import FLOW_TAG

if TYPE_CHECKING:
    from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage

    _Base = SqlEventLogStorage
else:
    _Base = object


class WithDynamicPartitions(_Base):
    def get_asset_check_state(
        self, keys: Sequence[tuple[dg.AssetCheckKey, dg.PartitionsDefinition | None]]
    ) -> Mapping[dg.AssetCheckKey, AssetCheckState]:
        with partition_loading_context(dynamic_partitions_store=self._instance):
            return super().get_asset_check_state(keys)

    def store_asset_check_event(self, event: dg.EventLogEntry, event_id: int | None) -> None:
        """Dagster plans each check of a run, and shows what was not evaluated as failed once the run
        fails: a check that does not apply, and each check of what one item of a batch never reached. What was evaluated
        says all there is; Dagster stores it without a plan too."""
        planned = event.dagster_event and event.dagster_event.event_specific_data
        if isinstance(planned, AssetCheckEvaluationPlanned) and self._is_of_many(event.run_id, planned):
            return
        super().store_asset_check_event(event, event_id)

    def _is_of_many(self, run_id: str, planned: AssetCheckEvaluationPlanned) -> bool:
        """A run of partitions, or of a flow's items by list, of which Dagster knows nothing."""
        if planned.partitions_subset is not None:
            return True
        run = self._instance.get_run_by_id(run_id)
        return run is not None and FLOW_TAG in run.tags


class PartitionedSqliteEventLogStorage(WithDynamicPartitions, KeptSqliteConnections, SqliteEventLogStorage):
    """SqliteEventLogStorage that knows where dynamic partitions are, and keeps its connections."""

    def __init__(self, base_dir: str | None = None, inst_data: ConfigurableClassData | None = None) -> None:
        self._waiting = base_dir is None
        self._inst_data = inst_data
        if base_dir is not None:
            super().__init__(base_dir, inst_data)

    def register_instance(self, instance: dg.DagsterInstance) -> None:
        """Only the instance knows its folder; Dagster asks for nothing before this."""
        if self._waiting:
            self._waiting = False
            super().__init__(instance.root_directory, self._inst_data)
        super().register_instance(instance)

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        return {"base_dir": dg.Field(dg.StringSource, is_required=False)}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> PartitionedSqliteEventLogStorage:
        return cls(inst_data=inst_data, **config_value)
