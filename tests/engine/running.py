"""What the fixtures of this folder give: engines over throw-away stores, and flows run in them."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from flow_compiler.engine.components import Resources
from flow_compiler.engine.engine import Engine, EngineSettings, ItemResult
from flow_compiler.engine.settings import Backoff
from flow_compiler.engine.stores import Stores

QUICK = EngineSettings(backoff=Backoff(min_seconds=0.001, max_seconds=0.001))


class MakeEngine(Protocol):
    def __call__(
        self,
        *components: Any,
        stores: Stores | None = None,
        settings: EngineSettings = QUICK,
        resources: Resources | None = None,
    ) -> AbstractAsyncContextManager[Engine]: ...


class Flows(Protocol):
    async def __call__(
        self, flow: dict[str, Any], given: Any = None, *components: Any, **options: Any
    ) -> ItemResult: ...


def step(step_id: str, given: Any = None, component: str = "/builtin/noop", **more: Any) -> dict[str, Any]:
    return {"id": step_id, "component": component, "input": given, **more}


def mapping(component: str, **more: Any) -> dict[str, Any]:
    """A flow that maps a component over its input, a list, and gives the whole result of the map."""
    inner = {"steps": [step("each", {"$input": "$"}, component)], "output": {"$step": "each"}}
    given = {"items": {"$input": "$"}, "workflow": {"$literal": inner}, **more}
    return {"steps": [step("m", given, "/builtin/map")], "output": {"$step": "m"}}
