"""A program that serves components over the protocol, as a plugin: its components call it, a dead one is started anew."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from flow_compiler.engine.components import Component
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.errors import PluginFailed
from flow_compiler.plugins.supervised import Supervised
from flow_compiler.plugins.worker_components import Served, components_served
from flow_compiler.plugins.worker_connection import START_TIMEOUT, Connection, worker_lost
from flow_compiler.plugins.worker_process import Program


@asynccontextmanager
async def open_worker(
    name: str, program: Program, *, checked_by_worker: bool = False, start_within: float = START_TIMEOUT
) -> AsyncIterator[ComponentRegistry]:
    """The components that the program says it serves. Raises PluginFailed.

    ``checked_by_worker``: the worker holds inputs and outputs to its contracts itself.
    """
    served: Served = {}

    async def start() -> Connection:
        connection = await Connection.open(name, program, lost=worker_lost, start_within=start_within)
        if served and _identity(connection) != identity:
            await connection.close()
            raise PluginFailed(
                f"plugin {name}: its program serves other components, or versions, than when it was started first",
                code="plugin.changed",
                next_step="Run again: what is remembered is kept under the versions that were told first.",
            )
        return connection

    worker = Supervised(name, start)
    try:
        first = await worker.open()
        identity = _identity(first)
        served.update(components_served(name, first.hello, worker, checked_by_worker=checked_by_worker))
        components: list[Component] = list(served.values())
        yield ComponentRegistry(components)
    finally:
        await worker.close()


def _identity(connection: Connection) -> set[tuple[str, str]]:
    """What memo keys and routes rest on."""
    told = connection.hello.get("components")
    parts = [part for part in told if isinstance(part, dict)] if isinstance(told, list) else []
    return {(str(part.get("path")), str(part.get("version", "1"))) for part in parts}
