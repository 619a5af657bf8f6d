"""The ``/py`` components of the recorded cases, and an engine over throw-away stores."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

import pytest

from flow_compiler.engine.components import ComponentContext, Resources, component
from flow_compiler.engine.engine import Engine, EngineSettings
from flow_compiler.engine.item_run import ItemResult
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.engine.settings import Backoff
from flow_compiler.engine.storage import memory_stores
from flow_compiler.engine.stores import Stores
from flow_compiler.errors import ComponentError, InvalidInput, ResourceUnavailable, UnknownComponent
from flow_compiler.language.canonical import canonical_json
from flow_compiler.language.reading import flow_from_json

QUICK = EngineSettings(backoff=Backoff(min_seconds=0.001, max_seconds=0.001))


@component("/py/echo")
async def echo(given: Any, context: ComponentContext) -> Any:
    given["echoed"] = True
    return given


@component("/py/ident")
async def ident(given: Any, context: ComponentContext) -> Any:
    return given


@component("/py/add")
def add(given: Any, context: ComponentContext) -> Any:
    return {"sum": sum(given["xs"])}


@component("/py/nothing")
async def nothing(given: Any, context: ComponentContext) -> None:
    return None


@component("/py/flaky")
async def flaky(given: Any, context: ComponentContext) -> Any:
    if context.attempt < given["succeed_on"]:
        raise RuntimeError(f"attempt {context.attempt} failed")
    return {"attempt": context.attempt}


_KINDS = {
    "runtime": RuntimeError,
    "value": ValueError,
    "exec": ComponentError,
    "res": ResourceUnavailable,
    "valid": InvalidInput,
    "comp": UnknownComponent,
}


@component("/py/boom")
async def boom(given: Any, context: ComponentContext) -> Any:
    raise _KINDS[given.get("kind", "runtime")](given.get("message", "boom"))


@component("/py/blob")
async def blob(given: Any, context: ComponentContext) -> Any:
    reference = await context.put_blob(canonical_json(given["data"]), "data")
    return {"blob_id": reference.id, "back": json.loads(await context.get_blob(reference.id))}


@component("/py/count_to")
async def count_to(given: Any, context: ComponentContext) -> Any:
    if given["n"] >= given["target"]:
        return {"result": {"reached": given["n"]}}
    return {"next": {"n": given["n"] + 1, "target": given["target"]}}


PY = ComponentRegistry.of(echo, ident, add, nothing, flaky, boom, blob, count_to)


class MakeEngine(Protocol):
    def __call__(
        self,
        *components: Any,
        stores: Stores | None = None,
        settings: EngineSettings = QUICK,
        resources: Resources | None = None,
    ) -> AbstractAsyncContextManager[Engine]: ...


@pytest.fixture
def make_engine() -> MakeEngine:
    @asynccontextmanager
    async def make(
        *components: Any,
        stores: Stores | None = None,
        settings: EngineSettings = QUICK,
        resources: Resources | None = None,
    ) -> AsyncIterator[Engine]:
        registry = PY | ComponentRegistry.of(*components)
        async with Engine(registry, stores or memory_stores(), resources or Resources(), settings) as engine:
            yield engine

    return make


class Flows(Protocol):
    async def __call__(self, flow: dict[str, Any], given: Any = None, *components: Any, **options: Any) -> ItemResult: ...


@pytest.fixture
def evaluate(make_engine: MakeEngine) -> Flows:
    """Runs a flow given as JSON once, over fresh stores unless others are given."""

    async def run(flow: dict[str, Any], given: Any = None, *components: Any, **options: Any) -> ItemResult:
        place = {name: options.pop(name) for name in ("stores", "settings", "resources") if name in options}
        steps = options.pop("steps", None)
        async with make_engine(*components, **place) as engine:
            item = engine.item(flow_from_json(flow), **{"run_id": "run", "key": "item", "input": given, **options})
            return await item.evaluate(steps)

    return run


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Coroutine functions are tests: each has an event loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    asyncio.run(pyfuncitem.obj(**arguments))
    return True
