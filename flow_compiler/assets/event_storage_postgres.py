"""The same as :mod:`event_storage` for PostgreSQL; needs ``dagster-postgres``. Its config is that of the storage it extends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagster._serdes import ConfigurableClassData
from dagster_postgres.event_log.event_log import PostgresEventLogStorage
from dagster_postgres.utils import create_pg_engine, pg_url_from_config

from flow_compiler.assets.event_storage import WithDynamicPartitions

_MORE_CONNECTIONS = 20  # opened and closed again when several threads ask at once
_SECONDS_KEPT = 3600


class PartitionedPostgresEventLogStorage(WithDynamicPartitions, PostgresEventLogStorage):
    """PostgresEventLogStorage that knows where dynamic partitions are. It keeps one connection open: Dagster opens one for
    each statement, which is most of what an event costs."""

    def __init__(self, postgres_url: str, **options: Any) -> None:
        super().__init__(postgres_url, **options)
        self._engine = create_pg_engine(
            postgres_url,
            isolation_level="AUTOCOMMIT",
            pool_size=1,
            max_overflow=_MORE_CONNECTIONS,
            pool_pre_ping=True,
            pool_recycle=_SECONDS_KEPT,
        )

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> PartitionedPostgresEventLogStorage:
        return cls(
            inst_data=inst_data,
            postgres_url=pg_url_from_config(config_value),
            should_autocreate_tables=config_value.get("should_autocreate_tables", True),
        )
