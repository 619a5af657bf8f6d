"""The same as :mod:`event_storage` for PostgreSQL; needs ``dagster-postgres``. Its config is that of the storage it extends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagster._serdes import ConfigurableClassData
from dagster_postgres.event_log.event_log import PostgresEventLogStorage
from dagster_postgres.utils import pg_url_from_config

from flow_compiler.assets.event_storage import WithDynamicPartitions


class PartitionedPostgresEventLogStorage(WithDynamicPartitions, PostgresEventLogStorage):
    """PostgresEventLogStorage that knows where dynamic partitions are."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> PartitionedPostgresEventLogStorage:
        return cls(
            inst_data=inst_data,
            postgres_url=pg_url_from_config(config_value),
            should_autocreate_tables=config_value.get("should_autocreate_tables", True),
        )
