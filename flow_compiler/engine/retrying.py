"""Whether a failed step is tried again, and when (notes/stepflow 1.3): two budgets, one shared backoff."""

from __future__ import annotations

from flow_compiler.engine.outcomes import Failure, TaskErrorCode
from flow_compiler.engine.settings import EngineSettings
from flow_compiler.engine.stores import Trying

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
    """Retries of one step: the transport's (its process died) and the flow's own ``maxRetries``. What was used before a
    kill stays used: ``retries`` and ``transport_retries`` count on from there."""

    def __init__(self, max_retries: int, settings: EngineSettings, before: Trying | None) -> None:
        self.retries = before.retries if before else 0
        self.transport_retries = before.transport_retries if before else 0
        self._max_retries = max_retries
        self._max_transport_retries = settings.transport_retries
        self._backoff = settings.backoff

    def pause(self, failure: Failure) -> float | None:
        """Seconds to wait before the next attempt, or None when there is none."""
        if failure.code is TaskErrorCode.UNREACHABLE and failure.retryable:
            if self.transport_retries >= self._max_transport_retries:
                return None
            self.transport_retries += 1
        elif failure.code not in _NEVER and (failure.retryable or failure.error in _UNDECIDED):
            if self.retries >= self._max_retries:
                return None
            self.retries += 1
        else:
            return None
        return self._backoff.delay(self.retries + self.transport_retries)
