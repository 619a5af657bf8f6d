"""The server process: listens, answers, and stops without losing anything."""

from __future__ import annotations

import asyncio
import ipaddress
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager

import uvicorn

from flow_compiler.errors import Category, FlowCompilerError
from flow_compiler.http_api.app import create_app
from flow_compiler.http_api.guard import Access
from flow_compiler.http_api.service import Service

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0: any that is free. Raises FlowCompilerError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise FlowCompilerError(
            f"cannot listen on {host}, port {port}: {error.strerror or error}",
            code="server.cannot_listen",
            category=Category.CAPACITY,
            next_step="Stop what listens there, or give another --port (0: any that is free).",
        ) from error
    # Connections inherit it. Without it each answer in two parts waits 40 ms for its first part to be acknowledged.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


async def serve(
    opening: AbstractAsyncContextManager[Service],
    access: Access,
    listening: socket.socket,
    began: Callable[[], None],
) -> None:
    """Until SIGTERM or SIGINT: then nothing new is taken, requests under way end, claims are given back. ``began`` is
    called when requests are answered. A second signal does not wait for requests."""
    async with opening as service:
        config = uvicorn.Config(
            create_app(service, access),
            access_log=False,
            log_config=None,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=round(service.limits.stop_seconds) + 5,
        )
        await _Server(config, service, began).serve([listening])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, service: Service, began: Callable[[], None]) -> None:
        super().__init__(config)
        self._service = service
        self._began = began

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._began()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Instead of uvicorn's own way, which ends the process before claims are given back."""
        loop = asyncio.get_running_loop()
        for each in _SIGNALS:
            loop.add_signal_handler(each, self._stop)
        yield

    def _stop(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True
        self._service.at_work.stop()
