"""Told at a glance: JSON schemas that are surely right. Only the others are held against the meta schema, which costs a
millisecond for each schema, and the import of a library.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from flow_compiler.language.expressions import Json

_KINDS = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})


def is_plainly_right(schema: Json) -> bool:
    """False says only that somebody has to look closely."""
    if isinstance(schema, bool):
        return True
    if not isinstance(schema, dict) or "$schema" in schema:
        return False
    return all(_RULES[key](value) if key in _RULES else _is_foreign(key) for key, value in schema.items())


def _is_foreign(key: str) -> bool:
    """A keyword that JSON schema does not have: it may say anything."""
    return key in ("is_secret", "env_var", "defs") or key.startswith("x-")


def _is_kind(value: Json) -> bool:
    if isinstance(value, str):
        return value in _KINDS
    return _is_names(value) and bool(value) and _KINDS.issuperset(value)


def _is_names(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value) and len(set(value)) == len(value)


def _are_by_name(value: Json) -> bool:
    return isinstance(value, dict) and all(map(is_plainly_right, value.values()))


def _are_listed(value: Json) -> bool:
    return isinstance(value, list) and bool(value) and all(map(is_plainly_right, value))


def _is_text(value: Json) -> bool:
    return isinstance(value, str)


def _is_reference(value: Json) -> bool:
    return isinstance(value, str) and (value == "#" or value.startswith("#/"))


def _is_count(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_list(value: Json) -> bool:
    return isinstance(value, list)


def _is_bool(value: Json) -> bool:
    return isinstance(value, bool)


def _is_anything(_value: Json) -> bool:
    return True


_RULES: dict[str, Callable[[Json], bool]] = {
    "type": _is_kind,
    "required": _is_names,
    "$ref": _is_reference,
    "enum": _is_list,
    "examples": _is_list,
    **dict.fromkeys(("const", "default"), _is_anything),
    **dict.fromkeys(("properties", "$defs"), _are_by_name),
    **dict.fromkeys(("anyOf", "oneOf", "allOf", "prefixItems"), _are_listed),
    **dict.fromkeys(("items", "additionalProperties", "not", "if", "then", "else"), is_plainly_right),
    **dict.fromkeys(("title", "description", "format", "$comment"), _is_text),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _is_count),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _is_number),
    **dict.fromkeys(("deprecated", "readOnly", "writeOnly", "uniqueItems"), _is_bool),
}
