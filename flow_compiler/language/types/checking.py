"""``--type-check``: what does not fit, from the schemas alone (notes/stepflow 1.11: 1100, 1101, 2100, 2101)."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from flow_compiler.language.dependencies import may_need
from flow_compiler.language.diagnostics.diagnostic import Diagnostic, finding
from flow_compiler.language.diagnostics.kinds import Kind
from flow_compiler.language.diagnostics.subflows import flow_run_by
from flow_compiler.language.expressions import (
    ArrayExpr,
    Expression,
    If,
    InputRef,
    Json,
    Literal,
    ObjectExpr,
    StepRef,
    VariableRef,
)
from flow_compiler.language.model import Flow, Step
from flow_compiler.language.paths import Path
from flow_compiler.language.source import Where
from flow_compiler.language.types.building import may_be_null, without_null
from flow_compiler.language.types.documents import UNKNOWN
from flow_compiler.language.types.fitting import Fit, fits
from flow_compiler.language.types.flow_types import FlowTypes, Signatures
from flow_compiler.language.types.parts import Part, part_at
from flow_compiler.language.types.results import inner_types, promised, types_of
from flow_compiler.language.types.shapes import alternatives, required
from flow_compiler.language.walk import Found, walk


def type_check(flow: Flow, signatures: Signatures) -> list[Diagnostic]:
    """Everything that the schemas of the flow and of its components say against it. Unknown schemas say nothing."""
    return list(_Check(flow, signatures, types_of(flow, signatures)).findings())


@dataclass(frozen=True)
class _Check:
    flow: Flow
    signatures: Signatures
    types: FlowTypes

    def findings(self) -> Iterator[Diagnostic]:
        referred = set(may_need(self.flow.output)).union(*(may_need(step.input) for step in self.flow.steps))
        yield from self._defaults()
        for index, step in enumerate(self.flow.steps):
            start = ("steps", index, "input")
            yield from self._references(Found(step.input, start, start), f"step {step.id!r}")
            yield from self._input(step, Found(step.input, start, start))
            yield from self._result(step, index, step.id in referred)
            yield from self._inside(step, index)
        output = Found(self.flow.output, ("output",), ("output",))
        yield from self._references(output, "the output")
        yield from self._fits(output, self.types.declared_output, "the output", "`schemas.properties.output`")

    def _references(self, start: Found, owner: str) -> Iterator[Diagnostic]:
        for found in walk(start):
            match found.expression:
                case InputRef(path) if not path.is_whole:
                    part = part_at(self.types.given, path, self.types.documents)
                    yield from self._missing(found, part, path, "the input", owner)
                case StepRef(step, path) if not path.is_whole:
                    result = without_null(self.types.steps.get(step, UNKNOWN), self.types.documents)
                    part = part_at(result, path, self.types.documents)
                    yield from self._missing(found, part, path, f"the result of step {step!r}", owner)
                case VariableRef(path, default) as reference if not reference.rest.is_whole and default is None:
                    schema = self.types.variables.get(reference.name or "", UNKNOWN)
                    part = part_at(schema, reference.rest, self.types.documents)
                    yield from self._missing(found, part, reference.rest, f"the variable {reference.name!r}", owner)
                case _:
                    pass

    def _missing(self, found: Found, part: Part, path: Path, of: str, owner: str) -> Iterator[Diagnostic]:
        if part.missing is None:
            return
        near = difflib.get_close_matches(str(part.missing), part.listed, n=1, cutoff=0.5)
        if near:
            fixed = str(Path(tuple(near[0] if each == part.missing else each for each in path.parts)))
            instead = f"Did you mean {near[0]!r}? Write `{fixed}`."
        elif part.listed:
            instead = f"There are: {', '.join(part.listed)}."
        else:
            instead = f"It is {part.of}, which has no parts." if part.of else "Correct the path."
        what = f"item {part.missing}" if isinstance(part.missing, int) else f"field {part.missing!r}"
        yield finding(
            Kind.UNKNOWN_PROPERTY_IN_PATH,
            f"{owner} takes `{path}` of {of}, which has no {what}",
            Where(self.flow.source, found.pointer),
            path=found.path,
            instead=instead,
            data={"path": str(path), "property": part.missing},
        )

    def _input(self, step: Step, start: Found) -> Iterator[Diagnostic]:
        signature = self.signatures(step.component)
        if signature is None:
            return
        wanted = self.types.documents.adopt(signature.input)
        yield from self._fits(start, wanted, f"the input of step {step.id!r}", step.component)

    def _fits(self, found: Found, wanted: Json, what: str, by: str) -> Iterator[Diagnostic]:
        """Objects, arrays and choices part by part, so that a finding stands where the part is written."""
        documents = self.types.documents
        shapes = alternatives(wanted, documents)
        expression = _opened(found.expression)
        if shapes is None:
            return
        of_kind = [
            shape for shape in shapes if shape["type"] == ("object" if isinstance(expression, ObjectExpr) else "array")
        ]
        if isinstance(expression, If):
            for branch, name in ((expression.then, "then"), (expression.otherwise, "else")):
                yield from self._fits(_part(found, branch, name), wanted, what, by)
        elif isinstance(expression, ObjectExpr) and len(of_kind) == 1 and "enum" not in of_kind[0]:
            shape = of_kind[0]
            listed = shape.get("properties") if isinstance(shape.get("properties"), dict) else {}
            for name in required(shape):
                if name not in expression.fields:
                    yield self._mismatch(
                        found, f"{what} does not fit {by}: the field {name!r} is missing", f"Add `{name}:`."
                    )
            more = UNKNOWN if shape.get("patternProperties") else shape.get("additionalProperties", UNKNOWN)
            for name, member in expression.fields.items():
                schema = (listed or {}).get(name, more)
                part = _part(found, member, name)
                if schema is False:
                    yield self._mismatch(
                        part, f"{what} does not fit {by}: it has no field {name!r}", _nearest(name, listed or {})
                    )
                else:
                    yield from self._fits(part, schema, f"`{name}` of {what}", by)
        elif isinstance(expression, ArrayExpr) and len(of_kind) == 1 and "prefixItems" not in of_kind[0]:
            for index, item in enumerate(expression.items):
                yield from self._fits(
                    _part(found, item, index), of_kind[0].get("items", UNKNOWN), f"item {index} of {what}", by
                )
        else:
            yield from self._compared(found, self.types.of(expression), wanted, what, by)

    def _compared(self, found: Found, given: Json, wanted: Json, what: str, by: str) -> Iterator[Diagnostic]:
        verdict = fits(given, wanted, self.types.documents)
        if verdict.fit is Fit.YES:
            return
        at = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in verdict.inside)
        if verdict.fit is Fit.NO:
            yield self._mismatch(
                found,
                f"{what} does not fit {by}: {f'at {at}: ' if at else ''}{verdict.why}",
                "Give what is expected, or correct the schema.",
            )
            return
        known = verdict.fit is Fit.PARTLY
        nullable = known and may_be_null(given, self.types.documents)
        yield finding(
            Kind.TYPE_CHECK_INDETERMINATE,
            f"{what} may not fit {by}: {f'at {at}: ' if at else ''}{verdict.why}"
            if known
            else f"cannot tell whether {what} fits {by}",
            Where(self.flow.source, found.pointer),
            path=found.path,
            instead="Where it may be null, give another value: `$coalesce: [this, value]`."
            if nullable
            else "Declare a narrower schema of what it comes from, under `schemas:`.",
            experimental=not known,
        )

    def _mismatch(self, found: Found, message: str, instead: str) -> Diagnostic:
        where = Where(self.flow.source, found.pointer)
        return finding(Kind.TYPE_MISMATCH, message, where, path=found.path, instead=instead)

    def _result(self, step: Step, index: int, is_referred: bool) -> Iterator[Diagnostic]:
        declared = self.types.declared_steps.get(step.id)
        found = promised(self.flow, step, index, self.types, self.signatures)
        if declared is not None:
            pointer = ("schemas", "properties", "steps", "properties", step.id)
            what = f"what {step.component} gives"
            for each in self._compared(
                Found(Literal(None), pointer, pointer), found, declared, what, "the declared schema"
            ):
                if each.code == Kind.TYPE_MISMATCH.code:
                    yield each
        elif is_referred and alternatives(found, self.types.documents) is None:
            known = self.signatures(step.component) is not None
            yield finding(
                Kind.UNTYPED_COMPONENT_OUTPUT,
                f"{step.component} {'declares no schema of its result' if known else 'is not known here'}, so what is made of step {step.id!r} is not checked",
                Where(self.flow.source, ("steps", index, "component")),
                path=("steps", index),
                instead=f"Declare it: `schemas: {{type: object, properties: {{steps: {{properties: {{{step.id}: …}}}}}}}}`.",
            )

    def _inside(self, step: Step, index: int) -> Iterator[Diagnostic]:
        """The flow that the step runs on items."""
        sub = flow_run_by(step, ("steps", index, "input"))
        inner = inner_types(self.flow, step, index, self.types, self.signatures)
        if sub is None or inner is None:
            return
        prefix = str(Where(self.flow.source, sub.pointer))
        for found in _Check(inner[0], self.signatures, inner[1]).findings():
            yield replace(found, path=prefix + found.path.removeprefix("$"))

    def _defaults(self) -> Iterator[Diagnostic]:
        """Of variables: a default that the variable's own schema refuses."""
        for name, schema in self.types.variables.items():
            if isinstance(schema, dict) and "default" in schema:
                pointer = ("schemas", "properties", "variables", "properties", name, "default")
                default = Found(Literal(schema["default"]), pointer, pointer)
                rules = {key: value for key, value in schema.items() if key != "default"}
                yield from self._fits(default, rules, f"the default of the variable {name!r}", "its schema")


def _opened(expression: Expression) -> Expression:
    """A literal object or array with its parts as literals."""
    match expression:
        case Literal(dict() as members):
            return ObjectExpr({name: Literal(member) for name, member in members.items()})
        case Literal(list() as items):
            return ArrayExpr(tuple(Literal(item) for item in items))
        case _:
            return expression


def _part(found: Found, part: Expression, name: str | int) -> Found:
    pointer = found.pointer
    if isinstance(found.expression, Literal) and found.expression.protected:
        pointer = (*pointer, "$literal")
    return Found(part, (*found.path, name), (*pointer, name))


def _nearest(name: str, known: dict[str, Json]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"Did you mean `{near[0]}`?" if near else f"Leave it out; there are: {', '.join(known) or 'none'}."
