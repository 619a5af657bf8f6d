"""A session with something that may die: started anew by the next call, with a pause, and not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

from flow_compiler.errors import PluginFailed, WorkerLost

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
MOST_DEATHS = 6
"""Deaths in a row, without one answered call in between, after which nothing is started for a while."""
REST = 60.0
"""Seconds of that while."""


class Session(Protocol):
    @property
    def ended(self) -> bool: ...

    async def close(self) -> None: ...


S = TypeVar("S", bound=Session)


class Supervised(Generic[S]):
    """The one session of a plugin. Lives in one event loop."""

    def __init__(self, name: str, start: Callable[[], Awaitable[S]]) -> None:
        self._name = name
        self._start = start
        self._session: S | None = None
        self._one_at_a_time = asyncio.Lock()
        self._deaths = 0
        self._last_death = 0.0
        self._closed = False

    async def open(self) -> S:
        """The first session. Raises PluginFailed."""
        self._session = await self._start()
        return self._session

    async def session(self) -> S:
        """The living session, a new one where the last has ended. Raises WorkerLost."""
        async with self._one_at_a_time:
            if self._closed:
                raise WorkerLost(f"plugin {self._name} is closed", code="worker.closed", retryable=False)
            if self._session is not None and not self._session.ended:
                return self._session
            if self._session is not None:
                await self._bury(self._session)
            await self._pause()
            try:
                self._session = await self._start()
            except PluginFailed as error:
                self._count_death()
                raise WorkerLost(error.message, code="worker.not_started", next_step=error.next_step) from error
            return self._session

    def answered(self) -> None:
        """A call was answered: what came before does not count any more."""
        self._deaths = 0

    async def close(self) -> None:
        self._closed = True
        async with self._one_at_a_time:
            if self._session is not None:
                await self._session.close()
                self._session = None

    async def _bury(self, session: S) -> None:
        self._session = None
        self._count_death()
        await session.close()

    def _count_death(self) -> None:
        self._deaths += 1
        self._last_death = asyncio.get_running_loop().time()

    async def _pause(self) -> None:
        if self._deaths >= MOST_DEATHS and asyncio.get_running_loop().time() - self._last_death < REST:
            raise WorkerLost(
                f"plugin {self._name} ended {self._deaths} times in a row without one answer",
                code="worker.keeps_dying",
                retryable=False,
                next_step="See the plugin's log for why it ends, correct it, and run again.",
            )
        if self._deaths > 1:  # one death is an accident
            await asyncio.sleep(min(_FIRST_PAUSE * 2 ** (self._deaths - 2), _LONGEST_PAUSE))
