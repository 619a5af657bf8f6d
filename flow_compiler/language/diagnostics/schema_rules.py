"""Rules about the JSON schemas of a flow themselves: each is one, and what it refers to is in it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from flow_compiler.language.diagnostics.diagnostic import Diagnostic, finding
from flow_compiler.language.diagnostics.kinds import Kind
from flow_compiler.language.diagnostics.plain_schemas import is_plainly_right
from flow_compiler.language.expressions import Json
from flow_compiler.language.model import Flow
from flow_compiler.language.source import Part, Where

_MOST = 20
"""Findings about schemas of one flow."""
_DATA = ("const", "default", "enum", "examples")


def schemas_are_schemas(flow: Flow) -> Iterator[Diagnostic]:
    """By the meta schema of 2020-12, or of the draft that ``$schema`` names."""
    if not flow.schemas:
        return
    schemas = dict(flow.schemas)
    invalid = [] if is_plainly_right(schemas) else _invalid(schemas, flow)
    found = [*invalid, *_references(schemas, schemas, Where(flow.source, ("schemas",)))]
    yield from found[:_MOST]


def _invalid(schemas: dict[str, Json], flow: Flow) -> Iterator[Diagnostic]:
    from jsonschema import Draft202012Validator  # takes a while to import: only for flows with schemas
    from jsonschema.exceptions import best_match
    from jsonschema.validators import validator_for

    dialect = validator_for(schemas, default=Draft202012Validator)
    said: set[tuple[Part, ...]] = set()
    for error in dialect(dialect.META_SCHEMA).iter_errors(schemas):
        exact = best_match([error]) or error
        pointer: tuple[Part, ...] = ("schemas", *exact.absolute_path)
        if pointer in said:  # each vocabulary says it
            continue
        said.add(pointer)
        yield finding(
            Kind.INVALID_SCHEMA,
            f"no JSON schema: {exact.message[:200]}",
            Where(flow.source, pointer),
            instead=_INSTEAD.get(str(exact.absolute_path[-1]) if exact.absolute_path else "", ""),
        )


_INSTEAD = {
    "type": "Write one of: array, boolean, integer, null, number, object, string; or several in brackets.",
    "required": "Write the names in brackets, on the object: `required: [name]`.",
    "properties": "Write `properties: {name: {type: string}}`.",
    "enum": "Write the values in brackets: `enum: [a, b]`.",
}


def _references(schema: Json, root: Json, where: Where) -> Iterator[Diagnostic]:
    if isinstance(schema, list):
        for index, member in enumerate(schema):
            yield from _references(member, root, where.at(index))
    if not isinstance(schema, dict):
        return
    reference = schema.get("$ref")
    if isinstance(reference, str) and (reference == "#" or reference.startswith("#/")) and not _leads(reference, root):
        names = ", ".join(root.get("$defs") or ()) or "none"
        yield finding(
            Kind.INVALID_SCHEMA,
            f"the reference {reference!r} leads nowhere",
            where,
            key="$ref",
            instead=f"References start at `schemas`: `#/$defs/NAME`; `schemas.$defs` has: {names}.",
        )
    elif isinstance(reference, str) and not reference.startswith("#"):
        yield finding(
            Kind.FOREIGN_REFERENCE, f"{reference!r} is not in this file, and is not fetched", where, key="$ref"
        )
    for key, member in schema.items():
        if key not in _DATA:
            yield from _references(member, root, where.at(key))


def _leads(reference: str, root: Json) -> bool:
    found = root
    for part in reference.split("/")[1:]:
        name = unquote(part).replace("~1", "/").replace("~0", "~")
        if isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        elif isinstance(found, dict) and name in found:
            found = found[name]
        else:
            return False
    return True
