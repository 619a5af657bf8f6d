"""Rules about flows inside a step's input: what ``put_blob`` stores as a flow, and what ``map`` and ``iterate`` run.

The reference looks at ``put_blob`` only, and there at what is under ``$literal``: its codes are for that. Elsewhere we
report, under a code of our own, what would fail, not what is only unusual.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from flow_compiler.errors import FlowLoadError
from flow_compiler.language.diagnostics.diagnostic import Diagnostic, finding
from flow_compiler.language.diagnostics.kinds import Kind, Level
from flow_compiler.language.diagnostics.strict import is_ignored_silently
from flow_compiler.language.expressions import ArrayExpr, Expression, Json, Literal, ObjectExpr
from flow_compiler.language.model import Flow, Step
from flow_compiler.language.reading import flow_from_json
from flow_compiler.language.source import Part, Source, Where

Diagnose = Callable[[Flow], list[Diagnostic]]

_RUN_FLOWS = {"/builtin/map": "workflow", "/map": "workflow", "/builtin/iterate": "flow", "/iterate": "flow"}
_STORE_BLOBS = ("/builtin/put_blob", "/put_blob")


class SubFlow(NamedTuple):
    """A flow inside a step's input, and where it stands."""

    value: Json
    pointer: tuple[Part, ...]
    known: bool  # nothing of it is filled in while the outer flow runs


def subflows(flow: Flow, diagnose: Diagnose) -> Iterator[Diagnostic]:
    for index, step in enumerate(flow.steps):
        stored = _stored(step, ("steps", index, "input"))
        if stored is not None and (stored.pointer[-1] == "$literal" or not isinstance(stored.value, dict | list)):
            yield from _inside(flow, stored, diagnose)
        elif stored is not None:
            yield from _failures(flow, stored, diagnose)
        run = flow_run_by(step, ("steps", index, "input"))
        if run is not None:
            yield from _failures(flow, run, diagnose)


def runs_as_flow(step: Step, inside: tuple[Part, ...]) -> bool:
    """Whether what stands there in the step's input is (in) a flow that the step runs, so that its references are meant
    for that flow."""
    return bool(inside) and inside[0] == _RUN_FLOWS.get(step.component)


def _stored(step: Step, pointer: tuple[Part, ...]) -> SubFlow | None:
    if step.component not in _STORE_BLOBS:
        return None
    fields, pointer = _fields(step, pointer)
    data, kind = fields.get("data"), fields.get("blob_type")
    if kind == Literal("flow") and isinstance(data, Literal):
        return SubFlow(data.value, (*pointer, "data", *_under(data)), known=True)
    return None


def flow_run_by(step: Step, pointer: tuple[Part, ...]) -> SubFlow | None:
    """The flow that a map or an iteration runs, where it is written out."""
    name = _RUN_FLOWS.get(step.component)
    fields, pointer = _fields(step, pointer)
    given = fields.get(name) if name is not None else None
    if name is None or not isinstance(given, Literal | ObjectExpr):
        return None
    known = isinstance(given, Literal) and (given.protected or isinstance(step.input, Literal))
    return SubFlow(_as_far_as_known(given), (*pointer, name, *_under(given)), known)


def _fields(step: Step, pointer: tuple[Part, ...]) -> tuple[Mapping[str, Expression], tuple[Part, ...]]:
    """The parts of the step's input, and where they stand; none when it is no object."""
    match step.input:
        case ObjectExpr(fields):
            return fields, pointer
        case Literal(dict() as values):
            return {key: Literal(value) for key, value in values.items()}, (*pointer, *_under(step.input))
        case _:
            return {}, pointer


def _under(expression: Expression) -> tuple[Part, ...]:
    return ("$literal",) if isinstance(expression, Literal) and expression.protected else ()


def _inside(flow: Flow, sub: SubFlow, diagnose: Diagnose) -> Iterator[Diagnostic]:
    """All findings in the sub-flow, under its path in the outer flow; a fatal one there is a fatal one here."""
    try:
        inner = read_subflow(flow, sub)
    except FlowLoadError as error:
        cause = (error.message, error.line, error.column, error.next_step)
        yield _invalid(Kind.INVALID_SUBFLOW_LITERAL, flow, sub, *cause)
        return
    prefix = Where(flow.source, sub.pointer)
    for found in diagnose(inner):
        yield replace(found, path=str(prefix) + found.path.removeprefix("$"))


def _failures(flow: Flow, sub: SubFlow, diagnose: Diagnose) -> Iterator[Diagnostic]:
    """What makes every item fail. Not fatal here: the outer flow may never call the step."""
    try:
        inner = read_subflow(flow, sub)
    except FlowLoadError as error:
        if sub.known:
            cause = (error.message, error.line, error.column, error.next_step)
            yield _invalid(Kind.FLOW_INSIDE_FAILS, flow, sub, *cause)
        return
    prefix = str(Where(flow.source, sub.pointer))
    for found in diagnose(inner):
        if is_ignored_silently(found) and sub.known:
            yield replace(found, path=prefix + found.path.removeprefix("$"))
        elif found.level is Level.FATAL or (found.level is Level.ERROR and sub.known):
            message = f"{found.path}: {found.message}"
            yield _invalid(Kind.FLOW_INSIDE_FAILS, flow, sub, message, found.line, found.column, found.instead)


def read_subflow(flow: Flow, sub: SubFlow) -> Flow:
    """Raises FlowLoadError."""
    places = flow.source.places.inside(sub.pointer) if flow.source.places else None
    return flow_from_json(sub.value, Source(flow.source.file, places))


def _invalid(
    kind: Kind, flow: Flow, sub: SubFlow, message: str, line: int | None, column: int | None, instead: str
) -> Diagnostic:
    at_flow = finding(
        kind,
        f"the flow inside cannot run: {message}",
        Where(flow.source, sub.pointer),
        instead=instead,
    )
    return at_flow if line is None else replace(at_flow, line=line, column=column)


def _as_far_as_known(expression: Expression) -> Json:
    """The value with null for everything that is filled in while the outer flow runs."""
    match expression:
        case Literal(value):
            return value
        case ObjectExpr(fields):
            return {key: _as_far_as_known(field) for key, field in fields.items()}
        case ArrayExpr(items):
            return [_as_far_as_known(item) for item in items]
        case _:
            return None
