"""Pages that come one by one, of any documents, leave together: up to so many in one call, while so many calls go on."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

Call = Callable[[Sequence[T]], Awaitable[Sequence[R]]]
"""Takes the items of a batch, gives one result for each in their order."""


class Collector(Generic[T, R]):
    """A batch leaves when it is full, or ``wait`` seconds after its first item, and as soon as there is a place for its call.
    What comes while it waits for a place comes along."""

    def __init__(self, size: int, places: int, wait: float, call: Call[T, R]) -> None:
        self._size, self._wait, self._call = size, wait, call
        self._places = asyncio.Semaphore(places)
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._departures: set[asyncio.Task[None]] = set()
        self._called = 0  # departures that have not taken their items yet

    async def result(self, item: T) -> R:
        """What the call returned for this item. Raises what the call raised."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[R] = loop.create_future()
        self._waiting.append((item, answer))
        if len(self._waiting) >= self._size * (self._called + 1):
            self._leave()
        elif self._timer is None:
            self._timer = loop.call_later(self._wait, self._leave)
        return await answer

    def _leave(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if len(self._waiting) <= self._size * self._called:
            return
        self._called += 1
        departure = asyncio.get_running_loop().create_task(self._depart())
        self._departures.add(departure)
        departure.add_done_callback(self._departures.discard)

    async def _depart(self) -> None:
        members: list[tuple[T, asyncio.Future[R]]] = []
        try:
            async with self._places:
                self._called -= 1
                members = self._taken()
                if members:
                    _end_with(asyncio.current_task(), [answer for _, answer in members])
                    results = await self._call([item for item, _ in members])
                    for (_, answer), result in zip(members, results, strict=True):
                        if not answer.done():
                            answer.set_result(result)
        except Exception as error:  # noqa: BLE001  whoever waits gets it
            for _, answer in members:
                if not answer.done():
                    answer.set_exception(error)
        finally:
            for _, answer in members:  # only a departure that was cancelled leaves somebody without an answer
                answer.cancel()

    def _taken(self) -> list[tuple[T, asyncio.Future[R]]]:
        members: list[tuple[T, asyncio.Future[R]]] = []
        while self._waiting and len(members) < self._size:
            item, answer = self._waiting.popleft()
            if not answer.done():  # its caller was cancelled meanwhile
                members.append((item, answer))
        return members


def _end_with(departure: asyncio.Task[None] | None, answers: Sequence[asyncio.Future[R]]) -> None:
    """When nobody waits for a batch any more, it ends."""

    def look(_: asyncio.Future[R]) -> None:
        if departure is not None and all(answer.cancelled() for answer in answers):
            departure.cancel()

    for answer in answers:
        answer.add_done_callback(look)
