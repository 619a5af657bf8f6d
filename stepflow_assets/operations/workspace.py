"""One home folder and its stores, each opened when first used."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING

from flow_compiler.engine.stores import Stores
from flow_compiler.errors import StoreUnavailable
from stepflow_assets.resources.source_registry import Sources
from stepflow_assets.settings import Settings

if TYPE_CHECKING:
    from stepflow_assets.resources.embedded_index import EmbeddedIndex
    from stepflow_assets.resources.sql_catalog import SqlCatalog


class Workspace(AbstractContextManager["Workspace"]):
    """Makes and opens nothing until asked; closes what was opened. What opens a store raises StoreUnavailable when the
    home cannot be written."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def is_new(self) -> bool:
        """Nothing is known here yet, and looking would make the home."""
        return self.settings.database_url is None and not self.settings.home_folder.exists()

    @cached_property
    def catalog(self) -> SqlCatalog:
        from stepflow_assets.resources.sql_catalog import open_catalog

        self._make_home()
        return open_catalog(self.settings.database)

    @cached_property
    def index(self) -> EmbeddedIndex:
        from stepflow_assets.resources.embedded_index import EmbeddedIndex

        self._make_home()
        return EmbeddedIndex(self.settings.index_file)

    @cached_property
    def sources(self) -> Sources:
        from stepflow_assets.assets.runtime import open_sources

        return open_sources(self.settings)

    @asynccontextmanager
    async def stores(self) -> AsyncIterator[Stores]:
        """Journal, memo, leases and artifacts."""
        from flow_compiler.engine.storage import open_stores

        self._make_home()
        async with open_stores(self.settings.database, self.settings.artifact_store) as stores:
            yield stores

    def _make_home(self) -> None:
        try:
            self.settings.home_folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnavailable(
                f"the home folder {self.settings.home} cannot be made: {error.strerror}",
                next_step="Choose another folder with --home or STEPFLOW_HOME.",
            ) from None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in ("catalog", "index"):
            if name in self.__dict__:
                self.__dict__.pop(name).close()
