"""What travels: the reference's REST shapes (camelCase, statuses and error codes as integers), and what is ours beside
them. Fields that have no value are left out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from flow_compiler.engine.outcomes import Failure, FlowResult, Success
from flow_compiler.http_api.statuses import ERROR_CODES, LEVELS
from flow_compiler.http_api.storage.events import StepState
from flow_compiler.http_api.storage.runs import Item, Run
from flow_compiler.language.diagnostics import Diagnostic, Level


class Shape(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


def timestamp(epoch_seconds: float) -> str:
    """RFC 3339, UTC, microseconds."""
    return datetime.fromtimestamp(epoch_seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Nothing(Shape):
    """``{}``."""


class DiagnosticShape(Shape):
    kind: str
    code: int
    level: int = Field(description="1 fatal, 2 error, 3 warning")
    formatted: str
    path: str
    experimental: bool
    instead: str = Field(default="", description="what to write instead")


class Diagnostics(Shape):
    diagnostics: list[DiagnosticShape]
    num_fatal: int
    num_error: int
    num_warning: int

    @classmethod
    def of(cls, found: list[Diagnostic]) -> Diagnostics:
        return cls(
            diagnostics=[
                DiagnosticShape(
                    kind=each.name,
                    code=each.code,
                    level=LEVELS[each.level],
                    formatted=each.message,
                    path=each.path,
                    experimental=each.experimental,
                    instead=each.instead,
                )
                for each in found
            ],
            num_fatal=sum(each.level is Level.FATAL for each in found),
            num_error=sum(each.level is Level.ERROR for each in found),
            num_warning=sum(each.level is Level.WARNING for each in found),
        )


class FailureDetail(Shape):
    """The same failure in our words: stable code, who has to act, and the next step."""

    code: str
    category: str
    retryable: bool
    next_step: str

    @classmethod
    def of(cls, failure: Failure) -> FailureDetail:
        return cls(
            code=failure.error,
            category=str(failure.category),
            retryable=failure.retryable,
            next_step=failure.next_step,
        )


class Outcome(Shape):
    """``output`` where it succeeded, the three others where it failed."""

    output: Any = None
    error_message: str | None = None
    error_code: int | None = None
    error: FailureDetail | None = None


def outcome_fields(result: FlowResult | None) -> dict[str, Any]:
    """The fields of an :class:`Outcome` that have a value."""
    if result is None:
        return {}
    if isinstance(result, Success):
        return {"output": result.result}
    return {
        "error_message": result.message,
        "error_code": ERROR_CODES[result.code],
        "error": FailureDetail.of(result),
    }


class ItemResult(Outcome):
    item_index: int
    status: int
    completed_at: str | None = None

    @classmethod
    def of(cls, item: Item) -> ItemResult:
        fields = outcome_fields(item.result)
        if item.completed_at is not None:
            fields["completed_at"] = timestamp(item.completed_at)
        return cls(item_index=item.item, status=item.status, **fields)


class ItemStatistics(Shape):
    total: int
    completed: int
    running: int
    failed: int
    cancelled: int


class RunSummary(Shape):
    run_id: str
    flow_id: str
    flow_name: str | None = None
    status: int = Field(description="1 running, 2 completed, 3 failed, 4 cancelled, 6 recovery failed")
    items: ItemStatistics
    created_at: str
    completed_at: str | None = None
    root_run_id: str
    orchestrator_id: str | None = None
    created_at_seqno: int = 0
    finished_at_seqno: int | None = None

    @classmethod
    def of(cls, run: Run) -> RunSummary:
        fields: dict[str, Any] = {}
        if run.flow_name is not None:
            fields["flow_name"] = run.flow_name
        if run.completed_at is not None:
            fields |= {"completed_at": timestamp(run.completed_at), "finished_at_seqno": run.last_event}
        if run.owner is not None:
            fields["orchestrator_id"] = run.owner
        return cls(
            run_id=run.run_id,
            flow_id=run.flow_id,
            status=run.status,
            items=ItemStatistics(
                total=run.total,
                completed=run.completed,
                running=run.total - run.completed - run.failed - run.cancelled,
                failed=run.failed,
                cancelled=run.cancelled,
            ),
            created_at=timestamp(run.created_at),
            root_run_id=run.run_id,
            created_at_seqno=0,
            **fields,
        )


class StepStatus(Outcome):
    step_id: str
    step_index: int
    item_index: int
    status: int
    component: str | None = None
    started_at: str | None = None
    completed_at: str | None = None
    updated_at: str
    journal_seqno: int

    @classmethod
    def of(cls, state: StepState, place: tuple[int, str | None], result: FlowResult | None) -> StepStatus:
        """``place``: the step's index in its flow, and its component."""
        fields = outcome_fields(result)
        if place[1] is not None:
            fields["component"] = place[1]
        if state.started_at is not None:
            fields["started_at"] = timestamp(state.started_at)
        if state.completed_at is not None:
            fields["completed_at"] = timestamp(state.completed_at)
        latest = state.completed_at or state.started_at or 0.0
        return cls(
            step_id=state.step,
            step_index=place[0],
            item_index=state.item,
            status=state.status,
            updated_at=timestamp(latest),
            journal_seqno=state.number,
            **fields,
        )
