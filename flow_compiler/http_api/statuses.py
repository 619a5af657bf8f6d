"""Numbers that travel over HTTP: statuses, kinds of events, error codes. They are the reference's (its REST sends
integers)."""

from __future__ import annotations

from enum import IntEnum

from flow_compiler.engine.outcomes import TaskErrorCode
from flow_compiler.language.diagnostics import Level


class Status(IntEnum):
    """Of a run, an item or a step."""

    RUNNING = 1
    COMPLETED = 2
    FAILED = 3
    CANCELLED = 4
    PAUSED = 5
    RECOVERY_FAILED = 6

    @property
    def word(self) -> str:
        """For people: ``recovery failed``."""
        return self.name.lower().replace("_", " ")

    @classmethod
    def named(cls, text: str) -> Status:
        """From a number or a name in any usual form (``3``, ``failed``, ``EXECUTION_STATUS_FAILED``). Raises ValueError."""
        name = text.strip().upper().removeprefix("EXECUTION_STATUS_").replace("-", "_")
        if name.isdecimal():
            return cls(int(name))
        for status in cls:
            if name in (status.name, status.name.replace("_", "")):
                return status
        raise ValueError(text)


class EventKind(IntEnum):
    RUN_CREATED = 1
    STEP_STARTED = 2
    STEP_COMPLETED = 3
    ITEM_COMPLETED = 5
    RUN_COMPLETED = 6

    @property
    def label(self) -> str:
        """As the stream writes it: ``StepCompleted``."""
        return self.name.title().replace("_", "")


ERROR_CODES: dict[TaskErrorCode, int] = {code: number for number, code in enumerate(TaskErrorCode)}
LEVELS: dict[Level, int] = {Level.FATAL: 1, Level.ERROR: 2, Level.WARNING: 3}
