"""Schemas made of other schemas, and of values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flow_compiler.language.expressions import Json
from flow_compiler.language.types.documents import UNKNOWN, Documents
from flow_compiler.language.types.shapes import alternatives, kind_of_value

NULL: Json = {"type": "null"}
NEVER: Json = False
_LARGEST_LITERAL = 200
"""Values in a literal whose schema says each of them."""


def union(schemas: Iterable[Json]) -> Json:
    """A schema of what one of them allows."""
    members: list[Json] = []
    for schema in schemas:
        if schema is True or schema == UNKNOWN:
            return UNKNOWN
        parts = schema["anyOf"] if isinstance(schema, dict) and schema.keys() == {"anyOf"} else [schema]
        members += [part for part in parts if part is not NEVER and part not in members]
    if not members:
        return NEVER
    return members[0] if len(members) == 1 else {"anyOf": members}


def may_be_null(schema: Json, documents: Documents) -> bool:
    shapes = alternatives(schema, documents)
    return shapes is None or any(shape["type"] == "null" for shape in shapes)


def without_null(schema: Json, documents: Documents) -> Json:
    """What is left of the schema's values when null is not among them."""
    shapes = alternatives(schema, documents)
    if shapes is None or not any(shape["type"] == "null" for shape in shapes):
        return schema
    return union(shape for shape in shapes if shape["type"] != "null")


def schema_of_value(value: Json) -> Json:
    """A schema that exactly this value has; for a large one, only its type."""
    if isinstance(value, dict | list) and _is_large(value):
        return {"type": kind_of_value(value)}
    if isinstance(value, dict):
        return object_of({key: schema_of_value(member) for key, member in value.items()})
    if isinstance(value, list):
        return array_of([schema_of_value(member) for member in value])
    return NULL if value is None else {"const": value}


def object_of(fields: dict[str, Json]) -> Json:
    """Objects with exactly these fields."""
    return {"type": "object", "properties": fields, "required": [*fields], "additionalProperties": False}


def array_of(items: Sequence[Json]) -> Json:
    """Arrays of exactly these items."""
    said: dict[str, Json] = {"type": "array", "items": False, "minItems": len(items)}
    return {**said, "prefixItems": [*items]} if items else {**said, "maxItems": 0}


def _is_large(value: Json) -> bool:
    waiting, count = [value], 0
    while waiting and count <= _LARGEST_LITERAL:
        item = waiting.pop()
        count += 1
        waiting += item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
    return count > _LARGEST_LITERAL
