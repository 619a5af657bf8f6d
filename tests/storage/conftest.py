"""Stores of every kind, each empty; coroutine functions as tests."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from flow_compiler.engine.storage import memory_stores, open_stores
from flow_compiler.engine.stores import Stores

OpenStores = Callable[[], AbstractAsyncContextManager[Stores]]

SQL = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=["memory", *SQL])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> OpenStores:
    """Opens the same stores at every call. In memory they last as long as the test."""
    if request.param != "memory":
        url = _database(request, tmp_path)
        return lambda: open_stores(url, tmp_path / "artifacts")
    stores = memory_stores()

    @asynccontextmanager
    async def open_memory() -> AsyncIterator[Stores]:
        yield stores

    return open_memory


@pytest.fixture(params=SQL)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return _database(request, tmp_path)


def _database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'stores.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Coroutine functions are tests: each has an event loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    asyncio.run(pyfuncitem.obj(**arguments))
    return True
