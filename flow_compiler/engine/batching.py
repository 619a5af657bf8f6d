"""Components that take many inputs at once: calls are collected across steps, items and documents.

A batch leaves when it is full, when nothing else in the engine could still add to it, or after 20 ms.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flow_compiler.engine.components import BatchContext, Component, ComponentContext
from flow_compiler.errors import ComponentError

Invoke = Callable[[Component, Any, Any], Awaitable[Any]]
"""Calls a component's function, synchronous ones in a thread."""


@dataclass(frozen=True)
class _Member:
    value: Any
    context: ComponentContext
    answer: asyncio.Future[Any]


class Activity:
    """How many step executions could still produce work; a call that waits for its batch, or for its own sub-flows,
    is not one of them. When none is left, waiting longer for batch mates is pointless."""

    def __init__(self) -> None:
        self._busy = 0
        self._when_quiet: list[Callable[[], None]] = []
        self._checking = False

    def begin(self) -> None:
        self._busy += 1

    def end(self) -> None:
        self._busy -= 1
        if self._busy == 0 and not self._checking:
            self._checking = True
            asyncio.get_running_loop().call_soon(self._check, 2)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """While the step only waits for others, or for time to pass."""
        self.end()
        try:
            yield
        finally:
            self.begin()

    def on_quiet(self, callback: Callable[[], None]) -> None:
        self._when_quiet.append(callback)

    def _check(self, turns: int) -> None:
        """Two turns of the loop let steps that were just unblocked begin first."""
        if self._busy == 0 and turns:
            asyncio.get_running_loop().call_soon(self._check, turns - 1)
            return
        self._checking = False
        if self._busy == 0:
            for callback in self._when_quiet:
                callback()


class Batcher:
    """The waiting calls of one component."""

    def __init__(self, component: Component, invoke: Invoke, activity: Activity, wait: float) -> None:
        assert component.batch is not None
        self._component = component
        self._size = component.batch
        self._invoke = invoke
        self._activity = activity
        self._wait = wait
        self._members: list[_Member] = []
        self._timer: asyncio.TimerHandle | None = None
        self._departures: set[asyncio.Task[None]] = set()
        activity.on_quiet(self._leave)

    async def call(self, value: Any, context: ComponentContext) -> Any:
        """The output for one input. Raises what the component raised for it."""
        loop = asyncio.get_running_loop()
        member = _Member(value, context, loop.create_future())
        self._members.append(member)
        if len(self._members) >= self._size:
            self._leave()
        elif self._timer is None:
            self._timer = loop.call_later(self._wait, self._leave)
        with self._activity.aside():
            return await member.answer

    def _leave(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        leaving = [member for member in self._members if not member.answer.done()]
        self._members = []
        if leaving:
            departure = asyncio.get_running_loop().create_task(self._depart(leaving))
            self._departures.add(departure)
            departure.add_done_callback(self._departures.discard)

    async def _depart(self, members: Sequence[_Member]) -> None:
        self._activity.begin()
        try:
            try:
                answers = await self._run(members)
            except (Exception, SystemExit) as error:  # noqa: BLE001  a component may raise anything; all are told below
                if len(members) > 1:
                    await self._one_by_one(members)
                    return
                answers = [error]
            for member, answer in zip(members, answers, strict=True):
                _tell(member, answer)
        finally:
            self._activity.end()
            for member in members:  # only a departure that was cancelled leaves somebody without an answer
                member.answer.cancel()

    async def _run(self, members: Sequence[_Member]) -> Sequence[Any]:
        loop = asyncio.get_running_loop()

        def tell_early(place: int, answer: Any) -> None:
            loop.call_soon_threadsafe(_tell, members[place], answer)

        context = BatchContext([member.context for member in members], tell_early)
        answers: Sequence[Any] = await self._invoke(self._component, [member.value for member in members], context)
        if not isinstance(answers, Sequence) or len(answers) != len(members):
            raise ComponentError(
                f"{self._component.path} did not return one answer for each of its {len(members)} inputs",
                code="component.broken_output",
                next_step=f"Correct {self._component.path}: a batch component answers in the order of its inputs.",
            )
        return answers

    async def _one_by_one(self, members: Sequence[_Member]) -> None:
        """A batch that raised as a whole is called again singly, so that one bad input fails alone."""
        for member in members:
            if member.answer.done():  # its caller was cancelled meanwhile
                continue
            try:
                (answer,) = await self._run([member])
            except (Exception, SystemExit) as error:  # noqa: BLE001  a component may raise anything
                answer = error
            _tell(member, answer)

    async def close(self) -> None:
        for departure in list(self._departures):
            departure.cancel()
        if self._departures:
            await asyncio.wait(list(self._departures))


def _tell(member: _Member, answer: Any) -> None:
    if member.answer.done():
        return
    if isinstance(answer, Exception | SystemExit):
        member.answer.set_exception(answer)
    else:
        member.answer.set_result(answer)
