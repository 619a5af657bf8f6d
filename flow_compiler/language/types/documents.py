"""JSON schemas that are reasoned with together.

A schema may refer to parts of its own document (``#/$defs/Page``). Here such a reference carries the number of its
document, so that parts of several documents can stand in one schema. Other references mean nothing here: what they lead to
is unknown, and nothing is ever fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import unquote

from flow_compiler.language.expressions import Json

UNKNOWN: Final[Json] = {}
"""Any value."""

_SCHEMAS_BY_NAME = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_LISTS_OF_SCHEMAS = ("allOf", "anyOf", "oneOf", "prefixItems")
_SCHEMAS = (
    "items", "additionalItems", "additionalProperties", "unevaluatedProperties", "unevaluatedItems", "contains",
    "propertyNames", "not", "if", "then", "else",
)  # fmt: skip
_SAYS_MORE = ("additionalProperties", "patternProperties", "unevaluatedProperties", "allOf", "$ref")


class Documents:
    """All schemas of one flow and of the components it calls."""

    def __init__(self) -> None:
        self._roots: list[Json] = []

    def adopt(self, schema: Json, *, closed: bool = False) -> Json:
        """The schema with its references numbered. ``closed``: its objects have no other properties than those listed,
        as is true of what is written from a typed class."""
        number = len(self._roots)

        def rewrite(part: Mapping[str, Json]) -> dict[str, Json]:
            written = dict(part)
            reference = part.get("$ref")
            if isinstance(reference, str) and reference.startswith("#"):
                written["$ref"] = f"{number}{reference}"
            if closed and "properties" in part and not any(key in part for key in _SAYS_MORE):
                written["additionalProperties"] = False
            return written

        self._roots.append(rewritten := mapped(schema, rewrite))
        return rewritten

    def resolve(self, reference: Json) -> Json:
        """The schema that a numbered reference leads to; UNKNOWN where it leads nowhere."""
        number, _, pointer = reference.partition("#") if isinstance(reference, str) else ("", "", "")
        if not number.isdecimal() or (pointer and not pointer.startswith("/")):
            return UNKNOWN
        found = self._roots[int(number)]
        for part in pointer.split("/")[1:]:
            name = unquote(part).replace("~1", "/").replace("~0", "~")
            if isinstance(found, dict) and name in found:
                found = found[name]
            elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
                found = found[int(name)]
            else:
                return UNKNOWN
        return found if isinstance(found, dict | bool) else UNKNOWN

    def bundled(self, schema: Json, definitions: dict[str, Json]) -> Json:
        """The schema for a document whose ``$defs`` are ``definitions``; what it refers to is added to them."""
        names: dict[str, str] = {}

        def rewrite(part: Mapping[str, Json]) -> dict[str, Json]:
            reference = part.get("$ref")
            if not isinstance(reference, str):
                return dict(part)
            if not reference.partition("#")[0].isdecimal():
                return {key: value for key, value in part.items() if key != "$ref"}
            if reference not in names:
                names[reference] = name = _free_name(reference, definitions)
                definitions[name] = UNKNOWN  # taken, while what it refers to itself is written
                definitions[name] = mapped(self.resolve(reference), rewrite)
            return {**part, "$ref": f"#/$defs/{names[reference].replace('~', '~0').replace('/', '~1')}"}

        return mapped(_without_definitions(schema), rewrite)


def mapped(schema: Json, rewrite: Callable[[Mapping[str, Json]], dict[str, Json]]) -> Json:
    """The schema with ``rewrite`` applied to every object schema in it, the outer ones first; values that are data
    (``const``, ``default``, ``examples``) stay as they are. What is no schema is UNKNOWN."""
    if isinstance(schema, bool):
        return schema
    if not isinstance(schema, dict):
        return UNKNOWN
    written = rewrite(schema)
    for key in _SCHEMAS_BY_NAME:
        if isinstance(members := written.get(key), dict):
            written[key] = {name: mapped(member, rewrite) for name, member in members.items()}
    for key in _LISTS_OF_SCHEMAS:
        if isinstance(members := written.get(key), list):
            written[key] = [mapped(member, rewrite) for member in members]
    for key in _SCHEMAS:
        member = written.get(key)
        if isinstance(member, list):
            written[key] = [mapped(each, rewrite) for each in member]
        elif isinstance(member, dict):
            written[key] = mapped(member, rewrite)
    return written


def _without_definitions(schema: Json) -> Json:
    if not isinstance(schema, dict):
        return schema
    return {key: value for key, value in schema.items() if key not in ("$defs", "definitions", "$schema", "$id")}


def _free_name(reference: str, taken: Mapping[str, Json]) -> str:
    name = unquote(reference.rsplit("/", 1)[-1]).replace("~1", "/").replace("~0", "~") if "/" in reference else "whole"
    number, free = 2, name
    while free in taken:
        free, number = f"{name}{number}", number + 1
    return free
