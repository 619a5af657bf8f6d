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
        """Waits until a call may begin; False, without waiting, where that would take more than ``patience`` seconds."""
        now = self._clock.now()
        start = self._next(now)
        if start > now + patience:
            return False
        if self._window:
            self._begun.append(start)  # the turn is taken: who asks later gets a later one
        while (left := max(start, self._not_before) - self._clock.now()) > 0:
            if self._clock.now() + left > now + patience:  # the provider asked for more time meanwhile
                return False
            await self._clock.sleep(left)
        return True

    def _next(self, now: float) -> float:
        soonest = max(now, self._not_before)
        full = bool(self._window) and len(self._begun) == self._begun.maxlen
        return max(soonest, self._begun[0] + self._window) if full else soonest
