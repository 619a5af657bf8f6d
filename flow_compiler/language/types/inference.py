"""The schemas that a flow could declare: what follows from its components and from what it uses.

What is declared stays as it is. Where a declaration and what follows exclude each other, that is a conflict; the flow's own
word is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from flow_compiler.language.diagnostics.diagnostic import Diagnostic
from flow_compiler.language.diagnostics.kinds import Kind
from flow_compiler.language.expressions import Expression, InputRef, Json, ObjectExpr, VariableRef
from flow_compiler.language.model import Flow
from flow_compiler.language.schemas import declared_variables, input_schema
from flow_compiler.language.types.building import union
from flow_compiler.language.types.checking import type_check
from flow_compiler.language.types.documents import UNKNOWN, Documents
from flow_compiler.language.types.flow_types import FlowTypes, Signatures
from flow_compiler.language.types.results import promised, types_of
from flow_compiler.language.types.shapes import alternatives, required
from flow_compiler.language.walk import Found, walk

_PASSES = 8


@dataclass(frozen=True)
class Inferred:
    """``schemas`` as the flow can declare them; ``conflicts`` between what it declares and what follows."""

    schemas: dict[str, Json]
    conflicts: tuple[Diagnostic, ...] = ()


@dataclass
class _Use:
    """How a value is used: the parts taken of it, and what the places want that take it whole."""

    parts: dict[str | int, _Use] = field(default_factory=dict)
    wanted: list[Json] = field(default_factory=list)
    certain: bool = False

    def at(self, path: tuple[str | int, ...], *, certain: bool) -> _Use:
        found = self
        for part in path:
            found = found.parts.setdefault(part, _Use())
            found.certain = found.certain or certain
        return found

    def schema(self) -> Json:
        """An object or an array where parts are taken, else what everybody who takes it accepts."""
        names = {part: use for part, use in self.parts.items() if isinstance(part, str)}
        if names:
            needed = [name for name, use in names.items() if use.certain]
            said = {"type": "object", "properties": {name: use.schema() for name, use in names.items()}}
            return {**said, "required": needed} if needed else said
        if self.parts:
            return {"type": "array", "items": union(use.schema() for use in self.parts.values())}
        known = [schema for schema in self.wanted if schema not in (UNKNOWN, True)]
        return known[0] if known and all(schema == known[0] for schema in self.wanted) else UNKNOWN


def infer(flow: Flow, signatures: Signatures) -> Inferred:
    """Schemas of the input (the fields that are used), of variables, of steps' results and of the output. Results and
    output are what they are for an input and variables of these schemas."""
    schemas = dict(flow.schemas)
    for _ in range(_PASSES):  # what follows from what follows
        more = _with_what_follows(replace(flow, schemas=schemas), signatures)
        if more == schemas:
            break
        schemas = more
    conflicts = [found for found in type_check(flow, signatures) if found.code in _AGAINST]
    return Inferred(schemas, tuple(conflicts))


def _with_what_follows(flow: Flow, signatures: Signatures) -> dict[str, Json]:
    documents = Documents()
    types = types_of(flow, signatures, documents)
    given, variables = _uses(flow, types, signatures)
    schemas: dict[str, Json] = {"type": "object", **flow.schemas}
    definitions = dict(schemas.get("$defs") or {})
    parts = dict(schemas.get("properties") or {})

    if input_schema(flow) is None and (given.parts or given.wanted):
        parts["input"] = documents.bundled(given.schema(), definitions)
    missing = {name: use for name, use in variables.parts.items() if name not in declared_variables(flow)}
    if missing:
        parts["variables"] = _with_variables(parts.get("variables"), missing, documents, definitions)
    steps = _steps(flow, types, signatures, documents, definitions)
    if steps:
        parts["steps"] = _with_properties(parts.get("steps"), steps)
    if "output" not in parts:
        output = types.of(flow.output)
        if alternatives(output, documents) is not None:
            parts["output"] = documents.bundled(output, definitions)

    order = ("input", "variables", "steps", "output")
    schemas["properties"] = {
        name: parts[name] for name in sorted(parts, key=lambda name: order.index(name) if name in order else 9)
    }
    if definitions:
        schemas["$defs"] = definitions
    return schemas if schemas["properties"] else dict(flow.schemas)


_AGAINST = (Kind.TYPE_MISMATCH.code, Kind.UNKNOWN_PROPERTY_IN_PATH.code)


def _steps(
    flow: Flow, types: FlowTypes, signatures: Signatures, documents: Documents, definitions: dict[str, Json]
) -> dict[str, Json]:
    """Of steps without a declaration, as far as anything is known of their results."""
    found: dict[str, Json] = {}
    for index, step in enumerate(flow.steps):
        if step.id in types.declared_steps or step.id in found:
            continue
        result = promised(flow, step, index, types, signatures)
        if alternatives(result, documents) is not None:
            found[step.id] = documents.bundled(result, definitions)
    return found


def _with_variables(
    declared: Json, missing: Mapping[str | int, _Use], documents: Documents, definitions: dict[str, Json]
) -> dict[str, Json]:
    schema = _with_properties(
        declared, {str(name): documents.bundled(use.schema(), definitions) for name, use in missing.items()}
    )
    needed = [str(name) for name, use in missing.items() if use.certain]
    return {**schema, "required": [*(schema.get("required") or []), *needed]} if needed else schema


def _with_properties(declared: Json, more: Mapping[str, Json]) -> dict[str, Json]:
    schema: dict[str, Json] = dict(declared) if isinstance(declared, dict) else {"type": "object"}
    return {**schema, "properties": {**(schema.get("properties") or {}), **more}}


def _uses(flow: Flow, types: FlowTypes, signatures: Signatures) -> tuple[_Use, _Use]:
    """Of the input, and of the variables (by name)."""
    given, variables = _Use(certain=True), _Use(certain=True)
    for step in flow.steps:
        signature = signatures(step.component)
        wanted = types.documents.adopt(signature.input) if signature is not None else UNKNOWN
        _note(Found(step.input), wanted, types, given, variables, runs=False)
    _note(Found(flow.output), types.declared_output, types, given, variables, runs=True)
    return given, variables


def _note(start: Found, wanted: Json, types: FlowTypes, given: _Use, variables: _Use, *, runs: bool) -> None:
    """``runs``: the expression is evaluated in every run, so that what it certainly takes is required."""
    by_place = {(): wanted, **_wanted_by_field(start.expression, wanted, types)}
    for found in walk(start):
        match found.expression:
            case InputRef(path):
                use = given.at(path.parts, certain=runs and found.certain)
                use.wanted.append(by_place.get(found.pointer, UNKNOWN))
            case VariableRef(path, default) if path.parts and isinstance(path.parts[0], str):
                use = variables.at(path.parts, certain=default is None and runs and found.certain)
                use.wanted.append(by_place.get(found.pointer, UNKNOWN) if default is None else UNKNOWN)
            case _:
                pass


def _wanted_by_field(expression: Expression, wanted: Json, types: FlowTypes) -> dict[tuple[str | int, ...], Json]:
    """What the component accepts in each field of an input that is an object."""
    shapes = alternatives(wanted, types.documents)
    if not isinstance(expression, ObjectExpr) or shapes is None or len(shapes) != 1 or shapes[0]["type"] != "object":
        return {}
    properties = shapes[0].get("properties")
    needed = required(shapes[0])
    found: dict[tuple[str | int, ...], Json] = {}
    for name in expression.fields:
        schema = properties.get(name, UNKNOWN) if isinstance(properties, dict) else UNKNOWN
        plain = (
            {key: value for key, value in schema.items() if key not in ("title", "default")}
            if isinstance(schema, dict)
            else schema
        )
        found[(name,)] = plain if name in needed or plain else UNKNOWN
    return found
