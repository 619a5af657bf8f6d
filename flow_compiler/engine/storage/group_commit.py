"""Many calls from asyncio tasks, few transactions: what waits while one transaction runs goes into the next together.

One thread does the database work, so calls never block the event loop and SQLite has one writer per process. A call
that returned is committed; a call that raised has written nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from flow_compiler.engine.storage.database import place_of
from flow_compiler.engine.storage.failures import store_unavailable
from flow_compiler.errors import StoreError, StoreUnavailable

Payload = TypeVar("Payload")
Result = TypeVar("Result")

Operation = Callable[[Connection, Sequence[Payload]], Sequence[Result | StoreError]]
"""Does the work of many calls at once, in their order. A StoreError in a call's place is raised to that caller alone
(the operation must then have written nothing for it); an exception raised rolls everything back."""

_RECONNECT_SECONDS = (0.0, 0.5, 2.0, 4.0)


@dataclass(frozen=True, slots=True)
class _Call:
    operation: Operation[Any, Any]
    payload: Any
    answer: asyncio.Future[Any]


class GroupCommit:
    """Used from one event loop. At most ``bound`` calls wait; further callers wait to be let in.

    Measured per commit of one row: 0.11 ms on a connection that is kept, 0.19 ms on one taken from the pool for it.
    """

    def __init__(self, engine: Engine, name: str, group: int = 512, bound: int = 4096) -> None:
        self._engine = engine
        self._group = group
        self._room = asyncio.Semaphore(bound)
        self._waiting: list[_Call] = []
        self._quiet = asyncio.Event()  # nothing waits and no group is under way
        self._quiet.set()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._connection: Connection | None = None  # the thread's

    async def run(self, operation: Operation[Payload, Result], payload: Payload) -> Result:
        """The operation's answer for ``payload``, committed. Raises the StoreError of this call, or StoreUnavailable."""
        loop = asyncio.get_running_loop()
        async with self._room:
            call = _Call(operation, payload, loop.create_future())
            self._waiting.append(call)
            if self._quiet.is_set():
                self._quiet.clear()
                loop.call_soon(self._send, loop)  # tasks that are ready now join this group
            answer: Result = await call.answer
            return answer

    async def close(self) -> None:
        """Waits for what was given; further calls fail."""
        await self._quiet.wait()
        self._thread.submit(self._disconnect)
        await asyncio.to_thread(self._thread.shutdown)

    def _send(self, loop: asyncio.AbstractEventLoop) -> None:
        calls, self._waiting = self._waiting[: self._group], self._waiting[self._group :]
        if calls:
            self._thread.submit(self._work, loop, calls)
        else:
            self._quiet.set()

    def _work(self, loop: asyncio.AbstractEventLoop, calls: list[_Call]) -> None:
        loop.call_soon_threadsafe(self._settle, loop, calls, self._commit_or_split(calls))

    def _settle(self, loop: asyncio.AbstractEventLoop, calls: list[_Call], answers: list[Any]) -> None:
        for call, answer in zip(calls, answers, strict=True):
            if call.answer.done():  # its caller was cancelled while it waited
                continue
            if isinstance(answer, BaseException):
                call.answer.set_exception(answer)
            else:
                call.answer.set_result(answer)
        loop.call_soon(self._send, loop)

    def _commit_or_split(self, calls: list[_Call]) -> list[Any]:
        """One transaction; when a call's own content broke it, one each, so that the others do not suffer. An exception
        in a call's place is what it failed with."""
        try:
            return self._commit(calls)
        except BaseException as error:  # noqa: BLE001  whatever it is, its callers get it
            if len(calls) == 1 or isinstance(error, StoreUnavailable):
                return [error] * len(calls)
        return [answer for call in calls for answer in self._commit_or_split([call])]

    def _commit(self, calls: list[_Call]) -> list[Any]:
        for pause in _RECONNECT_SECONDS:
            if pause:  # sleep(0) hands the interpreter to the event loop's thread, and waits to get it back
                time.sleep(pause)
            try:
                return self._transact(calls)
            except DBAPIError as error:
                # Repeating is safe even if the lost connection had committed: every operation is idempotent.
                if not (error.connection_invalidated or _is_deadlock(error)):
                    if len(calls) > 1 and not _is_of_the_database(error):
                        raise
                    raise store_unavailable(error, place_of(self._engine)) from error
                lost = error
        raise store_unavailable(lost, place_of(self._engine)) from lost

    def _transact(self, calls: list[_Call]) -> list[Any]:
        if self._connection is None:
            self._connection = self._engine.connect()
        try:
            with self._connection.begin():
                return _answers(self._connection, calls)
        except BaseException:
            self._disconnect()  # the pool makes sure that the next one is sound
            raise

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _answers(connection: Connection, calls: list[_Call]) -> list[Any]:
    """Operations in the order of their names, the same in every process: locks are taken in one order."""
    answers: list[Any] = [None] * len(calls)
    places: dict[Operation[Any, Any], list[int]] = {}
    for place, call in enumerate(calls):
        places.setdefault(call.operation, []).append(place)
    for operation in sorted(places, key=lambda item: item.__qualname__):
        results = operation(connection, [calls[place].payload for place in places[operation]])
        for place, result in zip(places[operation], results, strict=True):
            answers[place] = result
    return answers


def _is_of_the_database(error: DBAPIError) -> bool:
    """Full, locked, unreachable, damaged: what no other grouping of the calls would help."""
    return type(error.orig).__name__ in ("OperationalError", "DatabaseError", "InterfaceError", "DiskFull")


def _is_deadlock(error: DBAPIError) -> bool:
    return getattr(error.orig, "pgcode", None) in ("40P01", "40001")
