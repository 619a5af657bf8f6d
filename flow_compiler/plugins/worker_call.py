"""One open call of a worker: who waits for it, and what the worker says about it meanwhile."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from typing import Any, TypeGuard

from flow_compiler.engine.components import ComponentContext
from flow_compiler.engine.failures import CallFailed
from flow_compiler.plugins.slots import Slot
from flow_compiler.worker.messages import Message, failure_from_json

LONGEST_LOG = 2000
"""Characters of one message of a log."""


class OpenCall:
    """``contexts`` are those of its inputs; ``requests`` are the worker's that have no reply yet."""

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

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self.requests.add(task)
        task.add_done_callback(self.requests.discard)

    def take(self, message: Message) -> None:
        """An answer, or what is told while the call is at work. What is not understood is left alone."""
        match message["type"]:
            case "result" | "results":
                if not self.answer.done():
                    self.answer.set_result(message)
            case "error":
                self.fail(CallFailed(failure_from_json(message.get("error"))))
            case "report":
                numbers = message.get("numbers")
                if isinstance(numbers, dict):
                    told = {name: value for name, value in numbers.items() if _is_number(value)}
                    self.context(message).report(**told)
            case "degraded":
                self.context(message).mark_degraded()
            case "progress":
                done, total = message.get("done"), message.get("total")
                if _is_count(done):
                    self.context(message).progress(done, total if _is_count(total) else None)
            case "log":
                self.context(message).log.log(level_of(message), "%s", message.get("message"))


def level_of(message: Message) -> int:
    return logging.getLevelNamesMapping().get(str(message.get("level", "info")).upper(), logging.INFO)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
