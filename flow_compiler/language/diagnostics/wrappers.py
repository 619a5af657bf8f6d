"""Rules about what stands around a flow's own parts: keys of ``schemas``, ``test`` and ``examples``, and the schemas in them.

The reference reads none of it closely; a typo there is a schema or a test case that is not there.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from flow_compiler.language.diagnostics.diagnostic import Diagnostic
from flow_compiler.language.diagnostics.spelling import unknown_key
from flow_compiler.language.expressions import Json
from flow_compiler.language.model import Flow
from flow_compiler.language.removed_syntax import shown
from flow_compiler.language.source import Where

_PARTS = ("input", "output", "variables", "steps")
_TEST = ("cases", "config", "configFile", "stepflow_config")
_CASE = ("name", "description", "input", "output")
_EXAMPLE = ("name", "description", "input")
_RESULT = ("outcome", "result", "error")
_ERROR = ("code", "message", "data")
_BY_NAME = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_IN_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_INSIDE = (
    "items", "additionalProperties", "unevaluatedProperties", "unevaluatedItems", "contains", "propertyNames", "not",
    "if", "then", "else",
)  # fmt: skip
KEYWORDS = (
    "$schema", "$id", "$ref", "$anchor", "$dynamicRef", "$dynamicAnchor", "$vocabulary", "$comment",
    *_BY_NAME, *_IN_LISTS, *_INSIDE,
    "type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength",
    "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "maxContains", "minContains", "maxProperties",
    "minProperties", "required", "dependentRequired", "format", "contentEncoding", "contentMediaType", "contentSchema",
    "title", "description", "default", "deprecated", "readOnly", "writeOnly", "examples",
    "additionalItems", "dependencies", "discriminator", "nullable", "is_secret", "env_var",
)  # fmt: skip
"""Of JSON schema (older drafts included) and of Stepflow."""
_SURELY = 0.8
"""Other keywords are allowed in a schema; one so near to a known one is a typo."""


def wrapper_keys(flow: Flow) -> Iterator[Diagnostic]:
    """Keys that mean nothing where they stand."""
    top = Where(flow.source)
    yield from _schemas(flow, top.at("schemas"))
    yield from _test(flow.test, top.at("test"))
    for index, example in enumerate(flow.examples):
        yield from _unknown(example, top.at("examples").at(index), "an example", _EXAMPLE)


def _schemas(flow: Flow, where: Where) -> Iterator[Diagnostic]:
    schemas = flow.schemas
    for key, value in schemas.items():
        if key == "defs":
            yield unknown_key(where, "`schemas`", key, ("$defs",), f"Write `$defs: {shown(value)}`.")
        elif key not in KEYWORDS:
            yield unknown_key(where, "`schemas`", key, ("type", "properties", "required", "$defs", "description"))
    properties = schemas.get("properties")
    for name, part in properties.items() if isinstance(properties, dict) else ():
        place = where.at("properties")
        if name not in _PARTS:
            yield unknown_key(place, "`schemas.properties`", name, _PARTS)
        elif name == "steps" and isinstance(part, dict):
            yield from _steps(flow, part, place.at("steps"))
        yield from _schema(part, place.at(name))
    definitions = schemas.get("$defs")
    for name, part in definitions.items() if isinstance(definitions, dict) else ():
        yield from _schema(part, where.at("$defs").at(name))


def _steps(flow: Flow, schema: Mapping[str, Json], where: Where) -> Iterator[Diagnostic]:
    declared = schema.get("properties")
    known = [step.id for step in flow.steps]
    for name in declared if isinstance(declared, dict) else ():
        if name not in known:
            yield unknown_key(where.at("properties"), "the schemas of steps", name, known)


def _schema(schema: Json, where: Where) -> Iterator[Diagnostic]:
    if not isinstance(schema, dict):
        return
    for key, value in schema.items():
        if key not in KEYWORDS and difflib.get_close_matches(key, KEYWORDS, n=1, cutoff=_SURELY):
            yield unknown_key(where, "a JSON schema", key, KEYWORDS)
        inside = where.at(key)
        if key in _BY_NAME and isinstance(value, dict):
            for name, member in value.items():
                yield from _schema(member, inside.at(name))
        elif key in _IN_LISTS and isinstance(value, list):
            for index, member in enumerate(value):
                yield from _schema(member, inside.at(index))
        elif key in _INSIDE:
            yield from _schema(value, inside)


def _test(test: Mapping[str, Json], where: Where) -> Iterator[Diagnostic]:
    yield from _unknown(test, where, "`test`", _TEST)
    cases = test.get("cases")
    for index, case in enumerate(cases if isinstance(cases, list) else ()):
        place = where.at("cases").at(index)
        yield from _unknown(case, place, "a test case", _CASE)
        output = case.get("output")
        yield from _unknown(output, place.at("output"), "the output of a test case", _RESULT)
        error = output.get("error") if isinstance(output, dict) else None
        yield from _unknown(error, place.at("output").at("error"), "an error", _ERROR)


def _unknown(value: Json, where: Where, what: str, known: tuple[str, ...]) -> Iterator[Diagnostic]:
    if isinstance(value, Mapping):
        for key in value:
            if key not in known:
                yield unknown_key(where, what, key, known)
