"""The schemas of steps' results: declared by the flow, promised by the component, or those of a flow inside."""

from __future__ import annotations

from flow_compiler.errors import FlowLoadError
from flow_compiler.language.diagnostics.subflows import flow_run_by, read_subflow
from flow_compiler.language.expressions import Expression, Json, Literal, ObjectExpr
from flow_compiler.language.model import ErrorAction, Flow, Step
from flow_compiler.language.paths import Path
from flow_compiler.language.types.building import object_of, schema_of_value, union
from flow_compiler.language.types.documents import UNKNOWN, Documents
from flow_compiler.language.types.flow_types import FlowTypes, Signature, Signatures
from flow_compiler.language.types.parts import item_of, part_at

_SAME = ("/builtin/noop", "/noop")
_MAP = ("/builtin/map", "/map")
_ITERATE = ("/builtin/iterate", "/iterate")
_DEEPEST = 8
"""Flows inside flows that are followed."""
_ERROR = object_of({"code": {"type": "string"}, "message": {"type": "string"}, "data": UNKNOWN})
_COUNT = {"type": "integer", "minimum": 0}


def types_of(
    flow: Flow, signatures: Signatures, documents: Documents | None = None, given: Json = UNKNOWN, depth: int = 0
) -> FlowTypes:
    """The schemas of everything in the flow. ``given``: its input's schema, where it does not declare one itself."""
    types = FlowTypes.declared_by(flow, documents or Documents(), given)
    for index, step in enumerate(flow.steps):
        types.steps.setdefault(step.id, _result(flow, step, index, types, signatures, depth))
    return types


def _result(flow: Flow, step: Step, index: int, types: FlowTypes, signatures: Signatures, depth: int) -> Json:
    found = types.declared_steps.get(step.id)
    if found is None:
        found = promised(flow, step, index, types, signatures, depth)
    if step.on_error.action is ErrorAction.USE_DEFAULT:
        return union([found, schema_of_value(step.on_error.default_value)])
    return found


def promised(flow: Flow, step: Step, index: int, types: FlowTypes, signatures: Signatures, depth: int = 0) -> Json:
    """What the step's component gives when it succeeds, whatever the flow declares."""
    if step.component in _SAME:
        return types.of(step.input)
    if step.component in (*_MAP, *_ITERATE) and depth < _DEEPEST:
        inner = inner_types(flow, step, index, types, signatures, depth)
        if inner is not None:
            output = inner[1].of(inner[0].output)
            if step.component in _MAP:
                return _mapped(output)
            return _iterated(output, types.of(_field(step.input, "initial_input")), types)
    signature = signatures(step.component)
    return promise_of(signature, types.documents)


def promise_of(signature: Signature | None, documents: Documents) -> Json:
    return UNKNOWN if signature is None else documents.adopt(signature.output, closed=signature.closed)


def inner_types(
    flow: Flow, step: Step, index: int, types: FlowTypes, signatures: Signatures, depth: int = 0
) -> tuple[Flow, FlowTypes] | None:
    """The flow that the step runs on items, with its schemas; None where it is not known before the run."""
    found = flow_run_by(step, ("steps", index, "input"))
    if found is None or not found.known:
        return None
    try:
        inner = read_subflow(flow, found)
    except FlowLoadError:
        return None
    return inner, types_of(inner, signatures, types.documents, _item(step, types), depth + 1)


def _item(step: Step, types: FlowTypes) -> Json:
    """What the flow inside is given. In an iteration that changes with every turn."""
    if step.component not in _MAP:
        return UNKNOWN
    return item_of(types.of(_field(step.input, "items")), types.documents)


def _field(expression: Expression, name: str) -> Expression:
    if isinstance(expression, ObjectExpr):
        return expression.fields.get(name, Literal(None))
    value = expression.value if isinstance(expression, Literal) else None
    return Literal(value.get(name)) if isinstance(value, dict) else Literal(None)


def _mapped(output: Json) -> Json:
    success = object_of({"outcome": {"const": "success"}, "result": output})
    failed = object_of({"outcome": {"const": "failed"}, "error": _ERROR})
    results = {"type": "array", "items": union([success, failed])}
    return object_of({"results": results, "successful": _COUNT, "failed": _COUNT})


def _iterated(output: Json, initial: Json, types: FlowTypes) -> Json:
    """The last result; or, when the turns are used up, the last input."""
    result = union([*(part_at(output, Path((name,)), types.documents).schema for name in ("result", "next")), initial])
    return object_of({"result": result, "iterations": _COUNT, "terminated": {"type": "boolean"}})
