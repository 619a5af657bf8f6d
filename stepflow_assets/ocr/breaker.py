"""A provider that failed several times in a row is left alone for a while; then one call finds out whether it is back."""

from __future__ import annotations

from stepflow_assets.ocr.clock import Clock


class Breaker:
    """Opens after ``failures`` in a row, for ``pause`` seconds. Each call that was let through ends in one of ``succeeded``,
    ``failed`` and ``undecided``."""

    def __init__(self, failures: int, pause: float, clock: Clock) -> None:
        self._allowed, self._pause, self._clock = failures, pause, clock
        self._in_a_row = 0
        self._opened: float | None = None
        self._probing = False

    @property
    def in_a_row(self) -> int:
        return self._in_a_row

    def let_through(self) -> bool:
        """Whether a call may begin. Once the pause is over one call may, and the others wait for what becomes of it."""
        if self._opened is None:
            return True
        if self._probing or self._clock.now() < self._opened + self._pause:
            return False
        self._probing = True
        return True

    def succeeded(self) -> None:
        self._in_a_row, self._opened, self._probing = 0, None, False

    def failed(self) -> None:
        self._in_a_row += 1
        self._probing = False
        if self._in_a_row >= self._allowed:
            self._opened = self._clock.now()

    def undecided(self) -> None:
        """The call was cancelled, or its failure says nothing about the provider."""
        self._probing = False
