"""The API in this process, and coroutine functions as tests."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import served_steps
from api_in_process import Api, OpenApi

from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.http_api.app import create_app
from flow_compiler.http_api.guard import Access
from flow_compiler.http_api.limits import Limits
from flow_compiler.http_api.served_components import EVERYTHING_BUT_FILES, Reach
from flow_compiler.http_api.service import Place, open_service


@asynccontextmanager
async def _components() -> AsyncIterator[ComponentRegistry]:
    yield ComponentRegistry.of_module(served_steps)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'server.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def opened(database_url: str, tmp_path: Path) -> OpenApi:
    """Opens the same server at every call, or another one beside it; what it keeps outlives it."""

    @asynccontextmanager
    async def open_api(
        limits: Limits | None = None, access: Access | None = None, reach: Reach = EVERYTHING_BUT_FILES
    ) -> AsyncIterator[Api]:
        limits = limits or Limits(lease_seconds=1, stop_seconds=0)
        access = access or Access(None, loopback=True, body_bytes=limits.body_bytes)
        place = Place(database_url, tmp_path / "artifacts")
        async with open_service(place, _components(), limits, reach=reach) as service:
            transport = httpx.ASGITransport(create_app(service, access))
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7840/api/v1") as http:
                yield Api(http, service)

    return open_api


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Coroutine functions are tests: each has an event loop of its own, and two minutes."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    asyncio.run(asyncio.wait_for(pyfuncitem.obj(**arguments), 120))
    return True
