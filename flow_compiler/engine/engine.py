"""The lazy asynchronous interpreter. Command line, HTTP API, tests and Dagster ops all call this one.

>>> async with Engine(components, stores, resources) as engine:
...     item = engine.item(flow, run_id="r1", key="files:a.pdf", input={"x": 1})
...     result = await item.evaluate()
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType

from flow_compiler.engine.builtins import BUILTINS
from flow_compiler.engine.components import Resources
from flow_compiler.engine.http_client import HttpClient
from flow_compiler.engine.item_run import ItemResult, ItemRun
from flow_compiler.engine.leasing import new_owner
from flow_compiler.engine.outcomes import Json
from flow_compiler.engine.registry import ComponentRegistry, Components
from flow_compiler.engine.settings import EngineSettings
from flow_compiler.engine.step_hooks import StepHooks
from flow_compiler.engine.step_runs import Machinery
from flow_compiler.engine.stores import Stores
from flow_compiler.language.model import Flow

__all__ = ["Engine", "EngineSettings", "ItemResult", "ItemRun", "StepHooks"]


class Engine:
    """Everything runs of flows share in this process: components, stores, threads, batches. Lives in one event loop."""

    def __init__(
        self,
        components: Components,
        stores: Stores,
        resources: Resources | None = None,
        settings: EngineSettings | None = None,
    ) -> None:
        """To a registry the built-in components are added; routes say themselves where these are."""
        settings = settings or EngineSettings()
        if isinstance(components, ComponentRegistry):
            components = ComponentRegistry([*(part for part in BUILTINS if part.path not in components), *components])
        self._http = HttpClient()
        resources = (resources or Resources()).plus(settings).plus(self._http)
        self._machinery = Machinery(components, stores, resources, settings, new_owner())

    async def __aenter__(self) -> Engine:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._machinery.caller.close()
        await self._machinery.remembering.close()
        await self._http.close()

    def item(
        self,
        flow: Flow,
        *,
        run_id: str,
        key: str,
        input: Json,
        variables: Mapping[str, Json] | None = None,
        hooks: StepHooks | None = None,
        refresh: bool = False,
        waiting: Callable[[float], None] | None = None,
    ) -> ItemRun:
        """One root item of the run: ``key`` tells it from the run's others. ``refresh`` ignores what is remembered
        from other runs, and replaces it. ``waiting`` is told when another runner has the item, with the seconds after
        which this one takes over should that one be gone."""
        return ItemRun(
            self._machinery,
            flow,
            run_id=run_id,
            key=key,
            given=input,
            variables=variables or {},
            hooks=hooks,
            refresh=refresh,
            waiting=waiting,
        )
