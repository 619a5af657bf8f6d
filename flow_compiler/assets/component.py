"""A Stepflow flow as a Dagster component: ``type: flow_compiler.assets.StepflowComponent`` in a ``defs.yaml``."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import dagster as dg
from pydantic import Field

from flow_compiler.assets.blueprint import name_of
from flow_compiler.assets.closing import orphaned_runs_sensor
from flow_compiler.assets.code_versions import Setting
from flow_compiler.assets.compile import compile_flow
from flow_compiler.assets.input_table import open_input_table
from flow_compiler.assets.options import ITEMS_AT_ONCE, PARTITIONS_PER_RUN, CompileOptions
from flow_compiler.assets.pools import PoolSettings, routes_of
from flow_compiler.assets.runtime import FlowRuntime, OpenRuntime
from flow_compiler.configuration.reading import read_configuration
from flow_compiler.engine.components import Resources
from flow_compiler.engine.configured import engine_settings
from flow_compiler.engine.engine import Engine
from flow_compiler.engine.registry import ComponentRegistry, Components
from flow_compiler.engine.settings import EngineSettings
from flow_compiler.engine.storage import open_stores
from flow_compiler.errors import FlowError
from flow_compiler.flow_files import load_flow
from flow_compiler.plugins.opening import known_components, open_plugins
from flow_compiler.plugins.routing import RoutedComponents


class PoolAttributes(dg.Model, dg.Resolvable):
    """Where the steps of one pool run."""

    kubernetes: Annotated[
        dict[str, Any], Field(description="Value of the op tag dagster-k8s/config: the pod of each op of the pool.")
    ] = {}
    limit: Annotated[str | None, Field(description="Dagster pool that limits these ops across runs.")] = None
    tags: Annotated[dict[str, str], Field(description="More tags for the ops of the pool.")] = {}


class StepflowComponent(dg.Component, dg.Model, dg.Resolvable):
    """Compiles a Stepflow flow into partitioned assets.

    Without ``runtime``, partitions get their inputs from a table that ``flow-compiler submit`` fills, and the flow may
    call the built-ins and the given ``components``. ``items_at_once`` and ``partitions_per_run`` are at least 1. A
    sensor, ``<flow>_orphaned_runs``, closes runs whose process died.
    """

    flow: Annotated[
        str, Field(description="The flow's file, from the folder of this defs.yaml.", examples=["flow.yaml"])
    ]
    name: Annotated[str | None, Field(description="Dagster name of the flow (default: the flow's own).")] = None
    components: Annotated[
        list[str],
        Field(
            description="What the flow calls: modules with decorated functions, or module:NAME of a ComponentRegistry.",
            examples=[["my_package.components"]],
        ),
    ] = []
    config: Annotated[
        str | None,
        Field(
            description="A stepflow-config.yml, from the folder of this defs.yaml: its routes lead to what the flow calls, "
            "and its pools count where the attributes below say nothing.",
            examples=["stepflow-config.yml"],
        ),
    ] = None
    runtime: Annotated[
        str | None,
        Field(
            description="module:NAME of a function without arguments that opens a FlowRuntime (an async context manager).",
            examples=["my_package.runtime:open_runtime"],
        ),
    ] = None
    variables: Annotated[dict[str, Any], Field(description="Flow variables; those submitted with an input win.")] = {}
    pools: Annotated[dict[str, PoolAttributes], Field(description="Pools that are places of their own, by name.")] = {}
    routes: Annotated[dict[str, str], Field(description="Component prefix to pool.", examples=[{"/ocr": "gpu"}])] = {}
    database_url: Annotated[
        str | None, Field(description="Journal, memo and inputs (default: SQLite in STEPFLOW_HOME).")
    ] = None
    artifacts: Annotated[
        str | None, Field(description="Folder or URL of the artifact store (default: in STEPFLOW_HOME).")
    ] = None
    items_at_once: Annotated[int, Field(description="Partitions of a run worked on at the same time.")] = ITEMS_AT_ONCE
    partitions_per_run: Annotated[int, Field(description="Partitions in one run of a backfill.")] = PARTITIONS_PER_RUN
    log_passed_checks: Annotated[bool, Field(description="Record passed check evaluations too.")] = True
    partitioned_checks: Annotated[
        bool, Field(description="Status of checks per partition (needs flow_compiler.assets.event_storage).")
    ] = False

    @classmethod
    def get_spec(cls) -> dg.ComponentTypeSpec:
        return dg.ComponentTypeSpec(
            description="A Stepflow flow (YAML or JSON) as partitioned Dagster assets.", tags=["stepflow"]
        )

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """Raises FlowLoadError, FlowRejected, ConfigurationError."""
        flow = load_flow(Path(context.path) / self.flow)
        registry = _registry(self.components)
        config = Path(context.path) / self.config if self.config else None
        known = _known(config, registry)
        locks = _home() / "runs"
        options = CompileOptions(
            runtime=_named(self.runtime) if self.runtime else self._runtime(registry, config, name_of(flow, self.name)),
            registry=known,
            name=self.name,
            pools={**_configured_pools(known), **{name: _pool(pool) for name, pool in self.pools.items()}},
            routes=routes_of(flow, known.pool_of, self.routes) if isinstance(known, RoutedComponents) else self.routes,
            setting=Setting(self.variables),
            documents_at_once=max(1, self.items_at_once),
            partitions_per_run=max(1, self.partitions_per_run),
            log_passed_checks=self.log_passed_checks,
            partitioned_checks=self.partitioned_checks,
            run_locks=locks,
        )
        compiled = compile_flow(flow, options)
        # Inputs of a table are in nobody's hand; a runtime of one's own learns from its inputs what its runs took.
        sensor = orphaned_runs_sensor(
            [compiled], locks, lambda run_id, failure: (), tuple, name=f"{compiled.name}_orphaned_runs"
        )
        return dg.Definitions.merge(compiled.definitions, dg.Definitions(sensors=[sensor]))

    def _runtime(self, registry: ComponentRegistry, config: Path | None, flow_name: str) -> OpenRuntime:
        database = self.database_url or f"sqlite:///{_home() / 'stepflow.db'}"
        artifacts = self.artifacts or str(_home() / "artifacts")
        return lambda: _table_runtime(registry, config, database, artifacts, flow_name, self.variables)


@asynccontextmanager
async def _table_runtime(
    registry: ComponentRegistry,
    config: Path | None,
    database: str,
    artifacts: str,
    flow_name: str,
    variables: Mapping[str, Any],
) -> AsyncIterator[FlowRuntime]:
    resources = Resources()
    async with open_stores(database, artifacts) as stores:
        table = open_input_table(database, flow_name, variables)
        try:
            async with (
                _components(registry, config) as (components, settings),
                Engine(components, stores, resources, settings) as engine,
            ):
                yield FlowRuntime(engine, stores, resources, table)
        finally:
            table.close()


@asynccontextmanager
async def _components(
    registry: ComponentRegistry, config: Path | None
) -> AsyncIterator[tuple[Components, EngineSettings | None]]:
    """What the flow may call, open until the block ends. The configuration is read anew, with the environment of the
    process that runs the op."""
    if config is None:
        yield registry, None
        return
    file = read_configuration(config)
    async with open_plugins(file, registry) as components:
        yield components, engine_settings(file)


def _known(config: Path | None, registry: ComponentRegistry) -> Components:
    """Without starting anything. Variables of the environment belong to the runs, and may be missing here."""
    return registry if config is None else known_components(read_configuration(config, None), registry)


def _configured_pools(known: Components) -> dict[str, PoolSettings]:
    if not isinstance(known, RoutedComponents):
        return {}
    return {
        name: PoolSettings(kubernetes=pool.kubernetes, limit=pool.limit, tags=pool.tags)
        for name, pool in known.configuration.pools.items()
        if pool.is_place
    }


def _pool(attributes: PoolAttributes) -> PoolSettings:
    return PoolSettings(kubernetes=attributes.kubernetes, limit=attributes.limit, tags=attributes.tags)


def _home() -> Path:
    return Path(os.environ.get("STEPFLOW_HOME", ".stepflow")).absolute()


def _named(place: str) -> Callable[[], AbstractAsyncContextManager[FlowRuntime]]:
    """Imported where it is used, so that a code location starts without it."""
    return lambda: _load(place)()


def _registry(places: list[str]) -> ComponentRegistry:
    registry = ComponentRegistry([])
    for place in places:
        found = _load(place)
        registry = registry | (found if isinstance(found, ComponentRegistry) else ComponentRegistry.of_module(found))
    return registry


def _load(place: str) -> Any:
    """``module`` or ``module:NAME``. Raises FlowError."""
    module, _, name = place.partition(":")
    try:
        found = import_module(module)
        return getattr(found, name) if name else found
    except (ImportError, AttributeError) as error:
        raise FlowError(
            f"{place} cannot be imported: {error}",
            code="flow.import",
            next_step="Correct the name in defs.yaml, or install the package that has it.",
        ) from error
