"""Value expressions: the parts of a flow that become values when it runs (notes/stepflow 1.4).

They are parsed once, when the flow is loaded. In an object the first of ``$literal``, ``$if``, ``$coalesce``,
``$from``, ``$step``, ``$input``, ``$variable`` decides, in this order, and other keys beside it are ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from flow_compiler.language.paths import WHOLE, Path, PathError
from flow_compiler.language.removed_syntax import instead_of_from
from flow_compiler.language.source import Where

Json = Any

Ignored: TypeAlias = tuple[tuple[str, Json], ...]
"""What is written beside the deciding key and has no meaning there: kept only so that diagnostics can name it."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that is itself. ``protected``: it was written under ``$literal``, so nothing in it was parsed."""

    value: Json
    protected: bool = False
    ignored: Ignored = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class InputRef:
    """``$input``: a part of the run's input."""

    path: Path = WHOLE
    ignored: Ignored = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class StepRef:
    """``$step``: a part of the result of an earlier step."""

    step: str
    path: Path = WHOLE
    ignored: Ignored = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class VariableRef:
    """``$variable``: the first part of the path is the variable's name; ``default`` is used when it has no value."""

    path: Path
    default: Expression | None = None
    ignored: Ignored = field(default=(), compare=False)

    @property
    def name(self) -> str | None:
        """None where the path names no variable (``$``, ``$[0]``): such a reference is undefined."""
        first = self.path.parts[0] if self.path.parts else None
        return first if isinstance(first, str) else None

    @property
    def rest(self) -> Path:
        """What is taken of the variable's value."""
        return Path(self.path.parts[1:])


@dataclass(frozen=True, slots=True)
class If:
    """``$if``/``then``/``else``: only the branch taken is evaluated."""

    condition: Expression
    then: Expression
    otherwise: Expression
    ignored: Ignored = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Coalesce:
    """``$coalesce``: the first item that is not null; later ones are not evaluated."""

    items: tuple[Expression, ...]
    ignored: Ignored = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class ObjectExpr:
    """An object with at least one field that is not a plain literal."""

    fields: Mapping[str, Expression]


@dataclass(frozen=True, slots=True)
class ArrayExpr:
    """An array with at least one item that is not a plain literal."""

    items: tuple[Expression, ...]


Expression: TypeAlias = Literal | InputRef | StepRef | VariableRef | If | Coalesce | ObjectExpr | ArrayExpr

NULL = Literal(None)


def parse_expression(value: Json, where: Where | None = None) -> Expression:
    """The expression a JSON value stands for. Raises FlowLoadError, with the place if ``where`` knows it."""
    return _parsed(value, where or Where()) or Literal(value)


def _parsed(value: Json, where: Where) -> Expression | None:
    """None for a plain literal: most of what a flow holds, for which nothing is made before it is known to be needed."""
    if isinstance(value, dict):
        for key, parse in _BY_KEY.items():
            if key in value:
                return parse(value, where)
        fields = {key: _parsed(part, where.at(key)) for key, part in value.items() if isinstance(part, dict | list)}
        if not any(fields.values()):
            return None
        return ObjectExpr({key: fields.get(key) or Literal(part) for key, part in value.items()})
    if isinstance(value, list):
        items = {at: _parsed(part, where.at(at)) for at, part in enumerate(value) if isinstance(part, dict | list)}
        if not any(items.values()):
            return None
        return ArrayExpr(tuple(items.get(at) or Literal(part) for at, part in enumerate(value)))
    return None


def expression_to_json(expression: Expression) -> Json:
    """The JSON that parses to this expression; paths are written in their normal form."""
    match expression:
        case Literal(value, protected):
            return {"$literal": value} if protected else value
        case InputRef(path):
            return {"$input": str(path)}
        case StepRef(step, path):
            return {"$step": step} if path.is_whole else {"$step": step, "path": str(path)}
        case VariableRef(path, default):
            written: dict[str, Json] = {"$variable": str(path)}
            return written if default is None else {**written, "default": expression_to_json(default)}
        case If(condition, then, otherwise):
            written = {"$if": expression_to_json(condition), "then": expression_to_json(then)}
            return written if otherwise == NULL else {**written, "else": expression_to_json(otherwise)}
        case Coalesce(items):
            return {"$coalesce": [expression_to_json(item) for item in items]}
        case ObjectExpr(fields):
            return {key: expression_to_json(part) for key, part in fields.items()}
        case ArrayExpr(items):
            return [expression_to_json(item) for item in items]


def _others(value: dict[str, Json], *known: str) -> Ignored:
    return tuple((key, member) for key, member in value.items() if key not in known)


def _literal(value: dict[str, Json], _where: Where) -> Expression:
    return Literal(value["$literal"], protected=True, ignored=_others(value, "$literal"))


def _if(value: dict[str, Json], where: Where) -> Expression:
    if "then" not in value:
        raise where.error("$if has no `then`", "Add `then:` with the value to use when the condition holds.", key="$if")
    return If(
        parse_expression(value["$if"], where.at("$if")),
        parse_expression(value["then"], where.at("then")),
        parse_expression(value.get("else"), where.at("else")),
        ignored=_others(value, "$if", "then", "else"),
    )


def _coalesce(value: dict[str, Json], where: Where) -> Expression:
    items = value["$coalesce"]
    inner = where.at("$coalesce")
    if not isinstance(items, list):
        raise inner.error(
            f"$coalesce must be an array, not {kind_of(items)}", "Write `$coalesce: [first choice, second choice]`."
        )
    parsed = tuple(parse_expression(item, inner.at(index)) for index, item in enumerate(items))
    return Coalesce(parsed, ignored=_others(value, "$coalesce"))


def _from(value: dict[str, Json], where: Where) -> Expression:
    raise where.error("$from is no longer part of the language", instead_of_from(value), key="$from")


def _step(value: dict[str, Json], where: Where) -> Expression:
    step = value["$step"]
    if not isinstance(step, str):
        raise where.at("$step").error(
            f"$step must be a string, not {kind_of(step)}", 'Write the id of an earlier step in quotes: `$step: "id"`.'
        )
    return StepRef(step, _path(value.get("path"), "path", where), ignored=_others(value, "$step", "path"))


def _input(value: dict[str, Json], where: Where) -> Expression:
    return InputRef(_path(value["$input"], "$input", where), ignored=_others(value, "$input"))


def _variable(value: dict[str, Json], where: Where) -> Expression:
    """``default: null`` is a default like any other, unlike an absent one."""
    default = parse_expression(value["default"], where.at("default")) if "default" in value else None
    path = _path(value["$variable"], "$variable", where)
    return VariableRef(path, default, ignored=_others(value, "$variable", "default"))


def _path(text: Json, key: str, where: Where) -> Path:
    if text is not None and not isinstance(text, str):
        raise where.at(key).error(
            f"{key}: expected a path (text), not {kind_of(text)}",
            f"Write it in quotes, for example `{key}: $.items[0]`.",
        )
    try:
        return Path.parse(text)
    except PathError as error:
        raise where.at(key).error(
            f"{key}: {error}", f'Paths look like `$.field`, `$.items[0]` or `$["a name"]`; correct `{key}`.'
        ) from error


def kind_of(value: Json) -> str:
    """What a person calls this JSON value."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "an array"
        case _:
            return "an object"


_BY_KEY: dict[str, Callable[[dict[str, Json], Where], Expression]] = {
    "$literal": _literal,
    "$if": _if,
    "$coalesce": _coalesce,
    "$from": _from,
    "$step": _step,
    "$input": _input,
    "$variable": _variable,
}

DECIDING_KEYS = tuple(_BY_KEY)
