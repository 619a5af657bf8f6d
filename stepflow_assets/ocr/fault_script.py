"""What a fault provider does at which call: ``fail*2+ok`` fails twice, then answers; the last step is repeated for ever."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from stepflow_assets.errors import SettingsError


class Fault(StrEnum):
    OK = "ok"  # reads
    FAIL = "fail"  # raises
    UNAVAILABLE = "unavailable"  # its engine cannot be loaded
    SERVER_ERROR = "500"  # its server fails
    RATE_LIMITED = "rate_limited"  # its server asks to come back, after so many seconds
    HANG = "hang"  # never answers
    SLOW = "slow"  # reads, after so many seconds
    CRASH = "crash"  # takes its process with it
    EMPTY = "empty"  # claims the page is blank
    REPEAT = "repeat"  # says one phrase again and again
    UNSURE = "unsure"  # text with a confidence that means nothing
    TRUNCATED = "truncated"  # stops in the middle
    SHORT = "short"  # answers for fewer pages than it was asked for


_WITH_SECONDS = frozenset({Fault.SLOW, Fault.RATE_LIMITED})
_STEP = re.compile(r"(?P<fault>\w+)(\((?P<seconds>\d+(\.\d+)?)\))?(\*(?P<times>\d+))?")


@dataclass(frozen=True)
class FaultStep:
    fault: Fault
    times: int = 1
    seconds: float = 0.0


def fault_steps(script: str) -> tuple[FaultStep, ...]:
    """Steps are separated by ``+`` or ``/``: ``empty``, ``fail*2+slow(0.5)+ok``. Raises SettingsError."""
    return tuple(_step(part.strip()) for part in re.split(r"[+/]", script))


def _step(part: str) -> FaultStep:
    found = _STEP.fullmatch(part)
    try:
        fault = Fault(found["fault"]) if found else None
    except ValueError:
        fault = None
    if found is None or fault is None or (found["seconds"] and fault not in _WITH_SECONDS):
        raise SettingsError(
            f"OCR provider fault cannot do {part!r}; it can do {', '.join(Fault)}",
            next_step="Write a script such as fault:fail, fault:fail*2+ok or fault:rate_limited(5)/slow(0.5).",
        )
    return FaultStep(fault, int(found["times"] or 1), float(found["seconds"] or 0.0))


def step_at(steps: tuple[FaultStep, ...], call: int) -> FaultStep:
    """The step of call number ``call`` (from 0)."""
    for step in steps:
        if call < step.times:
            return step
        call -= step.times
    return steps[-1]
