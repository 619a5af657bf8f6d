"""Components as a page of Markdown: a table of contents, and for each component what it takes and gives."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from flow_compiler.engine.components import Component
from flow_compiler.language.expressions import Json


def reference_pages(components: Sequence[Component]) -> str:
    """The whole page; fields of objects inside are rows too, under a path such as ``options.languages[]``."""
    lines = ["# Components", ""]
    lines += [f"- [`{each.path}`](#{_anchor(each.path)}) {summary(each)}".rstrip() for each in components]
    for each in components:
        lines += ["", *_section(each)]
    return "\n".join(lines) + "\n"


def _section(component: Component) -> Iterator[str]:
    yield f"## `{component.path}`"
    yield ""
    if component.description.strip():
        yield from (*component.description.strip().splitlines(), "")
    facts = [f"version {component.version}", str(component.effect)]
    yield " · ".join([*facts, f"pool `{component.pool}`"] if component.pool else facts)
    yield from _part("Input", component.input_schema)
    yield from _part("Output", component.output_schema)


def _part(title: str, schema: Json) -> Iterator[str]:
    yield from ("", f"### {title}", "")
    rows = list(_rows(schema, schema, "", set()))
    if not rows:
        yield f"{_type(schema, schema).capitalize()}{_told(schema)}."
        return
    yield from ("| field | type | required | default | description |", "|---|---|---|---|---|")
    yield from ("| " + " | ".join(row) + " |" for row in rows)


def _rows(schema: Json, top: Json, prefix: str, inside: set[str]) -> Iterator[tuple[str, str, str, str, str]]:
    """One for each field; a schema that refers to itself is followed once."""
    schema, name = _resolved(schema, top)
    if name in inside or not isinstance(schema, dict):
        return
    within = inside | {name} if name else inside
    if prefix and isinstance(schema.get("items"), dict):
        yield from _rows(schema["items"], top, f"{prefix}[]", within)
    required = schema.get("required") or []
    for key, field in (schema.get("properties") or {}).items():
        path = f"{prefix}.{key}" if prefix else key
        about, _ = _resolved(field, top)
        described = {**about, **field} if isinstance(field, dict) and isinstance(about, dict) else {}
        default = f"`{json.dumps(described['default'], ensure_ascii=False)}`" if "default" in described else ""
        told = _cell(str(described.get("description", "")))
        yield f"`{path}`", _cell(_type(field, top)), "yes" if key in required else "no", _cell(default), told
        for option in _options(field, top):
            yield from _rows(option, top, path, within)


def _options(field: Json, top: Json) -> list[Json]:
    schema, _ = _resolved(field, top)
    choices = schema.get("anyOf") or schema.get("oneOf") if isinstance(schema, dict) else None
    return list(choices) if choices else [field]


def _resolved(schema: Json, top: Json) -> tuple[Json, str]:
    """The schema that a ``$ref`` inside the same schema means, and its name."""
    reference = schema.get("$ref") if isinstance(schema, dict) else None
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return schema, ""
    found = top
    for part in reference[2:].split("/"):
        found = found.get(part) if isinstance(found, dict) else None
    return (found, reference) if isinstance(found, dict) else ({}, reference)


def _type(schema: Json, top: Json) -> str:
    schema, reference = _resolved(schema, top)
    if not isinstance(schema, dict):
        return "any value" if schema is not False else "no value"
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return " or ".join(dict.fromkeys(_type(choice, top) for choice in choices))
    if "const" in schema:
        return f"`{json.dumps(schema['const'], ensure_ascii=False)}`"
    if "enum" in schema:
        return " or ".join(f"`{json.dumps(value, ensure_ascii=False)}`" for value in schema["enum"])
    kind = schema.get("type")
    if isinstance(kind, list):
        return " or ".join(str(each) for each in kind)
    if kind == "array":
        return f"array of {_type(schema['items'], top)}" if isinstance(schema.get("items"), dict) else "array"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict) and not schema.get("properties"):
        return f"object of {_type(schema['additionalProperties'], top)}"
    return str(kind or ("object" if "properties" in schema else "any value"))


def _told(schema: Json) -> str:
    told = schema.get("description") if isinstance(schema, dict) else None
    return f": {_cell(str(told)).rstrip('.')}" if told else ""


def summary(component: Component) -> str:
    """The first sentence of its description."""
    paragraph = " ".join(component.description.strip().partition("\n\n")[0].split())
    sentence, stop, _ = paragraph.partition(". ")
    return sentence + stop.strip()


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _anchor(path: str) -> str:
    """As renderers of Markdown make them from a heading."""
    return re.sub(r"[^\w\- ]", "", path.lower()).replace(" ", "-")
