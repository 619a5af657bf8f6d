"""Values held against the schemas of a flow, with answers that name fields and rules, and never quote a value."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import validator_for
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from flow_compiler.language.expressions import Json
from flow_compiler.language.model import Flow

Misfits: TypeAlias = Callable[[Json], tuple[str, ...]]
"""What is wrong with a value, a sentence for each place; empty where it fits."""

_MOST = 5
_DOCUMENT = "flow:schemas"
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)\Z", re.ASCII)
_FORMATS = Draft202012Validator.FORMAT_CHECKER


def _is_date_time(value: object) -> bool:
    if not isinstance(value, str):
        return True
    if not _RFC3339.match(value):
        return False
    try:
        datetime.fromisoformat(re.sub(r"(\.\d{1,6})\d*", r"\1", value.upper()))
    except ValueError:
        return False
    return True


def _is_uri(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        return bool(urlsplit(value).scheme) and not re.search(r"[\s<>\"{}|\\^`]", value)
    except ValueError:
        return False


def validator_of(flow: Flow) -> Callable[..., Misfits]:
    """``part("input")`` → what is wrong with an input; the parts are those below ``schemas.properties``."""
    schemas = {key: value for key, value in flow.schemas.items() if key != "$id"}
    dialect: Any = validator_for(schemas, default=Draft202012Validator)
    registry: Any = Registry().with_resource(_DOCUMENT, DRAFT202012.create_resource(schemas))
    formats = _formats()

    def part(*names: str) -> Misfits:
        pointer = "/".join(["", "properties", *(name.replace("~", "~0").replace("/", "~1") for name in names)])
        reference = {"$ref": _DOCUMENT + "#" + _quoted(pointer)}
        validator = dialect(reference, registry=registry, format_checker=formats)
        return lambda value: _misfits(validator, value)

    return part


def _formats() -> Any:
    formats = type(_FORMATS)(formats=())
    formats.checkers = {**_FORMATS.checkers, "date-time": (_is_date_time, ()), "uri": (_is_uri, ())}
    return formats


def _quoted(pointer: str) -> str:
    from urllib.parse import quote

    return quote(pointer, safe="/~")


def _misfits(validator: Any, value: Json) -> tuple[str, ...]:
    if validator.is_valid(value):
        return ()
    found = [best_match([error]) or error for error in validator.iter_errors(value)]
    said = [f"{_place(error)}: {_rule(error)}" for error in found[:_MOST]]
    return (*dict.fromkeys(said), *([f"and {len(found) - _MOST} more"] if len(found) > _MOST else []))


def _place(error: ValidationError) -> str:
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path]
    return f"field {''.join(parts).removeprefix('.')}" if parts else "the whole"


def _rule(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    match error.validator:
        case "type":
            return f"must be of type {' or '.join([wanted] if isinstance(wanted, str) else wanted)}"
        case "required":
            instance: Any = error.instance
            return f"must have {', '.join(repr(name) for name in wanted if name not in instance)}"
        case "additionalProperties" | "unevaluatedProperties":
            return "has a field that the schema does not list"
        case "enum":
            return f"must be one of {len(wanted)} values: {', '.join(map(str, wanted[:8]))}"
        case "anyOf" | "oneOf":
            return "fits none, or more than one, of the alternatives"
        case (
            "minimum"
            | "maximum"
            | "exclusiveMinimum"
            | "exclusiveMaximum"
            | "minLength"
            | "maxLength"
            | "minItems"
            | ("maxItems" | "pattern" | "format" | "multipleOf" | "const")
        ):
            return f"must fit {error.validator} {wanted}"
        case _:
            return f"does not fit {error.validator}"
