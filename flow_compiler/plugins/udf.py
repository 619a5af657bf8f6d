"""``/udf``: code kept in a blob, run in processes that do nothing else.

One code, one process: no code sees what another one left. A process works under limits (CPU time of a call, memory, size
of files), with an empty environment, in a folder of its own that goes with it. This bounds accidents. It is not a
sandbox: who may put code into a blob may do what this user may do, which is why a route needs a pool that allows it.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import BaseModel, TypeAdapter

from flow_compiler.engine.components import Component, ComponentContext, Effect
from flow_compiler.engine.failures import CallFailed
from flow_compiler.engine.outcomes import Json
from flow_compiler.errors import Category, ComponentError
from flow_compiler.plugins.declared_contracts import ANYTHING
from flow_compiler.plugins.python_program import interpreter, package_folder, python_environment, worker_command
from flow_compiler.plugins.supervised import Supervised
from flow_compiler.plugins.worker_components import context_message
from flow_compiler.plugins.worker_connection import Connection, worker_lost
from flow_compiler.plugins.worker_process import Program

UDF = "/udf"
_KEPT = 4  # processes that wait for the next call of their code
_AT_ONCE = 16  # codes at work


class UdfInput(BaseModel):
    blob_id: str
    input: dict[str, Any]


@dataclass(frozen=True)
class CodeLimits:
    """Of one process: seconds of CPU time for a call, bytes of address space."""

    cpu_seconds: int = 60
    memory: int = 2 << 30


@asynccontextmanager
async def open_udf(
    name: str, *, base: Path, python: str | None = None, limits: CodeLimits | None = None
) -> AsyncIterator[Component]:
    """The component ``/udf`` of the plugin ``name``. Its processes are started by calls."""
    with package_folder() as package:
        processes = _CodeProcesses(name, interpreter(python, base), package, limits or CodeLimits())
        try:
            yield _component(processes.call)
        finally:
            await processes.close()


def declared_udf() -> Component:
    """The component as it can be listed without opening anything; it is not called."""

    async def call(given: UdfInput, context: ComponentContext) -> Json:  # noqa: ARG001
        raise ComponentError(
            "the plugin is not open", code="plugin.not_open", next_step="Run the flow with `flow-compiler run`."
        )

    return _component(call)


def _component(call: Callable[[UdfInput, ComponentContext], Awaitable[Json]]) -> Component:
    return Component(
        path=UDF,
        call=call,
        input=TypeAdapter(UdfInput),
        output=ANYTHING,
        effect=Effect.WRITE,
        description="Runs the Python function in a blob: {code, input_schema} (docs/protocol.md).",
        shares_input=False,
    )


class _OneCode:
    """The process of one code."""

    def __init__(self, worker: Supervised[Connection], folder: TemporaryDirectory[str]) -> None:
        self.worker = worker
        self.users = 0
        self._folder = folder

    async def close(self) -> None:
        await self.worker.close()
        await asyncio.to_thread(self._folder.cleanup)


class _CodeProcesses:
    def __init__(self, name: str, python: str, package: Path, limits: CodeLimits) -> None:
        self._name = name
        self._python = python
        self._package = package
        self._limits = limits
        self._codes: OrderedDict[str, _OneCode] = OrderedDict()
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def call(self, given: UdfInput, context: ComponentContext) -> Json:
        message = {
            "type": "call",
            "component": UDF,
            "input": given.model_dump(),
            "context": context_message(context),
        }
        async with self._process(given.blob_id) as worker:
            connection = await worker.session()
            try:
                answer = await connection.call(message, [context])
            except CallFailed:  # what the code raised is an answer too
                worker.answered()
                raise
            worker.answered()
        return answer.get("result")

    @asynccontextmanager
    async def _process(self, blob_id: str) -> AsyncIterator[Supervised[Connection]]:
        async with self._places:
            code = self._codes.get(blob_id)
            if code is None:
                code = self._codes[blob_id] = self._new()
            self._codes.move_to_end(blob_id)
            code.users += 1
            try:
                yield code.worker
            except asyncio.CancelledError:
                # Code that is at work hears of nothing: its process is ended.
                if self._codes.get(blob_id) is code:
                    del self._codes[blob_id]
                await code.close()
                raise
            finally:
                code.users -= 1
            await self._end_idle()

    def _new(self) -> _OneCode:
        folder = TemporaryDirectory(prefix="stepflow-udf-")
        environment = {
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "HOME": folder.name,
            "TMPDIR": folder.name,
            **python_environment(self._package),
        }
        limits = ["--cpu-seconds", str(self._limits.cpu_seconds), "--memory", str(self._limits.memory)]
        program = Program(worker_command(self._python, "--code", *limits), environment, Path(folder.name))

        async def start() -> Connection:
            return await Connection.open(f"{self._name}.udf", program, lost=self._lost)

        return _OneCode(Supervised(f"{self._name}.udf", start), folder)

    def _lost(self, name: str, status: int | None) -> ComponentError:
        if status != -signal.SIGXCPU:
            return worker_lost(name, status)
        return ComponentError(
            f"the code used more than {self._limits.cpu_seconds} s of CPU time",
            code="udf.cpu_limit",
            category=Category.TIMEOUT,
            next_step="Let the code do less in one call.",
        )

    async def _end_idle(self) -> None:
        idle = [blob_id for blob_id, code in self._codes.items() if not code.users]
        for blob_id in idle[: max(0, len(self._codes) - _KEPT)]:
            await self._codes.pop(blob_id).close()

    async def close(self) -> None:
        codes, self._codes = list(self._codes.values()), OrderedDict()
        for code in codes:
            await code.close()
