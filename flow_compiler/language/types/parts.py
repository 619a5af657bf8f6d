"""Which part of a schema a path means."""

from __future__ import annotations

from dataclasses import dataclass

from flow_compiler.language.expressions import Json
from flow_compiler.language.paths import MISSING, Path
from flow_compiler.language.types.building import NEVER, schema_of_value, union
from flow_compiler.language.types.documents import UNKNOWN, Documents
from flow_compiler.language.types.shapes import Shape, alternatives
from flow_compiler.language.types.words import in_words


@dataclass(frozen=True)
class Part:
    """What a path means in values of a schema. ``missing`` names the first part of the path that no such value can have,
    and ``listed`` what there is instead."""

    schema: Json
    missing: str | int | None = None
    listed: tuple[str, ...] = ()
    of: str = ""


def part_at(schema: Json, path: Path, documents: Documents) -> Part:
    """The schema of what the path means wherever the value has it."""
    for step in path.parts:
        shapes = alternatives(schema, documents)
        if shapes is None:
            schema = _member_of_untyped(schema, step)
            continue
        found = [member for shape in shapes if (member := _member(shape, step)) is not None]
        if not found and shapes:
            listed = [name for shape in shapes if shape["type"] == "object" for name in shape.get("properties") or ()]
            return Part(NEVER, step, tuple(dict.fromkeys(listed)), in_words(schema, documents))
        schema = union(found)
    return Part(schema)


def _member_of_untyped(schema: Json, step: str | int) -> Json:
    """``{properties: …}`` without a type says what an object of it has, though it may be something else."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return properties.get(step, UNKNOWN) if isinstance(properties, dict) and isinstance(step, str) else UNKNOWN


def _member(shape: Shape, step: str | int) -> Json | None:
    """None: no value of the shape has it, or none that its author thought of (an unlisted property, where others are
    listed and nothing is said of more)."""
    if "enum" in shape and shape["type"] in ("object", "array"):
        values = [found for value in shape["enum"] if (found := Path((step,)).resolve(value)) is not MISSING]
        return union(schema_of_value(value) for value in values) if values else None
    if isinstance(step, int):
        return _item(shape, step) if shape["type"] == "array" else None
    if shape["type"] != "object":
        return None
    properties = shape.get("properties")
    if isinstance(properties, dict) and step in properties:
        return None if properties[step] is False else properties[step]
    if isinstance(shape.get("patternProperties"), dict) and shape["patternProperties"]:
        return UNKNOWN
    more = shape.get("additionalProperties", shape.get("unevaluatedProperties"))
    if more is None:
        return None if properties else UNKNOWN
    return None if more is False else more


def _item(shape: Shape, index: int) -> Json | None:
    prefix = shape.get("prefixItems", shape["items"] if isinstance(shape.get("items"), list) else [])
    if isinstance(prefix, list) and index < len(prefix):
        return None if prefix[index] is False else prefix[index]
    most = shape.get("maxItems")
    if isinstance(most, int) and index >= most:
        return None
    items = shape.get("additionalItems" if isinstance(shape.get("items"), list) else "items", UNKNOWN)
    return None if items is False else items


def item_of(schema: Json, documents: Documents) -> Json:
    """What any item of the arrays may be."""
    shapes = alternatives(schema, documents)
    if shapes is None:
        return UNKNOWN
    found: list[Json] = []
    for shape in shapes:
        if shape["type"] == "array" and "enum" not in shape:
            prefix, items = shape.get("prefixItems"), shape.get("items", UNKNOWN)
            found += [*(prefix if isinstance(prefix, list) else []), *(items if isinstance(items, list) else [items])]
        elif shape["type"] == "array":
            found += [schema_of_value(item) for value in shape["enum"] for item in value]
    return union(found)
