"""Everything inside an expression, with the path diagnostics show and the pointer into the source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from flow_compiler.language.expressions import (
    ArrayExpr,
    Coalesce,
    Expression,
    If,
    InputRef,
    Literal,
    ObjectExpr,
    StepRef,
    VariableRef,
)
from flow_compiler.language.source import Part


class Found(NamedTuple):
    """An expression and where it is. ``path`` names the parts of an ``$if`` condition, then, else (as the reference
    does); ``pointer`` follows the keys as written, and ``certain`` is false where the expression may never be
    evaluated (a branch, a later choice, a default)."""

    expression: Expression
    path: tuple[Part, ...] = ()
    pointer: tuple[Part, ...] = ()
    certain: bool = True


def walk(start: Found) -> Iterator[Found]:
    """The expression itself, then its parts, depth first in the order written."""
    waiting = [start]
    while waiting:
        found = waiting.pop()
        yield found
        if not isinstance(found.expression, Literal | StepRef | InputRef):
            waiting.extend(reversed([*_parts(found)]))


def _parts(found: Found) -> Iterator[Found]:
    path, pointer, certain = found.path, found.pointer, found.certain
    match found.expression:
        case ObjectExpr(fields):
            for key, field in fields.items():
                yield Found(field, (*path, key), (*pointer, key), certain)
        case ArrayExpr(items):
            for index, item in enumerate(items):
                yield Found(item, (*path, index), (*pointer, index), certain)
        case If(condition, then, otherwise):
            yield Found(condition, (*path, "condition"), (*pointer, "$if"), certain)
            yield Found(then, (*path, "then"), (*pointer, "then"), False)
            yield Found(otherwise, (*path, "else"), (*pointer, "else"), False)
        case Coalesce(items):
            for index, item in enumerate(items):
                yield Found(item, (*path, index), (*pointer, "$coalesce", index), certain and index == 0)
        case VariableRef(_, default) if default is not None:
            yield Found(default, path, (*pointer, "default"), False)
        case _:
            return
