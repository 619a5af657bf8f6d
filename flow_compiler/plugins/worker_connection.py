"""The engine's end of the protocol with one process (docs/protocol.md): handshake, calls, requests, the end."""

from __future__ import annotations

import asyncio
import itertools
import logging
import signal
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

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
from flow_compiler.plugins.worker_process import Program, WorkerProcess
from flow_compiler.plugins.worker_requests import answer
from flow_compiler.worker.messages import (
    MAX_LINE,
    PROTOCOL,
    Message,
    NotAMessage,
    TooLong,
    decode,
    encode,
    failure_from_json,
    failure_to_json,
)

START_TIMEOUT = 60.0
"""Seconds from the start to the handshake: a worker may load a model's code, not its weights."""
CALLS_AT_ONCE = 16
"""In flight when the worker does not say ``maxCalls``."""
_MOST_REQUESTS = 1000  # of one process, unanswered
_AFTER_EXIT = 1.0  # seconds to read what it had written

Lost = Callable[[str, int | None], ComponentError]
"""Why calls fail whose process ended: from the plugin's name and the exit status."""


class _Call:
    def __init__(self, contexts: Sequence[ComponentContext], slot: Slot) -> None:
        self.contexts = contexts
        self.slot = slot
        self.answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self.requests: set[asyncio.Task[None]] = set()

    def fail(self, error: BaseException) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)

    def context(self, message: Message) -> ComponentContext:
        """Of the item that the message is about; of a single call there is one."""
        item = message.get("item", 0)
        known = isinstance(item, int) and 0 <= item < len(self.contexts)
        return self.contexts[item if known else 0]


class Connection:
    """One process that has introduced itself. ``hello`` is what it said."""

    def __init__(self, process: WorkerProcess, lost: Lost) -> None:
        self.hello: Message = {}
        self._process = process
        self._lost = lost
        self._calls: dict[int, _Call] = {}
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
                await connection._shake_hands()
        except BaseException as error:
            await process.kill()
            if isinstance(error, TimeoutError):
                raise PluginFailed(
                    f"plugin {name}: its program did not introduce itself within {start_within:g} s",
                    code="plugin.start_timeout",
                    next_step="See its log; a program writes its hello before anything that takes long.",
                ) from None
            raise
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
            call = self._calls[number] = _Call(contexts, slot)
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

    async def _shake_hands(self) -> None:
        await self._send({"type": "hello", "protocol": PROTOCOL, "maxLineBytes": MAX_LINE})
        name = self._process.name
        try:
            line = await self._line()
            if line is None:
                await asyncio.wait_for(self._process.exited.wait(), _AFTER_EXIT)
                words = self._process.last_words
                raise PluginFailed(
                    f"plugin {name}: its program ended ({_ending(self._process.status)}) before it introduced itself"
                    + (f": {words}" if words else ""),
                )
            hello = decode(line)
        except NotAMessage as error:
            raise PluginFailed(
                f"plugin {name}: the first thing its program wrote to standard output is {error}",
                code="plugin.protocol",
                next_step="Standard output is for messages only (docs/protocol.md); let it log to standard error.",
            ) from None
        if hello["type"] != "hello" or hello.get("protocol") != PROTOCOL:
            raise PluginFailed(
                f"plugin {name}: its program does not speak version {PROTOCOL} of the protocol",
                code="plugin.protocol",
                next_step=f'Let it write {{"type":"hello","protocol":{PROTOCOL},…}} first (docs/protocol.md).',
            )
        self.hello = hello
        most = hello.get("maxCalls")
        self._places = asyncio.Semaphore(most if isinstance(most, int) and most > 0 else CALLS_AT_ONCE)

    async def _read(self) -> None:
        after_exit = asyncio.create_task(self._process.exited.wait())
        reading = asyncio.current_task()
        assert reading is not None
        loop = asyncio.get_running_loop()
        after_exit.add_done_callback(lambda _: loop.call_later(_AFTER_EXIT, reading.cancel))
        try:
            while (line := await self._line()) is not None:
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
                await asyncio.wait_for(self._process.exited.wait(), _AFTER_EXIT)
            for call in list(self._calls.values()):
                call.fail(self._end_of_calls())

    async def _line(self) -> bytes | None:
        """The next line; None at the end. Raises NotAMessage for one that is too long."""
        try:
            return await self._process.stdout.readuntil(b"\n")
        except asyncio.IncompleteReadError:
            return None
        except asyncio.LimitOverrunError:
            raise NotAMessage(f"a line of more than {MAX_LINE} bytes") from None

    def _end_of_calls(self) -> ComponentError:
        return self._broken or self._lost(self._process.name, self._process.status)

    def _take(self, message: Message) -> None:
        """What is not understood, or about a call that is over, is left alone."""
        kind = message["type"]
        number = message.get("call") if kind in _DURING_A_CALL else message.get("id")
        call = self._calls.get(number) if isinstance(number, int) else None
        if kind == "log":
            self._log(message)
        elif kind == "request":
            self._ask(message, call)
        elif call is None:
            return
        elif kind in ("result", "results"):
            if not call.answer.done():
                call.answer.set_result(message)
        elif kind == "error":
            call.fail(CallFailed(failure_from_json(message.get("error"))))
        elif kind == "report":
            numbers = message.get("numbers")
            if isinstance(numbers, dict):
                call.context(message).report(**{name: value for name, value in numbers.items() if _is_number(value)})
        elif kind == "degraded":
            call.context(message).mark_degraded()

    def _ask(self, message: Message, call: _Call | None) -> None:
        if call is None:
            self._refuse(message, ComponentError("the call is over", code="worker.call_over"))
        elif sum(len(other.requests) for other in self._calls.values()) >= _MOST_REQUESTS:
            self._refuse(message, ComponentError("too many requests at once", code="worker.too_many_requests"))
        else:
            self._spawn(call, self._serve(message, call))

    async def _serve(self, message: Message, call: _Call) -> None:
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

    def _log(self, message: Message) -> None:
        level = logging.getLevelNamesMapping().get(str(message.get("level", "info")).upper(), logging.INFO)
        log = logging.getLogger(f"flow_compiler.plugins.{self._process.name}")
        log.log(level, "%s", str(message.get("message"))[:2000])

    async def _send(self, message: Message) -> None:
        self._process.stdin.write(encode(message))
        with suppress(ConnectionError):  # the end is told where the answers are read
            await self._process.stdin.drain()

    def _write(self, message: Message) -> None:
        """Small messages that nobody waits for."""
        with suppress(OSError, RuntimeError):
            self._process.stdin.write(encode(message))

    @staticmethod
    def _spawn(call: _Call, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        call.requests.add(task)
        task.add_done_callback(call.requests.discard)


_DURING_A_CALL = frozenset({"report", "degraded", "log", "progress", "request"})


def worker_lost(name: str, status: int | None) -> ComponentError:
    return WorkerLost(f"plugin {name}: its process ended ({_ending(status)})")


def _ending(status: int | None) -> str:
    if status is None:
        return "it closed its standard output"
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
