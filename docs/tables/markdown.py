"""Markdown tables and the JSON types shown in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

NOTICE = "<!-- Written by `make docs`; edit the code it is read from. -->"


def page(title: str, *parts: str) -> str:
    return "\n\n".join([NOTICE, f"# {title}", *(part.strip() for part in parts if part.strip())]) + "\n"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [list(columns), ["---"] * len(columns), *([_cell(text) for text in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def code(text: str) -> str:
    return f"`{text}`" if text else ""


def json_type(schema: Mapping[str, Any]) -> str:
    """A JSON schema in a few words: ``list of PageItem``, ``integer or null``, ``ok, blank``."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(json_type(part) for part in schema[several]))
    kind = schema.get("type")
    if kind == "array":
        return _array(schema)
    if kind == "object":
        values = schema.get("additionalProperties")
        return f"object of {json_type(values)}" if isinstance(values, Mapping) and values else "object"
    return str(kind) if kind else "any JSON"


def _array(schema: Mapping[str, Any]) -> str:
    members = schema.get("prefixItems")
    if members:
        return f"[{', '.join(json_type(member) for member in members)}]"
    items = schema.get("items") or {}
    return f"list of {json_type(items)}" if items else "list"


def fields(schema: Mapping[str, Any]) -> str:
    """The properties of an object schema as a table."""
    required = set(schema.get("required", ()))
    described = any("description" in field for field in schema.get("properties", {}).values())
    rows = [
        [
            code(name),
            json_type(field),
            "required" if name in required else code(default(field)),
            *([field.get("description", "")] if described else []),
        ]
        for name, field in schema.get("properties", {}).items()
    ]
    return table(["field", "type", "default", *(["meaning"] if described else [])], rows)


def default(field: Mapping[str, Any]) -> str:
    import json

    return json.dumps(field["default"], ensure_ascii=False) if "default" in field else ""
