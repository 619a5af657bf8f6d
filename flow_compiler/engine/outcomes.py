"""What came of a step: success or failure, how it was obtained, and its numbers for people.

Pure data. JSON in and out is Stepflow's ``FlowResult`` (notes/stepflow 1.8); our error fields travel in its ``data``.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from flow_compiler.errors import Category, FlowCompilerError

Json = Any
"""A JSON value: None, bool, int, float, str, list or dict with str keys."""


class TaskErrorCode(StrEnum):
    """Stepflow's error codes (notes/stepflow 1.8)."""

    UNSPECIFIED = "UNSPECIFIED"
    TIMEOUT = "TIMEOUT"
    INVALID_INPUT = "INVALID_INPUT"
    COMPONENT_FAILED = "COMPONENT_FAILED"
    CANCELLED = "CANCELLED"
    UNREACHABLE = "UNREACHABLE"
    COMPONENT_NOT_FOUND = "COMPONENT_NOT_FOUND"
    RESOURCE_UNAVAILABLE = "RESOURCE_UNAVAILABLE"
    EXPRESSION_FAILURE = "EXPRESSION_FAILURE"
    ORCHESTRATOR_ERROR = "ORCHESTRATOR_ERROR"
    WORKER_ERROR = "WORKER_ERROR"


class Failure(BaseModel):
    """Why something failed: Stepflow's code and message, and ours (stable code, category, retryable, next step)."""

    model_config = ConfigDict(frozen=True)

    code: TaskErrorCode = TaskErrorCode.COMPONENT_FAILED
    message: str
    error: str = "component.failed"
    category: Category = Category.INTERNAL
    retryable: bool = False
    next_step: str = ""

    @classmethod
    def of(cls, error: FlowCompilerError, code: TaskErrorCode = TaskErrorCode.COMPONENT_FAILED) -> Failure:
        return cls(
            code=code,
            message=error.message,
            error=error.code,
            category=error.category,
            retryable=error.retryable,
            next_step=error.next_step,
        )


class Success(BaseModel):
    """A step or flow that ended well; ``result`` is any JSON value."""

    model_config = ConfigDict(frozen=True)

    result: Json = None


FlowResult = Success | Failure


def to_json(result: FlowResult) -> dict[str, Json]:
    """Stepflow's wire form: ``{outcome: success, result}`` or ``{outcome: failed, error: {code, message, data}}``."""
    if isinstance(result, Success):
        return {"outcome": "success", "result": result.result}
    data = result.model_dump(mode="json", exclude={"code", "message"})
    return {"outcome": "failed", "error": {"code": str(result.code), "message": result.message, "data": data}}


def from_json(value: dict[str, Json]) -> FlowResult:
    """Inverse of :func:`to_json`; also reads results of other Stepflow runners (without our ``data``)."""
    if value["outcome"] == "success":
        return Success(result=value.get("result"))
    error = value["error"]
    return Failure(code=error["code"], message=error["message"], **(error.get("data") or {}))


class Reuse(StrEnum):
    """Where an outcome came from."""

    COMPUTED = "computed"
    JOURNAL = "journal"  # this run had finished it before
    MEMO = "memo"  # some run, host or document had computed the same input
    WAITED = "waited"  # another caller was computing it; its result was taken


class StepRecord(BaseModel):
    """One finished step as the journal keeps it.

    ``numbers`` are what the component reported with ``context.report`` (for a map: merged over its items, see
    :func:`merge_numbers`). ``refs`` are the artifact digests the result refers to; ``memo_key`` the entry it
    came from or went to. ``computed`` and ``reused`` count the leaf component calls under this step.
    """

    model_config = ConfigDict(frozen=True)

    outcome: FlowResult = Field(union_mode="left_to_right")
    attempts: int = 1
    seconds: float = 0.0
    numbers: dict[str, float | int] = Field(default_factory=dict)
    refs: tuple[str, ...] = ()
    memo_key: str | None = None
    reuse: Reuse = Reuse.COMPUTED
    degraded: bool = False
    computed: int = 0
    reused: int = 0


def merge_numbers(parts: list[dict[str, float | int]]) -> dict[str, float | int]:
    """Numbers of many items as one: keys ending in ``_max``/``_min`` keep the extreme, all others are summed."""
    merged: dict[str, float | int] = {}
    for part in parts:
        for key, value in part.items():
            if key not in merged:
                merged[key] = value
            elif key.endswith("_max"):
                merged[key] = max(merged[key], value)
            elif key.endswith("_min"):
                merged[key] = min(merged[key], value)
            else:
                merged[key] = merged[key] + value
    return merged
