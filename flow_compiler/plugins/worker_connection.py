"""The engine's end of the protocol with one process (docs/protocol.md): handshake, calls, requests, the end."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress

from flow_compiler.engine.components import ComponentContext
from flow_compiler.engine.failures import CallFailed, failure_of
from flow_compiler.errors import (
    ComponentError,
    FlowCompilerError,
    InvalidInput,
    LeaseLost,
    PluginFailed,
    RunCancelled,
    WorkerLost,
)
from flow_compiler.plugins.slots import Slot
from flow_compiler.plugins.worker_call import LONGEST_LOG, OpenCall, level_of
from flow_compiler.plugins.worker_handshake import AFTER_EXIT, ending, next_line, shake_hands
from flow_compiler.plugins.worker_process import Program, WorkerProcess
from flow_compiler.plugins.worker_requests import answer
from flow_compiler.worker.messages import (
    Message,
    NotAMessage,
    TooLong,
    decode,
    encode,
    failure_to_json,
)

START_TIMEOUT = 60.0
"""Seconds from the start to the handshake: a worker may load a model's code, not its weights."""
CALLS_AT_ONCE = 16
"""In flight when the worker does not say ``maxCalls``."""
_MOST_REQUESTS = 1000  # of one process, unanswered

Lost = Callable[[str, int | None], ComponentError]
"""Why calls fail whose process ended: from the plugin's name and the exit status."""


class Connection:
    """One process that has introduced itself. ``hello`` is what it said."""

    def __init__(self, process: WorkerProcess, lost: Lost) -> None:
        self.hello: Message = {}
        self._process = process
        self._lost = lost
        self._calls: dict[int, OpenCall] = {}
        self._numbers = itertools.count(1)
        self._places = asyncio.Semaphore(CALLS_AT_ONCE)
        self._broken: ComponentError | None = None
        self._reading: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, name: str, program: Program, *, lost: Lost, start_within: float = START_TIMEOUT) -> Connection:
        """Start the program and shake hands. Raises PluginFailed."""
        process = await WorkerProcess.start(name, program)
        connection = cls(process, lost)
        try:
            async with asyncio.timeout(start_within):
                connection.hello = await shake_hands(process)
        except BaseException as error:
            await process.kill()
            if isinstance(error, TimeoutError):
                raise PluginFailed(
                    f"plugin {name}: its program did not introduce itself within {start_within:g} s",
                    code="plugin.start_timeout",
                    next_step="See its log; a program writes its hello before anything that takes long.",
                ) from None
            raise
        connection._places = asyncio.Semaphore(_at_once(connection.hello))
        connection._reading = asyncio.create_task(connection._read())
        return connection

    @property
    def ended(self) -> bool:
        return self._reading is None or self._reading.done()

    @property
    def pid(self) -> int:
        return self._process.pid

    async def call(self, message: Message, contexts: Sequence[ComponentContext]) -> Message:
        """The answer to a ``call`` or ``batch`` message. Raises CallFailed with what the worker said, InvalidInput
        for an input that fits no line, WorkerLost when the process ends. A caller that is cancelled cancels the call."""
        async with Slot(self._places) as slot:
            number = next(self._numbers)
            call = self._calls[number] = OpenCall(contexts, slot)
            try:
                if self.ended:
                    raise self._end_of_calls()
                await self._send({**message, "id": number})
                return await call.answer
            except TooLong as error:
                raise InvalidInput(
                    f"the input of {message['component']} is too large for a message: {error}",
                    code="worker.too_large",
                    next_step="Put it into a blob and pass the blob's id.",
                ) from error
            except asyncio.CancelledError:
                self._write({"type": "cancel", "id": number})
                raise
            finally:
                del self._calls[number]
                for request in call.requests:
                    request.cancel()

    async def close(self) -> None:
        """Ask it to end, and end it."""
        self._write({"type": "shutdown"})
        await self._process.stop()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    async def _read(self) -> None:
        after_exit = asyncio.create_task(self._process.exited.wait())
        reading = asyncio.current_task()
        assert reading is not None
        loop = asyncio.get_running_loop()
        after_exit.add_done_callback(lambda _: loop.call_later(AFTER_EXIT, reading.cancel))
        try:
            while (line := await next_line(self._process)) is not None:
                self._take(decode(line))
        except NotAMessage as error:
            self._broken = ComponentError(
                f"plugin {self._process.name}: its process wrote {error} to standard output",
                code="worker.protocol",
                next_step="Standard output is for messages only (docs/protocol.md); let it log to standard error.",
            )
        finally:
            after_exit.cancel()
            if self._broken:
                self._process.end_now()
            with suppress(TimeoutError):  # its streams end a moment before it does
                await asyncio.wait_for(self._process.exited.wait(), AFTER_EXIT)
            for call in list(self._calls.values()):
                call.fail(self._end_of_calls())

    def _end_of_calls(self) -> ComponentError:
        return self._broken or self._lost(self._process.name, self._process.status)

    def _take(self, message: Message) -> None:
        """What is about a call that is over is left alone, but for the log."""
        kind = message["type"]
        number = message.get("call") if kind in _DURING_A_CALL else message.get("id")
        call = self._calls.get(number) if isinstance(number, int) else None
        if kind == "request":
            self._ask(message, call)
        elif call is not None:
            call.take(message)
        elif kind == "log":
            log = logging.getLogger(f"flow_compiler.plugins.{self._process.name}")
            log.log(level_of(message), "%s", str(message.get("message"))[:LONGEST_LOG])

    def _ask(self, message: Message, call: OpenCall | None) -> None:
        if call is None:
            self._refuse(message, ComponentError("the call is over", code="worker.call_over"))
        elif sum(len(other.requests) for other in self._calls.values()) >= _MOST_REQUESTS:
            self._refuse(message, ComponentError("too many requests at once", code="worker.too_many_requests"))
        else:
            call.spawn(self._serve(message, call))

    async def _serve(self, message: Message, call: OpenCall) -> None:
        method, context = message.get("method"), call.context(message)
        try:
            if method == "run_flow":
                async with call.slot.aside():
                    result = await answer(method, message.get("params"), context)
            else:
                result = await answer(method, message.get("params"), context)
            await self._send({"type": "reply", "id": message.get("id"), "result": result})
        except (LeaseLost, RunCancelled) as error:  # they end the whole run, not this request
            call.fail(error)
        except TooLong as error:
            self._refuse(message, InvalidInput(str(error), code="worker.too_large", next_step="Get it as file."))
        except (FlowCompilerError, CallFailed) as error:
            self._refuse(message, error)

    def _refuse(self, message: Message, error: Exception) -> None:
        self._write({"type": "reply", "id": message.get("id"), "error": failure_to_json(failure_of(error))})

    async def _send(self, message: Message) -> None:
        self._process.stdin.write(encode(message))
        with suppress(ConnectionError):  # the end is told where the answers are read
            await self._process.stdin.drain()

    def _write(self, message: Message) -> None:
        """Small messages that nobody waits for."""
        with suppress(OSError, RuntimeError):
            self._process.stdin.write(encode(message))


_DURING_A_CALL = frozenset({"report", "degraded", "log", "progress", "request"})


def _at_once(hello: Message) -> int:
    most = hello.get("maxCalls")
    return most if isinstance(most, int) and most > 0 else CALLS_AT_ONCE


def worker_lost(name: str, status: int | None) -> ComponentError:
    return WorkerLost(f"plugin {name}: its process ended ({ending(status)})")
