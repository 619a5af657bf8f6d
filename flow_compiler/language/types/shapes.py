"""What kinds of values a schema allows.

Reasoning only ever widens: a keyword that is not understood (``not``, ``if``, a reference to elsewhere) restricts nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from flow_compiler.language.expressions import Json
from flow_compiler.language.types.documents import Documents

Shape: TypeAlias = dict[str, Json]
"""A schema of one ``type``, without references and choices."""

_MOST = 64
"""Alternatives; a schema with more is taken as unknown."""
_DEEPEST = 32
_CHOICES = ("anyOf", "oneOf")


def alternatives(schema: Json, documents: Documents) -> tuple[Shape, ...] | None:
    """The shapes a value may have; None where it may be anything."""
    return _expanded(schema, documents, 0)


def _expanded(schema: Json, documents: Documents, depth: int) -> tuple[Shape, ...] | None:
    if schema is False:
        return ()
    if not isinstance(schema, dict) or not schema or depth > _DEEPEST:
        return None
    if "$ref" in schema:
        target = documents.resolve(schema["$ref"])
        own = {key: value for key, value in schema.items() if key != "$ref"}
        return _both(_expanded(own, documents, depth + 1), _expanded(target, documents, depth + 1))
    for key in ("allOf", *_CHOICES):
        members = schema.get(key)
        if not isinstance(members, list) or not members:
            continue
        own = {name: value for name, value in schema.items() if name != key}
        found = _expanded(own, documents, depth + 1)
        parts = [_expanded(member, documents, depth + 1) for member in members]
        if key in _CHOICES:
            parts = [_one_of(parts)]
        for part in parts:
            found = _both(found, part)
        return found
    return _plain(schema)


def _one_of(parts: Iterable[tuple[Shape, ...] | None]) -> tuple[Shape, ...] | None:
    found: list[Shape] = []
    for part in parts:
        if part is None:
            return None
        found += [shape for shape in part if shape not in found]
    return tuple(found) if len(found) <= _MOST else None


def _both(left: tuple[Shape, ...] | None, right: tuple[Shape, ...] | None) -> tuple[Shape, ...] | None:
    """Values that have a shape of both sides."""
    if left is None or right is None:
        return right if left is None else left
    found = [both for one in left for other in right if (both := _merged(one, other)) is not None]
    return tuple(found) if len(found) <= _MOST else None


def _merged(one: Shape, other: Shape) -> Shape | None:
    kinds = {one["type"], other["type"]}
    if len(kinds) > 1 and kinds != {"integer", "number"}:
        return None
    merged = {**other, **one, "type": "integer" if "integer" in kinds else one["type"]}
    if "enum" in one and "enum" in other:
        merged["enum"] = [value for value in one["enum"] if is_in(value, other["enum"])]
        if not merged["enum"]:
            return None
    if isinstance(one.get("properties"), dict) and isinstance(other.get("properties"), dict):
        merged["properties"] = {**other["properties"], **one["properties"]}
        for name in one["properties"].keys() & other["properties"].keys():
            merged["properties"][name] = {"allOf": [one["properties"][name], other["properties"][name]]}
    more = [side["additionalProperties"] for side in (one, other) if "additionalProperties" in side]
    if len(more) == 1 and more[0] is False:
        merged.pop("additionalProperties")  # the other side may list more
    merged["required"] = [*required(one), *(name for name in required(other) if name not in required(one))]
    return merged


def _plain(schema: Shape) -> tuple[Shape, ...] | None:
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    kinds = schema.get("type")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    own = {key: value for key, value in schema.items() if key != "const"}
    if isinstance(values, list):
        by_kind: dict[str, list[Json]] = {}
        for value in values:
            if not isinstance(kinds, list) or _is_among(kind_of_value(value), kinds):
                by_kind.setdefault(kind_of_value(value), []).append(value)
        return tuple({**own, "type": kind, "enum": group} for kind, group in by_kind.items())
    if not isinstance(kinds, list):
        return None
    return tuple({**own, "type": kind} for kind in kinds if isinstance(kind, str))


def kind_of_value(value: Json) -> str:
    """The JSON schema type of a value, the narrowest that there is."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "integer" if value.is_integer() else "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _is_among(kind: str, kinds: Sequence[Json]) -> bool:
    return kind in kinds or (kind == "integer" and "number" in kinds)


def is_in(value: Json, values: Sequence[Json]) -> bool:
    """Equal as JSON schema has it: 1 and 1.0 are, 1 and true are not."""
    return any(value == other and kind_of_value(value) == kind_of_value(other) for other in values)


def required(shape: Shape) -> list[str]:
    names = shape.get("required")
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
