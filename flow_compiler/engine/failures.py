"""From an exception or a broken contract to the Failure that flows see (notes/stepflow 1.3), and who retries it."""

from __future__ import annotations

from pydantic import ValidationError

from flow_compiler.engine.outcomes import Failure, TaskErrorCode
from flow_compiler.errors import (
    Category,
    ComponentError,
    FlowCompilerError,
    InvalidInput,
    ResourceUnavailable,
    StoreError,
    UnknownComponent,
    WorkerLost,
)

FOREIGN = "component.raised"
"""Code of an exception that is not of our tree: its message is whatever its author wrote, and may quote a document."""

FOREIGN_FOR_GOOD = "component.raised_for_good"
"""The same, where its author says that trying again is of no use."""


def has_foreign_words(error: str) -> bool:
    """Whether the message under this code may hold anything, and so goes into no log."""
    return error in (FOREIGN, FOREIGN_FOR_GOOD)


class CallFailed(Exception):
    """A component call that ended in a failure; the interpreter's own signal, never seen outside."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def failure_of(error: BaseException) -> Failure:
    """What a component's exception means to a flow."""
    if isinstance(error, CallFailed):
        return error.failure
    if isinstance(error, FlowCompilerError):
        return Failure.of(error, _code_of(error))
    said = f"{error.title}: {_places(error)}" if isinstance(error, ValidationError) else str(error)
    return Failure(
        message=said or type(error).__name__,
        error="component.raised",  # FOREIGN, in full for the table of codes
        next_step=f"The component raised {type(error).__name__}; see its log, then run again.",
    )


def _code_of(error: FlowCompilerError) -> TaskErrorCode:
    match error:
        case InvalidInput():
            return TaskErrorCode.INVALID_INPUT
        case UnknownComponent():
            return TaskErrorCode.COMPONENT_NOT_FOUND
        case WorkerLost():
            return TaskErrorCode.UNREACHABLE
        case ResourceUnavailable() | StoreError():
            return TaskErrorCode.RESOURCE_UNAVAILABLE
        case _ if error.category is Category.TIMEOUT:
            return TaskErrorCode.TIMEOUT
        case _:
            return TaskErrorCode.COMPONENT_FAILED


def builtin_failure(step_id: str, error: BaseException) -> Failure:
    """A built-in that cannot do its work answers as the reference does: UNREACHABLE, with a fixed message. The
    cause is in ``next_step``, without the words of a foreign exception."""
    cause = error.failure if isinstance(error, CallFailed) else failure_of(error)
    return Failure(
        code=TaskErrorCode.UNREACHABLE,
        message=f'step "{step_id}" failed',
        error=cause.error,
        category=cause.category,
        retryable=False,
        next_step=cause.next_step
        if has_foreign_words(cause.error)
        else f"{cause.message.rstrip('.')}. {cause.next_step}",
    )


def broken_input(error: ValidationError, step_id: str, component: str) -> Failure:
    return Failure.of(
        InvalidInput(
            f'input of step "{step_id}" does not fit {component}: {_places(error)}',
            next_step=f'Correct the named field in the input of step "{step_id}".',
        ),
        TaskErrorCode.INVALID_INPUT,
    )


def broken_output(error: ValidationError, step_id: str, component: str) -> Failure:
    return Failure.of(
        ComponentError(
            f'{component} returned what it did not promise in step "{step_id}": {_places(error)}',
            code="component.broken_output",
            next_step=f"Correct {component}: its result must fit its declared return type.",
        )
    )


def input_without_json(component: str) -> Failure:
    return Failure.of(
        InvalidInput(
            f"the input of {component} has no JSON form (a number that is not finite, or broken text)",
            next_step="Correct the component that produced the value.",
        ),
        TaskErrorCode.INVALID_INPUT,
    )


def output_without_json(step_id: str, component: str) -> Failure:
    return Failure.of(
        ComponentError(
            f'the result of {component} in step "{step_id}" has no JSON form',
            code="component.broken_output",
            next_step=f"Let {component} return JSON values or pydantic models, with finite numbers only.",
        )
    )


def output_not_finite(step_id: str, component: str, place: str) -> Failure:
    return Failure.of(
        ComponentError(
            f'{component} returned a number that is not finite in step "{step_id}", at {place}',
            code="component.broken_output",
            next_step=f"Let {component} return null or leave the field out where there is no number.",
        )
    )


def unroutable(error: UnknownComponent) -> Failure:
    """No such component: the reference's code and words, and our hint with the nearest known names."""
    return Failure(
        code=TaskErrorCode.ORCHESTRATOR_ERROR,
        message="error routing component",
        error=error.code,
        category=error.category,
        next_step=f"{error.message}. {error.next_step}",
    )


def too_deep(limit: int) -> Failure:
    return Failure(
        code=TaskErrorCode.ORCHESTRATOR_ERROR,
        message=f"flows run inside each other more than {limit} levels deep",
        error="flow.too_deep",
        category=Category.INPUT,
        next_step="Let the flow stop running itself; for a loop use /builtin/iterate.",
    )


def _places(error: ValidationError) -> str:
    """Field names and what is wrong with them; never a value."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    named = [f"field {'.'.join(map(str, item['loc'])) or '(whole)'!s}: {item['msg']}" for item in found[:5]]
    more = [f"and {len(found) - 5} more"] if len(found) > 5 else []
    return "; ".join(named + more)
