"""Engines over throw-away stores, and coroutine functions as tests."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from flow_compiler.engine.components import Resources
from flow_compiler.engine.engine import Engine, EngineSettings, ItemResult
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.engine.storage import memory_stores
from flow_compiler.engine.stores import Stores
from flow_compiler.language.reading import flow_from_json

from .py_components import PY
from .running import QUICK, Flows, MakeEngine


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
