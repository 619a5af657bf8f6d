"""What a configuration means to an engine: its settings, and the stores it keeps runs in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from flow_compiler.configuration.model import ConstantBackoff, ExponentialBackoff, Retry
from flow_compiler.configuration.reading import ConfigurationFile
from flow_compiler.configuration.storage import FilesystemStore, InMemoryStore, PostgresStore, SqliteStore
from flow_compiler.engine.settings import Backoff, EngineSettings
from flow_compiler.engine.storage import memory_stores, open_stores
from flow_compiler.engine.stores import Stores
from flow_compiler.errors import ConfigurationError


def engine_settings(file: ConfigurationFile) -> EngineSettings:
    """Retries, leases, the working directory, and whether schemas are enforced; all else as it is without a configuration."""
    configuration = file.configuration
    settings = EngineSettings(
        backoff=_backoff(configuration.retry),
        transport_retries=configuration.retry.transport_max_retries,
        working_directory=file.base,
        enforce_schemas=configuration.validate_schemas,
    )
    if configuration.recovery is None:
        return settings
    return replace(settings, lease_ttl=configuration.recovery.lease_ttl_secs)


def is_durable(file: ConfigurationFile) -> bool:
    """Whether runs are kept when they end."""
    config = file.configuration.storage_config
    return config is not None and not isinstance(config.journal or config.metadata, InMemoryStore)


@asynccontextmanager
async def open_configured_stores(file: ConfigurationFile) -> AsyncIterator[Stores]:
    """The stores of ``storageConfig``, open until the block ends. Raises ConfigurationError, StoreUnavailable."""
    if not is_durable(file):
        yield memory_stores()
        return
    url, artifacts = places_of(file)
    async with open_stores(url, artifacts) as stores:
        yield stores


def places_of(file: ConfigurationFile) -> tuple[str, str]:
    """The database's URL, and the folder or URL of artifacts: beside the database unless the configuration says. Only of
    a durable one. Raises ConfigurationError."""
    config = file.configuration.storage_config
    store = config and (config.journal or config.metadata)
    assert config is not None
    if isinstance(store, SqliteStore):
        database = file.base / _sqlite_path(store.database_url)
        url, beside = f"sqlite:///{database}", database.with_name(f"{database.stem}-artifacts")
    else:
        assert isinstance(store, PostgresStore)
        url, beside = store.database_url, file.base / "stepflow-artifacts"
    directory = config.blobs.directory if isinstance(config.blobs, FilesystemStore) else None
    if directory is None:
        return url, str(beside)
    return url, directory if "://" in directory else str(file.base / directory)


def _sqlite_path(url: str) -> Path:
    """Of ``sqlite:state.db``, ``sqlite://state.db?mode=rwc`` and ``sqlite:////var/state.db``."""
    path = url.partition("?")[0].removeprefix("sqlite:")
    if path.startswith("///"):
        path = path[3:]
    elif path.startswith("//"):
        path = path[2:]
    if not url.startswith("sqlite:") or not path or ":memory:" in path:
        raise ConfigurationError(
            "storageConfig.databaseUrl names no SQLite file",
            next_step="Write `databaseUrl: sqlite:FILE`, or `type: inMemory` where nothing is to be kept.",
        )
    return Path(path)


def _backoff(retry: Retry) -> Backoff:
    match retry.backoff:
        case ConstantBackoff(delay_ms=delay):
            return Backoff("constant", delay / 1000)
        case ExponentialBackoff() as found:
            return Backoff("exponential", found.min_delay_ms / 1000, found.max_delay_ms / 1000, found.factor)
        case found:
            return Backoff("fibonacci", found.min_delay_ms / 1000, found.max_delay_ms / 1000)
