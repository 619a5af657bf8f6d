"""Where runs are remembered: one store for everything, or one each for metadata, blobs and the journal."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from flow_compiler.configuration.strictness import Strict
from flow_compiler.configuration.substitution import Whole


class InMemoryStore(Strict):
    what: ClassVar[str] = "a store in memory"
    type: Literal["inMemory"]


class SqliteStore(Strict):
    what: ClassVar[str] = "a SQLite store"
    type: Literal["sqlite"]
    database_url: Annotated[str, Field(repr=False, description="Such as `sqlite:state.db`.")]
    max_connections: Whole | None = None
    auto_migrate: bool = True


class PostgresStore(Strict):
    what: ClassVar[str] = "a PostgreSQL store"
    type: Literal["postgres"]
    database_url: Annotated[str, Field(repr=False, description="Such as `postgresql://user:${PASSWORD}@host/name`.")]
    max_connections: Whole | None = None
    auto_migrate: bool = True


class FilesystemStore(Strict):
    what: ClassVar[str] = "a store of files"
    type: Literal["filesystem"]
    directory: Annotated[str | None, Field(description="Folder, or URL of an object store.")] = None


Database = Annotated[InMemoryStore | SqliteStore | PostgresStore, Field(discriminator="type")]
BlobStore = Annotated[InMemoryStore | SqliteStore | PostgresStore | FilesystemStore, Field(discriminator="type")]


class StorageConfig(Strict):
    """``{type: …}`` for everything, or ``{metadata, blobs?, journal?}``."""

    what: ClassVar[str] = "storageConfig"
    metadata: Database
    blobs: BlobStore | None = None
    journal: Database | None = None

    @model_validator(mode="before")
    @classmethod
    def _simple_form(cls, value: Any) -> Any:
        return {"metadata": value} if isinstance(value, dict) and "type" in value else value
