"""When a provider may be asked: so many calls a minute, and never before the moment that it named itself."""

from __future__ import annotations

from collections import deque

from stepflow_assets.ocr.clock import Clock


class RateLimit:
    """``per_minute`` calls begin in a minute at most (None: any number); fewer than one a minute are spaced accordingly."""

    def __init__(self, per_minute: float | None, clock: Clock) -> None:
        self._clock = clock
        size = max(1, int(per_minute)) if per_minute else 0
        self._begun: deque[float] = deque(maxlen=size)
        self._window = 60.0 * size / per_minute if per_minute else 0.0
        self._not_before = float("-inf")

    def hold(self, seconds: float) -> None:
        """No call begins within so many seconds from now."""
        self._not_before = max(self._not_before, self._clock.now() + seconds)

    async def turn(self, patience: float) -> bool:
        """Waits until a call may begin: for its turn among so many a minute, and for as long as the provider asked for. False,
        without waiting any more, where the provider asked for more than ``patience`` seconds from now."""
        now = self._clock.now()
        if self._not_before > now + patience:
            return False
        start = self._next(now)
        if self._window:
            self._begun.append(start)  # the turn is taken: who asks later gets a later one
        while (now := self._clock.now()) < max(start, self._not_before):
            if self._not_before > now + patience:  # it asked for more time meanwhile
                return False
            await self._clock.sleep(max(start, self._not_before) - now)
        return True

    def _next(self, now: float) -> float:
        soonest = max(now, self._not_before)
        full = bool(self._window) and len(self._begun) == self._begun.maxlen
        return max(soonest, self._begun[0] + self._window) if full else soonest
