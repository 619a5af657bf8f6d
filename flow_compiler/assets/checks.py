"""Checks of a compiled flow: evaluated per partition inside the run, reported as Dagster asset checks.

A check looks at what steps of one partition produced. A blocking one keeps later steps from running: the engine's
gate refuses them with category ``quality``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from flow_compiler.engine.components import Resources
from flow_compiler.engine.outcomes import Failure, Json, StepRecord
from flow_compiler.engine.stores import ArtifactStore


class Severity(StrEnum):
    WARN = "warn"
    ERROR = "error"


@dataclass(frozen=True)
class CheckInput:
    """What a check may look at: one partition, its input and the records of the steps finished so far."""

    key: str
    input: Json
    records: Mapping[str, StepRecord]
    artifacts: ArtifactStore
    resources: Resources


@dataclass(frozen=True)
class CheckOutcome:
    """``score`` is compared with the check's threshold by the check itself; ``metadata`` is shown in the UI.
    Counts and scores only: never document text. ``cause``: why it could not be evaluated."""

    passed: bool
    score: float | None = None
    metadata: Mapping[str, float | int | str] = field(default_factory=dict)
    sentence: str = ""
    cause: Failure | None = None


@dataclass(frozen=True)
class StepCheck:
    """One check: on which step's asset, how strict, how to evaluate. ``reads``: the steps whose results it looks at.
    ``evaluate`` returns None when it does not apply; one that raises has failed."""

    name: str
    step_id: str
    description: str
    evaluate: Callable[[CheckInput], Awaitable[CheckOutcome | None]]
    threshold: float | None = None
    severity: Severity = Severity.WARN
    blocking: bool = False
    reads: tuple[str, ...] = ()
