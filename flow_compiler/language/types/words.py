"""Schemas as a person calls them."""

from __future__ import annotations

import json

from flow_compiler.language.expressions import Json
from flow_compiler.language.types.documents import Documents
from flow_compiler.language.types.shapes import Shape, alternatives


def in_words(schema: Json, documents: Documents) -> str:
    """A schema as a person calls it: ``text or null``."""
    shapes = alternatives(schema, documents)
    if shapes is None:
        return "anything"
    words = [_in_words(shape, documents) for shape in shapes]
    return " or ".join(dict.fromkeys(words)) or "nothing"


def _in_words(shape: Shape, documents: Documents) -> str:
    kind = shape["type"]
    if kind != "null" and "enum" in shape and len(shape["enum"]) <= 4 and kind not in ("object", "array"):
        return " or ".join(json.dumps(value, ensure_ascii=False) for value in shape["enum"])
    if kind == "array" and isinstance(shape.get("items"), dict) and shape["items"]:
        return f"an array of ({in_words(shape['items'], documents)})"
    if kind == "object" and shape.get("properties") and len(shape["properties"]) <= 5:
        return f"an object with {', '.join(shape['properties'])}"
    return {"string": "text", "null": "null", "integer": "an integer", "object": "an object", "array": "an array"}.get(
        kind, f"a {kind}"
    )
