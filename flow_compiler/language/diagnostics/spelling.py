"""Rules about keys and paths that mean nothing, or something else than they look like.

The reference ignores them silently. Old key names are recognised, with their replacement (notes/stepflow 1.1, 1.12).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from flow_compiler.language.diagnostics.diagnostic import Diagnostic, finding
from flow_compiler.language.diagnostics.kinds import Kind
from flow_compiler.language.expressions import (
    DECIDING_KEYS,
    Coalesce,
    Expression,
    If,
    InputRef,
    Json,
    Literal,
    ObjectExpr,
    StepRef,
    VariableRef,
)
from flow_compiler.language.model import Flow
from flow_compiler.language.paths import Path, PathError
from flow_compiler.language.reading import FLOW_KEYS, ON_ERROR_KEYS, STEP_KEYS
from flow_compiler.language.source import Part, Where
from flow_compiler.language.walk import Found, walk

_LATER_IS_ELSEWHERE = "Steps are no longer skipped: choose with `$if` in the input of what uses this step's result."
_OLD_FLOW_KEYS = {
    "inputSchema": "Write `schemas: {type: object, properties: {input: …}}`.",
    "input_schema": "Write `schemas: {type: object, properties: {input: …}}`.",
    "outputSchema": "Write `schemas: {type: object, properties: {output: …}}`.",
    "output_schema": "Write `schemas: {type: object, properties: {output: …}}`.",
    "variables": "Write `schemas: {type: object, properties: {variables: …}}`.",
    "variables_schema": "Write `schemas: {type: object, properties: {variables: …}}`.",
    "input": "A flow has no `input` of its own; give it with the run, and refer to it with `$input`.",
}
_OLD_STEP_KEYS = {
    "skip": _LATER_IS_ELSEWHERE,
    "skipIf": _LATER_IS_ELSEWHERE,
    "when": _LATER_IS_ELSEWHERE,
    "onSkip": _LATER_IS_ELSEWHERE,
    "on_error": "Write `onError`.",
    "must_execute": "Write `mustExecute`.",
    "inputSchema": "A component declares its own input.",
    "outputSchema": "Write `schemas: {type: object, properties: {steps: {properties: {STEP_ID: …}}}}`.",
    "timeout": "A step has no timeout; the pool its component runs in has one.",
}
_OLD_ON_ERROR_KEYS = {"default_value": "Write `defaultValue`.", "max_retries": "Write `maxRetries`."}
_DATA_KEYS = ("$blob", "$ref", "$schema", "$defs", "$id")
"""Keys that data and schemas use for themselves."""
_DIRECTIVES = [key for key in DECIDING_KEYS if key != "$from"]
_OLD_DIRECTIVES = {
    "$template": "There is no string interpolation; build text in a component.",
    "$expr": "There are no computed expressions; compute in a component.",
}


def unknown_keys(flow: Flow) -> Iterator[Diagnostic]:
    top = Where(flow.source)
    yield from _unknown(top, "flow", flow.unknown, FLOW_KEYS, _OLD_FLOW_KEYS)
    for index, step in enumerate(flow.steps):
        where = top.at("steps").at(index)
        yield from _unknown(where, "step", step.unknown, STEP_KEYS, _OLD_STEP_KEYS)
        yield from _unknown(where.at("onError"), "onError", step.on_error.unknown, ON_ERROR_KEYS, _OLD_ON_ERROR_KEYS)


def expression_keys(flow: Flow) -> Iterator[Diagnostic]:
    starts = [(step.input, ("steps", index, "input")) for index, step in enumerate(flow.steps)]
    for expression, start in [*starts, (flow.output, ("output",))]:
        for found in walk(Found(expression, start, start)):
            yield from _ignored(flow, found)
            yield from _directives(flow, found)
            yield from _dotted(flow, found)


def _unknown(
    where: Where, what: str, unknown: tuple[str, ...], known: tuple[str, ...], old: dict[str, str]
) -> Iterator[Diagnostic]:
    for key in unknown:
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
        guess = (
            f"Did you mean `{near[0]}`?"
            if near
            else f"Remove it, or put it under `metadata:`; a {what} has: " + (", ".join(known) + ".")
        )
        yield finding(
            Kind.UNKNOWN_KEY,
            f"`{key}` means nothing in a {what} and is ignored" if what != "onError" else f"onError has no `{key}`",
            where,
            path=(*where.pointer, key),
            key=key,
            instead=old.get(key, guess),
        )


def _ignored(flow: Flow, found: Found) -> Iterator[Diagnostic]:
    for key in getattr(found.expression, "ignored", ()):
        is_path = key == "path" and isinstance(found.expression, InputRef | VariableRef)
        yield finding(
            Kind.IGNORED_KEY,
            f"`{key}` beside {_deciding_key(found.expression)} is ignored",
            Where(flow.source, found.pointer),
            path=(*found.path, key),
            key=key,
            instead="Put the path into the reference itself, as in `$input: $.a.b`." if is_path else "Remove it.",
        )


def _directives(flow: Flow, found: Found) -> Iterator[Diagnostic]:
    for inside, key in _plain_keys(found.expression):
        if key.startswith("$") and key not in _DATA_KEYS:
            near = difflib.get_close_matches(key, _DIRECTIVES, n=1, cutoff=0.6)
            guess = f"Did you mean `{near[0]}`?" if near else "If it is meant as data, put it under `$literal:`."
            yield finding(
                Kind.UNKNOWN_DIRECTIVE,
                f"`{key}` is no directive: it is taken as an ordinary key",
                Where(flow.source, (*found.pointer, *inside)),
                path=(*found.path, *inside, key),
                key=key,
                instead=_OLD_DIRECTIVES.get(key, guess),
            )


def _dotted(flow: Flow, found: Found) -> Iterator[Diagnostic]:
    if not isinstance(found.expression, InputRef | StepRef | VariableRef) or len(found.expression.path.parts) != 1:
        return
    name: Part = found.expression.path.parts[0]
    if isinstance(name, str) and _looks_like_many_parts(name):
        yield finding(
            Kind.DOTTED_FIELD_NAME,
            f"the path {name!r} is one field of that name, not a path of several parts",
            Where(flow.source, found.pointer),
            path=found.path,
            instead=f"Write `$.{name}` for several parts.",
        )


def _plain_keys(expression: Expression) -> Iterator[tuple[tuple[Part, ...], str]]:
    """Every key that was parsed and decided nothing, with the way to its object."""
    if isinstance(expression, ObjectExpr):
        yield from (((), key) for key in expression.fields)
    elif isinstance(expression, Literal) and not expression.protected:
        yield from _keys_in(expression.value, ())


def _keys_in(value: Json, inside: tuple[Part, ...]) -> Iterator[tuple[tuple[Part, ...], str]]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield inside, key
            yield from _keys_in(member, (*inside, key))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _keys_in(member, (*inside, index))


def _deciding_key(expression: Expression) -> str:
    match expression:
        case Literal():
            return "`$literal`"
        case If():
            return "`$if`"
        case Coalesce():
            return "`$coalesce`"
        case StepRef():
            return "`$step`"
        case InputRef():
            return "`$input`"
        case _:
            return "`$variable`"


def _looks_like_many_parts(name: str) -> bool:
    try:
        return len(Path.parse(f"$.{name}").parts) > 1
    except PathError:
        return False
