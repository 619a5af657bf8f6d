"""The viewer's process: listens, draws pictures in worker processes, ends with the first signal."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from flow_compiler.http_api.serving import is_loopback
from stepflow_assets.settings import Settings
from stepflow_assets.viewer.app import create_app
from stepflow_assets.viewer.pictures import Pictures
from stepflow_assets.viewer.reading import Reader
from stepflow_assets.workers.limits import available_cpus
from stepflow_assets.workers.pool import WorkerPool

_REQUESTS = 64  # at once; more are refused
_DRAWERS = 2  # worker processes at most
_STOP_SECONDS = 2


async def serve(
    settings: Settings,
    host: str,
    listening: socket.socket,
    began: Callable[[], None],
    *,
    until_ends: int | None = None,
) -> None:
    """Until SIGINT or SIGTERM, or until the file descriptor ``until_ends`` does. ``began`` is called when requests are
    answered."""
    pool = WorkerPool(
        "viewer", workers=min(_DRAWERS, available_cpus()), recycle_after=200, deadline=settings.page_deadline
    )
    app = create_app(Reader(settings), Pictures(settings, pool), loopback=is_loopback(host))
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        lifespan="off",
        server_header=False,
        limit_concurrency=_REQUESTS,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
    try:
        await _Server(config, began, until_ends).serve([listening])
    finally:
        pool.close()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, began: Callable[[], None], until_ends: int | None) -> None:
        super().__init__(config)
        self._began, self._until_ends = began, until_ends

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._until_ends is not None:
            asyncio.get_running_loop().add_reader(self._until_ends, self._ended, self._until_ends)
        self._began()

    def _ended(self, descriptor: int) -> None:
        """Nothing is ever written to it: it is readable when the last process that holds its other end is gone."""
        asyncio.get_running_loop().remove_reader(descriptor)
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Instead of uvicorn's own way, which raises the signal again and ends in a traceback."""
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, self._stop)
        yield

    def _stop(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True
