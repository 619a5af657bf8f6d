"""The worker's end of the protocol: calls come in as lines, run as tasks or threads, and go out as lines."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Sequence
from typing import Any, BinaryIO

from flow_compiler.engine.calling import Caller
from flow_compiler.engine.components import BatchContext, Component, ComponentContext, Effect
from flow_compiler.engine.failures import CallFailed, failure_of
from flow_compiler.engine.outcomes import Json
from flow_compiler.errors import ComponentError, FlowCompilerError, UnknownComponent
from flow_compiler.worker.engine_side import context_of, error_of
from flow_compiler.worker.messages import (
    MAX_LINE,
    PROTOCOL,
    Message,
    TooLong,
    decode,
    encode,
    failure_from_json,
    failure_to_json,
)

_THREADS = 16


class Serving:
    """Components served until the engine says ``shutdown`` or is gone."""

    def __init__(self, components: Sequence[Component], out: BinaryIO, *, at_once: int) -> None:
        self._components = {component.path: component for component in components}
        self._out = out
        self._at_once = at_once
        self._writing = threading.Lock()
        self._caller = Caller(_THREADS, 0)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._asked: dict[str, asyncio.Future[Message]] = {}
        self._numbers = itertools.count(1)

    async def run(self, given: BinaryIO) -> None:
        reader = asyncio.StreamReader(limit=MAX_LINE)
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), given)
        while line := await reader.readline():
            if not self._take(decode(line)):
                return

    def _take(self, message: Message) -> bool:
        """False: it is time to end."""
        match message:
            case {"type": "shutdown"}:
                return False
            case {"type": "hello"}:
                self._send(self._hello())
            case {"type": "call", "id": int(number)}:
                self._start(number, self._call(number, message))
            case {"type": "batch", "id": int(number)}:
                self._start(number, self._batch(number, message))
            case {"type": "cancel", "id": int(number)} if number in self._tasks:
                self._tasks[number].cancel()
            case {"type": "reply", "id": str(key)} if key in self._asked:
                self._asked.pop(key).set_result(message)
        return True

    def _hello(self) -> Message:
        served = [_description(component) for component in self._components.values()]
        return {
            "type": "hello",
            "protocol": PROTOCOL,
            "worker": "python",
            "maxCalls": self._at_once,
            "components": served,
        }

    def _start(self, number: int, work: Any) -> None:
        task = self._tasks[number] = asyncio.create_task(work)
        task.add_done_callback(lambda _: self._tasks.pop(number, None))

    async def _call(self, number: int, message: Message) -> None:
        try:
            context = self._context(number, 0, message["context"])
            result = await self._result(message["component"], message["input"], context)
            self._send({"type": "result", "id": number, "result": result})
        except (FlowCompilerError, CallFailed) as error:
            self._fail(number, error)
        except TooLong as error:
            self._fail(number, _too_large(message["component"], error))

    async def _result(self, path: str, value: Json, context: ComponentContext) -> Json:
        component = self._component(path)
        accepted = self._caller.accept(component, value, context.step_id)
        return await self._caller.call(component, accepted, context)

    async def _batch(self, number: int, message: Message) -> None:
        """Each item is held to the contracts on its own; only those whose input fits are computed."""
        items: list[Message] = message["items"]
        try:
            component = self._component(message["component"])
            contexts = [self._context(number, place, item["context"]) for place, item in enumerate(items)]
            results: list[Message] = [{} for _ in items]
            accepted: list[tuple[int, Any]] = []
            for place, item in enumerate(items):
                try:
                    value = self._caller.accept(component, item["input"], contexts[place].step_id)
                    accepted.append((place, value))
                except CallFailed as failed:
                    results[place] = {"error": failure_to_json(failed.failure)}
            if accepted:
                batch = BatchContext([contexts[place] for place, _ in accepted])
                answers = await self._caller.invoke(component, [value for _, value in accepted], batch)
                for (place, _), answer in zip(accepted, _one_each(component, answers, len(accepted)), strict=True):
                    results[place] = self._delivered(component, answer, contexts[place].step_id)
            self._send({"type": "results", "id": number, "results": results})
        except TooLong as error:
            self._fail(number, _too_large(message["component"], error))
        except (Exception, SystemExit) as error:  # noqa: BLE001  a component may raise anything
            self._fail(number, error)

    def _delivered(self, component: Component, answer: Any, step_id: str) -> Message:
        if isinstance(answer, Exception | SystemExit):
            return {"error": failure_to_json(failure_of(answer))}
        try:
            return {"result": self._caller.deliver(component, answer, step_id)}
        except CallFailed as failed:
            return {"error": failure_to_json(failed.failure)}

    def _component(self, path: str) -> Component:
        try:
            return self._components[path]
        except KeyError:
            raise UnknownComponent(f"the worker does not serve {path!r}") from None

    def _context(self, number: int, item: int, told: Message) -> ComponentContext:
        about: Message = {"call": number, "item": item}

        async def ask(method: str, params: Message) -> Json:
            key = f"q{next(self._numbers)}"
            reply = self._asked[key] = asyncio.get_running_loop().create_future()
            try:
                self._send({**about, "type": "request", "id": key, "method": method, "params": params})
                answer = await reply
            except TooLong as error:
                raise _too_large(method, error) from error
            finally:
                self._asked.pop(key, None)
            if "error" in answer:
                raise error_of(failure_from_json(answer["error"]))
            return answer.get("result")

        return context_of(told, ask, lambda message: self._send({**about, **message}))

    def _fail(self, number: int, error: BaseException) -> None:
        self._send({"type": "error", "id": number, "error": failure_to_json(failure_of(error))})

    def _send(self, message: Message) -> None:
        """From any thread. The engine always reads, so that this waits for no longer than that takes."""
        line = encode(message)
        with self._writing:
            self._out.write(line)
            self._out.flush()


def _description(component: Component) -> Message:
    # A profile asks resources of the engine, which has no way of asking the profile: what it says would be missing
    # from the memo key, so nothing is remembered.
    effect = component.effect if component.profile is None else Effect.WRITE
    return {
        "path": component.path,
        "description": component.description,
        "inputSchema": component.input_schema,
        "outputSchema": component.output_schema,
        "version": component.version,
        "effect": str(effect),
        "pool": component.pool,
        "batch": component.batch,
        "lease": component.lease,
    }


def _one_each(component: Component, answers: Any, count: int) -> Sequence[Any]:
    if not isinstance(answers, Sequence) or len(answers) != count:
        raise ComponentError(
            f"{component.path} did not return one answer for each of its {count} inputs",
            code="component.broken_output",
            next_step=f"Correct {component.path}: a batch component answers in the order of its inputs.",
        )
    return answers


def _too_large(what: str, error: TooLong) -> ComponentError:
    return ComponentError(
        f"what {what} gives is too large for a message: {error}",
        code="worker.too_large",
        next_step="Put it into a blob and return the blob's reference.",
    )
