"""Dagster's event log storages, able to show checks of dynamic partitions.

Dagster 1.13.27 asks dynamic partitions without saying where they are kept when it resolves ``partitionStatuses`` of a
check, so the UI's page of a partitioned check ends in an error. Name the class in ``dagster.yaml``; its config is that
of the storage it extends:

    event_log_storage:
      module: flow_compiler.assets.event_storage
      class: PartitionedSqliteEventLogStorage
      config: {base_dir: …}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster._core.definitions.partitions.context import partition_loading_context
from dagster._core.storage.asset_check_state import AssetCheckState
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData

from flow_compiler.assets.kept_connections import KeptSqliteConnections

if TYPE_CHECKING:
    from dagster._core.storage.event_log.base import EventLogStorage

    _Base = EventLogStorage
else:
    _Base = object


class WithDynamicPartitions(_Base):
    def get_asset_check_state(
        self, keys: Sequence[tuple[dg.AssetCheckKey, dg.PartitionsDefinition | None]]
    ) -> Mapping[dg.AssetCheckKey, AssetCheckState]:
        with partition_loading_context(dynamic_partitions_store=self._instance):
            return super().get_asset_check_state(keys)


class PartitionedSqliteEventLogStorage(WithDynamicPartitions, KeptSqliteConnections, SqliteEventLogStorage):
    """SqliteEventLogStorage that knows where dynamic partitions are, and keeps its connections."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> PartitionedSqliteEventLogStorage:
        return cls(inst_data=inst_data, **config_value)
