"""Coroutine functions as tests, and engines over what a plugin serves."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from served import Ask, Serve

from flow_compiler.engine.engine import Engine, EngineSettings
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.engine.settings import Backoff
from flow_compiler.engine.storage import memory_stores
from flow_compiler.engine.stores import Stores


@pytest.fixture
def serve() -> Serve:
    """An engine over the registry, as something to ask one component or a whole flow."""

    @asynccontextmanager
    async def engine_over(
        registry: ComponentRegistry, stores: Stores | None = None, transport_retries: int = 3
    ) -> AsyncIterator[Ask]:
        settings = EngineSettings(
            backoff=Backoff(min_seconds=0.001, max_seconds=0.001), transport_retries=transport_retries
        )
        async with Engine(registry, stores or memory_stores(), settings=settings) as engine:
            yield Ask(engine)

    return engine_over


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Coroutine functions are tests: each has an event loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    asyncio.run(pyfuncitem.obj(**arguments))
    return True
