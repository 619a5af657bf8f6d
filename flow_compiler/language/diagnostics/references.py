"""Rules about what expressions refer to: steps, variables, fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flow_compiler.language.diagnostics.diagnostic import Diagnostic, finding
from flow_compiler.language.diagnostics.kinds import Kind
from flow_compiler.language.diagnostics.nearest import NearestNames
from flow_compiler.language.diagnostics.subflows import runs_as_flow
from flow_compiler.language.expressions import InputRef, StepRef, VariableRef
from flow_compiler.language.model import Flow
from flow_compiler.language.schemas import declared_variables, input_schema, variables_schema
from flow_compiler.language.source import Where
from flow_compiler.language.walk import Found, walk


@dataclass(frozen=True)
class _Owner:
    """Whose expression it is: a step, or (None) the flow's output; and the steps it may refer to."""

    step_id: str | None
    available: Mapping[str, None]
    nearest: NearestNames

    def __str__(self) -> str:
        return "the output" if self.step_id is None else f"step {self.step_id!r}"


def references(flow: Flow) -> Iterator[Diagnostic]:
    """Every reference in step inputs and output. A step may refer to earlier steps only."""
    available: dict[str, None] = {}  # in their order; grows with the steps
    nearest = NearestNames()
    for index, step in enumerate(flow.steps):
        start = ("steps", index, "input")
        yield from _of_expression(flow, _Owner(step.id, available, nearest), Found(step.input, start, start))
        available[step.id] = None
    yield from _of_expression(flow, _Owner(None, available, nearest), Found(flow.output, ("output",), ("output",)))


def _of_expression(flow: Flow, owner: _Owner, start: Found) -> Iterator[Diagnostic]:
    for found in walk(start):
        match found.expression:
            case StepRef():
                yield from _step(flow, owner, found, found.expression)
            case InputRef(path) if not path.is_whole and input_schema(flow) is None:
                yield _unvalidated(flow, found, f"`{path}` of the input: the flow has no input schema")
            case VariableRef():
                yield from _variable(flow, owner, found, found.expression)
            case _:
                pass


def _step(flow: Flow, owner: _Owner, found: Found, reference: StepRef) -> Iterator[Diagnostic]:
    where = Where(flow.source, found.pointer)
    if reference.step == owner.step_id:
        yield finding(
            Kind.SELF_REFERENCE,
            f"step {reference.step!r} refers to itself",
            where,
            path=found.path,
            instead=_in_flow_inside(flow, found) or "Refer to an earlier step, or use /builtin/iterate for a loop.",
        )
    elif reference.step not in owner.available:
        later = reference.step in flow
        yield finding(
            Kind.UNDEFINED_STEP_REFERENCE,
            f"{owner} refers to step {reference.step!r}, which {'comes later' if later else 'does not exist'}",
            where,
            path=found.path,
            instead=_in_flow_inside(flow, found)
            or (
                "Move that step before this one."
                if later
                else owner.nearest.sentence(reference.step, owner.available, "earlier steps")
            ),
        )
    elif not reference.path.is_whole:
        yield _unvalidated(flow, found, f"`{reference.path}` of step {reference.step!r}: its result has no schema")


def _in_flow_inside(flow: Flow, found: Found) -> str:
    """What to write when the reference is meant for a flow that the step runs; empty when it is not."""
    place, *rest = found.pointer
    if place != "steps" or not isinstance(rest[0], int):
        return ""
    inside = tuple(rest[2:])
    if not runs_as_flow(flow.steps[rest[0]], inside):
        return ""
    return f"Put the flow inside under `$literal:` (`{inside[0]}: {{$literal: {{steps: …}}}}`): its steps are its own."


def _variable(flow: Flow, owner: _Owner, found: Found, reference: VariableRef) -> Iterator[Diagnostic]:
    if reference.name is None:
        return
    if variables_schema(flow) is None:
        yield finding(
            Kind.MISSING_VARIABLE_SCHEMA,
            f"{owner} uses the variable {reference.name!r}, and the flow does not declare any",
            Where(flow.source, found.pointer),
            path=("variables",),
            instead="Declare it under `schemas: {type: object, properties: {variables: …}}`.",
        )
        return
    declared = declared_variables(flow)
    if reference.name not in declared:
        has_default = reference.default is not None
        yield finding(
            Kind.UNDEFINED_VARIABLE if has_default else Kind.UNDEFINED_REQUIRED_VARIABLE,
            f"{owner} uses the variable {reference.name!r}, which `schemas.properties.variables` does not declare",
            Where(flow.source, found.pointer),
            path=found.path,
            instead=owner.nearest.sentence(reference.name, declared, "variables", write="Declare it there."),
        )
    if not reference.rest.is_whole:
        yield _unvalidated(flow, found, f"`{reference.rest}` of the variable {reference.name!r}")


def _unvalidated(flow: Flow, found: Found, what: str) -> Diagnostic:
    return finding(
        Kind.UNVALIDATED_FIELD_ACCESS,
        f"cannot check {what}",
        Where(flow.source, found.pointer),
        path=found.path,
        experimental=True,
    )
