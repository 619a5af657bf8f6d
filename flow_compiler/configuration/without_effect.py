"""Settings of the reference that are read and change nothing here: each is told once, with what holds instead."""

from __future__ import annotations

from collections.abc import Iterator

from flow_compiler.configuration.model import Configuration
from flow_compiler.configuration.storage import FilesystemStore, InMemoryStore, PostgresStore, SqliteStore
from flow_compiler.language.diagnostics.diagnostic import Diagnostic, finding
from flow_compiler.language.diagnostics.kinds import Kind
from flow_compiler.language.source import Part, Where


def without_effect(configuration: Configuration, top: Where) -> Iterator[Diagnostic]:
    """Warnings, in the order of the file's keys."""
    if configuration.blob_api is not None:
        yield _told(top, ("blobApi",), "values over 64 KiB are artifacts anyway, and no server is asked for them")
    if configuration.lease_manager is not None and configuration.lease_manager.type != "noOp":
        yield _told(top, ("leaseManager",), "leases are kept in the database of the journal")
    if configuration.recovery is not None:
        for key in sorted(configuration.recovery.model_fields_set - {"lease_ttl_secs"}):
            alias = type(configuration.recovery).model_fields[key].alias or key
            yield _told(top, ("recovery", alias), "a run goes on when it is given again")
    yield from _of_stores(configuration, top)


def _of_stores(configuration: Configuration, top: Where) -> Iterator[Diagnostic]:
    config = configuration.storage_config
    if config is None:
        return
    for role, store in (("metadata", config.metadata), ("blobs", config.blobs), ("journal", config.journal)):
        if isinstance(store, SqliteStore | PostgresStore):
            if store.max_connections is not None:
                yield _told(top, ("storageConfig", role, "maxConnections"), "connections are opened as they are needed")
            if not store.auto_migrate:
                yield _told(
                    top, ("storageConfig", role, "autoMigrate"), "a database is brought up to date when it is opened"
                )
    if config.journal is not None and config.journal != config.metadata:
        yield _told(top, ("storageConfig", "metadata"), "everything about runs is kept in the store of the journal")
    journal = config.journal or config.metadata
    if isinstance(journal, InMemoryStore) and isinstance(config.blobs, FilesystemStore | SqliteStore | PostgresStore):
        yield _told(top, ("storageConfig", "blobs"), "with a journal in memory, artifacts are kept in memory too")
    elif isinstance(config.blobs, SqliteStore | PostgresStore):
        yield _told(
            top, ("storageConfig", "blobs"), "artifacts are files: they are kept in a folder beside the database",
            "Write `blobs: {type: filesystem, directory: FOLDER}` to choose the folder.",
        )  # fmt: skip


def _told(top: Where, pointer: tuple[Part, ...], why: str, instead: str = "Remove it.") -> Diagnostic:
    where = Where(top.source, pointer)
    return finding(
        Kind.SETTING_WITHOUT_EFFECT, f"`{pointer[-1]}` is read and has no effect: {why}", where, instead=instead
    )
