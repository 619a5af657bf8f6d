"""The attempts at one step: counted over all runners of the run, and known to the journal while they go on.

When an attempt is noted depends on what calling the component again would do. What has an effect is noted, and the note
committed, before it is called. What only computes or reads is noted once it has taken a moment: most calls are over
by then and cost no second commit, and one that is killed sooner is called again under the same number.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from flow_compiler.engine.batching import Activity
from flow_compiler.engine.outcomes import Failure
from flow_compiler.engine.retrying import Budgets
from flow_compiler.engine.stores import Trying
from flow_compiler.errors import StoreError

MOMENT = 0.01
"""Seconds after which the attempt of a component without effect is noted."""

Note = Callable[[Trying], Awaitable[None]]
"""Commits how it stands with the step. Raises LeaseLost, StoreUnavailable."""


class Attempts:
    """``count`` is the number of the attempt that is under way, from 1. ``ran_flows`` is set by flows below it."""

    def __init__(self, note: Note, budgets: Budgets, activity: Activity, *, earlier: int) -> None:
        """``earlier`` attempts ended in a failure that was this step's last: its retries begin anew."""
        self.count = earlier
        self.ran_flows = False
        self._note = note
        self._budgets = budgets
        self._activity = activity
        self._began: float | None = None  # when the call began that a runner left behind, by this loop's clock

    async def take_up(self, left: Trying, age: float) -> None:
        """Go on where another runner was ``age`` seconds ago: what is left of a pause is waited for."""
        self.count = left.attempts
        if left.pause is None:
            self._began = asyncio.get_running_loop().time() - age
        else:
            await self._wait(left.pause - age)

    @property
    def elapsed(self) -> float:
        """Seconds since the call began; more than 0 where an earlier runner began it and was killed."""
        return 0.0 if self._began is None else asyncio.get_running_loop().time() - self._began

    @asynccontextmanager
    async def under_way(self, *, durably: bool) -> AsyncIterator[None]:
        """While the component is called."""
        if durably:
            await self._note(self._state(age=self.elapsed))
            yield
            return
        noting: list[asyncio.Task[None]] = []
        loop = asyncio.get_running_loop()
        timer = loop.call_later(MOMENT, lambda: noting.append(loop.create_task(self._note_aside())))
        try:
            yield
        finally:
            timer.cancel()
            if noting:
                await asyncio.wait(noting)

    async def _note_aside(self) -> None:
        try:
            await self._note(self._state(age=self.elapsed))
        except StoreError:
            return  # the step's record will meet the same, and says so

    async def again(self, failure: Failure) -> bool:
        """Whether the failed attempt is followed by another one; returns when it may begin."""
        pause = self._budgets.pause(failure)
        if pause is None:
            return False
        await self._note(self._state(pause=pause))
        await self._wait(pause)
        self._began = None
        return True

    async def _wait(self, seconds: float) -> None:
        with self._activity.aside():
            await asyncio.sleep(max(seconds, 0.0))

    def _state(self, *, pause: float | None = None, age: float = 0.0) -> Trying:
        return Trying(self.count, self._budgets.retries, self._budgets.transport_retries, pause, age)
