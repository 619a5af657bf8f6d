"""What an expression is worth, as far as it can be said now (notes/stepflow 1.6).

Lazy: only the branch that counts is looked at. Synchronous: what an expression still waits for is returned by name,
and it is evaluated again when that has finished.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flow_compiler.engine.outcomes import Failure, FlowResult, Json, TaskErrorCode
from flow_compiler.errors import Category
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
from flow_compiler.language.paths import MISSING, Path


class _Pending:
    """Not known yet: a step it refers to has not finished."""


PENDING: Final = _Pending()


@dataclass(frozen=True)
class Scope:
    """What expressions of one item can refer to. ``results`` fills while the item runs."""

    given: Json
    variables: Mapping[str, Json]
    variable_defaults: Mapping[str, Json]
    results: Mapping[str, FlowResult]
    steps: Collection[str]


def resolve(expression: Expression, scope: Scope, missing: dict[str, None]) -> Any:
    """The JSON value, a Failure, or PENDING; in the last case ``missing`` names the steps waited for, in order."""
    match expression:
        case Literal(value):
            return value
        case ObjectExpr(by_key):
            return _unless_failed({key: resolve(member, scope, missing) for key, member in by_key.items()})
        case ArrayExpr(members):
            return _unless_failed([resolve(member, scope, missing) for member in members])
        case StepRef():
            return _step(expression, scope, missing)
        case InputRef(path):
            found = path.resolve(scope.given)
            return expression_failure(f"Input path {_shown(path)} not found") if found is MISSING else found
        case If(condition, then, otherwise):
            chosen = resolve(condition, scope, missing)
            if chosen is PENDING:
                return PENDING
            return resolve(then if _truthy(chosen) else otherwise, scope, missing)
        case Coalesce(members):
            for member in members:
                value = resolve(member, scope, missing)
                if value is not None:
                    return value
            return None
        case VariableRef():
            return _variable(expression, scope, missing)


def _truthy(value: Any) -> bool:
    """Everything but null, false and a failure: 0, "", [] and {} are true."""
    return value is not None and value is not False and not isinstance(value, Failure)


def _unless_failed(members: dict[str, Any] | list[Any]) -> Any:
    """The members, unless one is not known yet, or failed: then the first failure in order stands for the whole."""
    failed = None
    for value in members.values() if isinstance(members, dict) else members:
        if value is PENDING:
            return PENDING
        if failed is None and isinstance(value, Failure):
            failed = value
    return members if failed is None else failed


def _step(reference: StepRef, scope: Scope, missing: dict[str, None]) -> Any:
    result = scope.results.get(reference.step)
    if result is None:
        if reference.step not in scope.steps:
            return Failure(
                code=TaskErrorCode.ORCHESTRATOR_ERROR,
                message=f"Step {reference.step} not completed",
                error="flow.undefined_step",
                category=Category.INPUT,
                next_step="The flow refers to a step it does not have: run `flow-compiler validate` on it.",
            )
        missing[reference.step] = None
        return PENDING
    if isinstance(result, Failure) or result.result is None:
        return result if isinstance(result, Failure) else None
    found = reference.path.resolve(result.result)
    return expression_failure(f"Path {_shown(reference.path)} not found") if found is MISSING else found


def _variable(reference: VariableRef, scope: Scope, missing: dict[str, None]) -> Any:
    name = reference.name
    for known in (scope.variables, scope.variable_defaults):
        if name is not None and name in known:
            found = reference.rest.resolve(known[name])
            if found is not MISSING:
                return found
            break
    if reference.default is not None:
        return resolve(reference.default, scope, missing)
    return expression_failure(f"Undefined variable: {name if name is not None else _shown(reference.path)}")


def _shown(path: Path) -> str:
    """As the reference writes it in messages: names unquoted."""
    return "$" + "".join(f".{part}" if isinstance(part, str) else f"[{part}]" for part in path.parts)


def expression_failure(message: str) -> Failure:
    return Failure(
        code=TaskErrorCode.EXPRESSION_FAILURE,
        message=message,
        error="flow.expression",
        category=Category.INPUT,
        next_step="Correct the path in the flow, or give the flow what it refers to.",
    )
