"""Rules about keys and paths that mean nothing, or something else than they look like.

The reference ignores them silently. Old key names are recognised, with their replacement (notes/stepflow 1.1, 1.12).
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator

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
    expression_to_json,
)
from flow_compiler.language.model import Flow
from flow_compiler.language.paths import Path, PathError
from flow_compiler.language.reading import FLOW_KEYS, ON_ERROR_KEYS, STEP_KEYS
from flow_compiler.language.removed_syntax import (
    instead_of_directive,
    instead_of_flow_key,
    instead_of_ignored_key,
    instead_of_step_key,
    shown,
)
from flow_compiler.language.source import Part, Where, path_text
from flow_compiler.language.walk import Found, walk

_OLD_ON_ERROR_KEYS = {"default_value": "defaultValue", "max_retries": "maxRetries"}
_DATA_KEYS = ("$blob", "$ref", "$schema", "$defs", "$id")
"""Keys that data and schemas use for themselves."""
_DIRECTIVES = [key for key in DECIDING_KEYS if key != "$from"]


def unknown_keys(flow: Flow) -> Iterator[Diagnostic]:
    """At the top, in steps and in ``onError``."""
    top = Where(flow.source)
    for key, value in flow.unknown.items():
        yield unknown_key(top, "a flow", key, FLOW_KEYS, instead_of_flow_key(key, value))
    for index, step in enumerate(flow.steps):
        where = top.at("steps").at(index)
        for key, value in step.unknown.items():
            users = (path_text(found.path) for found in _uses(flow, step.id))
            yield unknown_key(where, "a step", key, STEP_KEYS, instead_of_step_key(key, value, step.id, users))
        for key, value in step.on_error.unknown.items():
            old = f"Write `{_OLD_ON_ERROR_KEYS[key]}: {shown(value)}`." if key in _OLD_ON_ERROR_KEYS else None
            yield unknown_key(where.at("onError"), "onError", key, ON_ERROR_KEYS, old)


def _uses(flow: Flow, step_id: str) -> Iterator[Found]:
    for found in expressions_of(flow):
        if isinstance(found.expression, StepRef) and found.expression.step == step_id:
            yield found


def expressions_of(flow: Flow) -> Iterator[Found]:
    """Every expression of the flow and every part of it, with its place."""
    for index, step in enumerate(flow.steps):
        start = ("steps", index, "input")
        yield from walk(Found(step.input, start, start))
    yield from walk(Found(flow.output, ("output",), ("output",)))


def expression_keys(flow: Flow) -> Iterator[Diagnostic]:
    """Keys beside references, keys that look like directives, and paths that look like several parts."""
    for found in expressions_of(flow):
        yield from _ignored(flow, found)
        yield from _directives(flow, found)
        yield from _dotted(flow, found)


def unknown_key(where: Where, what: str, key: str, known: Collection[str], old: str | None = None) -> Diagnostic:
    """``key`` of the mapping at ``where`` means nothing; ``old``: what to write where it meant something once."""
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    guess = (
        f"Did you mean `{near[0]}`?"
        if near
        else f"Remove it, or put it under `metadata:`; {what} has: {', '.join(known)}."
    )
    return finding(
        Kind.UNKNOWN_KEY,
        f"`{key}` means nothing in {what}, and is ignored",
        where,
        path=(*where.pointer, key),
        key=key,
        instead=old or guess,
        data={"key": key},
    )


def _ignored(flow: Flow, found: Found) -> Iterator[Diagnostic]:
    for key, value in getattr(found.expression, "ignored", ()):
        whole = _with_path(found.expression, value) if key == "path" else None
        instead = f"Write `{shown(whole)}`." if whole is not None else instead_of_ignored_key(key, value)
        yield finding(
            Kind.IGNORED_KEY,
            f"`{key}` beside {_deciding_key(found.expression)} is ignored",
            Where(flow.source, found.pointer),
            path=(*found.path, key),
            key=key,
            instead=instead or "Remove it.",
        )


def _directives(flow: Flow, found: Found) -> Iterator[Diagnostic]:
    for inside, key, value in _plain_keys(found.expression):
        if key.startswith("$") and key not in _DATA_KEYS:
            near = difflib.get_close_matches(key, _DIRECTIVES, n=1, cutoff=0.6)
            guess = f"Did you mean `{near[0]}`?" if near else "If it is meant as data, put it under `$literal:`."
            yield finding(
                Kind.UNKNOWN_DIRECTIVE,
                f"`{key}` is no directive: it is taken as an ordinary key",
                Where(flow.source, (*found.pointer, *inside)),
                path=(*found.path, *inside, key),
                key=key,
                instead=instead_of_directive(key, value) or guess,
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


def _with_path(expression: Expression, path: Json) -> Json | None:
    """The reference with a path that was written beside it."""
    if not isinstance(expression, InputRef | VariableRef) or not isinstance(path, str | None):
        return None
    try:
        whole = Path((*expression.path.parts, *Path.parse(path).parts))
    except PathError:
        return None
    return {"$input" if isinstance(expression, InputRef) else "$variable": str(whole)}


def _plain_keys(expression: Expression) -> Iterator[tuple[tuple[Part, ...], str, Json]]:
    """Every key that was parsed and decided nothing, with the way to its object, and its value."""
    if isinstance(expression, ObjectExpr):
        for key, part in expression.fields.items():
            yield (), key, expression_to_json(part)
    elif isinstance(expression, Literal) and not expression.protected:
        yield from _keys_in(expression.value, ())


def _keys_in(value: Json, inside: tuple[Part, ...]) -> Iterator[tuple[tuple[Part, ...], str, Json]]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield inside, key, member
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
