"""Whether a failed step is tried again, and when (notes/stepflow 1.3): two budgets, one shared backoff."""

from __future__ import annotations

from flow_compiler.engine.outcomes import Failure, TaskErrorCode
from flow_compiler.engine.settings import EngineSettings

_NEVER = frozenset(
    {
        TaskErrorCode.INVALID_INPUT,
        TaskErrorCode.COMPONENT_NOT_FOUND,
        TaskErrorCode.EXPRESSION_FAILURE,
        TaskErrorCode.ORCHESTRATOR_ERROR,
        TaskErrorCode.CANCELLED,
        TaskErrorCode.UNREACHABLE,
    }
)

_UNDECIDED = frozenset({"component.failed", "component.raised"})
"""Errors of components that do not say whether trying again helps: the flow's word counts."""


class Budgets:
    """Retries left for one step: the transport's (its process died) and the flow's own ``maxRetries``."""

    def __init__(self, max_retries: int, settings: EngineSettings) -> None:
        self._component = max_retries
        self._transport = settings.transport_retries
        self._backoff = settings.backoff
        self._retries = 0

    def pause(self, failure: Failure) -> float | None:
        """Seconds to wait before the next attempt, or None when there is none."""
        if failure.code is TaskErrorCode.UNREACHABLE and failure.retryable:
            if self._transport <= 0:
                return None
            self._transport -= 1
        elif failure.code not in _NEVER and (failure.retryable or failure.error in _UNDECIDED):
            if self._component <= 0:
                return None
            self._component -= 1
        else:
            return None
        self._retries += 1
        return self._backoff.delay(self._retries)
