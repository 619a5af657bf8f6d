"""The engine of document flows with everything its components use, opened where a run is executed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from flow_compiler.assets.runtime import FlowRuntime, Progress, Silent
from flow_compiler.engine.components import Resources
from flow_compiler.engine.engine import Engine
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.errors import Category, ComponentError
from flow_compiler.flow_files import load_flow
from flow_compiler.language.canonical import digest
from flow_compiler.language.model import Flow
from stepflow_assets.assets.document_inputs import DocumentInputs
from stepflow_assets.documents import stored_chunks
from stepflow_assets.pages.profile import PictureLimit
from stepflow_assets.resources.source_registry import Sources
from stepflow_assets.settings import Settings

COMPONENT_MODULES = ("source", "pages", "docling", "ocr", "chunks", "embeddings", "index")


@cache
def document_components() -> ComponentRegistry:
    """Every component this package serves; engines add the built-ins."""
    found = ComponentRegistry([])
    for name in COMPONENT_MODULES:
        found = found | ComponentRegistry.of_module(import_module(f"stepflow_assets.components.{name}"))
    return found


@cache
def remembered_components() -> ComponentRegistry:
    """The same, to the memo; called, each fails."""

    async def absent(_: Any) -> Any:
        raise ComponentError(
            "what was made of it is not kept any more",
            code="memo.absent",
            category=Category.CAPACITY,
            next_step="Ingest the document again, with --refresh if it counts as unchanged.",
        )

    return ComponentRegistry(
        replace(component, call=absent, batch=None, lease=False, is_async=True, takes_context=False)
        for component in document_components()
    )


@cache
def document_flow(file: Path) -> Flow:
    """Raises FlowLoadError, FlowRejected."""
    return load_flow(file)


def flow_identity(settings: Settings) -> str:
    """What, besides its bytes, decides a document's chunks: flow, component versions, engines, variables."""
    flow = document_flow(settings.flow_file)
    versions = {component.path: component.version for component in document_components()}
    return digest([flow.digest, versions, engine_profiles(settings), settings.variables])


def engine_profiles(settings: Settings) -> dict[str, str]:
    """Component → what reads documents for it; nothing native is loaded to know that."""
    from stepflow_assets.components.docling import conversion_profile
    from stepflow_assets.ocr.registry import OcrProviders
    from stepflow_assets.pages.profile import prepare_profile

    providers = OcrProviders.from_settings(settings.ocr_provider, settings.ocr_providers).providers
    return {
        "/pages/prepare": prepare_profile(picture_limit(settings)),
        "/docling/convert": conversion_profile(),
        "/ocr/recognize": " > ".join(provider.profile for provider in providers),
    }


def picture_limit(settings: Settings) -> PictureLimit:
    return PictureLimit(settings.max_picture_bytes)


def open_sources(settings: Settings) -> Sources:
    from stepflow_assets.resources.local_source import LocalFilesSource, LocalFolderSource

    folders = [
        LocalFolderSource(
            name,
            source.path,
            include=source.include,
            exclude=source.exclude,
            max_bytes=settings.max_document_bytes,
        )
        for name, source in settings.sources.items()
    ]
    return Sources(folders, LocalFilesSource("files", max_bytes=settings.max_document_bytes))


@asynccontextmanager
async def open_runtime(settings: Settings, progress: Progress | None = None) -> AsyncIterator[FlowRuntime]:
    """What a run of document flows needs. Worker processes start when a component first needs them and end here."""
    from flow_compiler.engine.storage import open_stores
    from stepflow_assets.resources.sql_catalog import open_catalog

    async with open_stores(settings.database, settings.artifact_store) as stores:
        with _resources(settings) as resources, closing(open_catalog(settings.database)) as catalog:
            inputs = DocumentInputs(catalog, resources.get(Sources), settings.variables, flow_identity(settings))
            try:
                async with Engine(document_components(), stores, resources) as engine:
                    yield FlowRuntime(engine, stores, resources, inputs, progress or Silent())
            finally:
                stored_chunks.let_go()


@asynccontextmanager
async def open_replay(settings: Settings, *, computing: bool = True) -> AsyncIterator[Engine]:
    """An engine whose runs are remembered only in memory, over the real memo: for looking at results, not for work.
    Without ``computing`` a call that the memo does not answer fails with ``memo.absent``."""
    from flow_compiler.engine.storage import memory_stores, open_stores

    async with open_stores(settings.database, settings.artifact_store) as stores:
        passing = memory_stores()
        looking = replace(stores, journal=passing.journal, leases=passing.leases)
        with _resources(settings) as resources:
            components = document_components() if computing else remembered_components()
            async with Engine(components, looking, resources) as engine:
                yield engine


@contextmanager
def _resources(settings: Settings) -> Iterator[Resources]:
    from stepflow_assets.ocr.registry import OcrProviders
    from stepflow_assets.resources.embedded_index import EmbeddedIndex
    from stepflow_assets.resources.passwords import Passwords
    from stepflow_assets.resources.search import SearchIndex
    from stepflow_assets.workers.pools import WorkerPools

    pools = WorkerPools(
        settings.pdf_workers,
        settings.ocr_workers,
        settings.office_workers,
        page_deadline=settings.page_deadline,
        document_deadline=settings.document_deadline,
    )
    index = EmbeddedIndex(settings.index_file)
    try:
        yield Resources(
            {
                WorkerPools: pools,
                PictureLimit: picture_limit(settings),
                SearchIndex: index,
                Sources: open_sources(settings),
                Passwords: Passwords.from_file(settings.password_file),
                OcrProviders: OcrProviders.from_settings(settings.ocr_provider, settings.ocr_providers),
            }
        )
    finally:
        pools.close()
        index.close()
