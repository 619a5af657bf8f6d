"""What must not be shown: values under a schema with ``is_secret: true``, in variables, input, step results and output.

The reference leaves only secret variables out of its logs. Here the mark counts in any schema of the flow, at any depth,
also behind references and choices.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flow_compiler.language.expressions import Json
from flow_compiler.language.model import Flow
from flow_compiler.language.schemas import declared_variables

REDACTED: Final = "[secret]"
_CHOICES = ("allOf", "anyOf", "oneOf")
_DEEPEST = 64
_SHORTEST = 4
"""Characters of a secret that is looked for inside texts; shorter ones are in every other word."""


@dataclass(frozen=True)
class Secrets:
    """Of one flow."""

    root: Mapping[str, Json]

    @classmethod
    def of(cls, flow: Flow) -> Secrets:
        return cls(flow.schemas)

    def __bool__(self) -> bool:
        """Whether the flow marks anything."""
        return _marks(dict(self.root))

    def in_variables(self, values: Mapping[str, Json]) -> dict[str, Json]:
        """The variables with secret values replaced; the same for the others below."""
        shown = self._shown(dict(values), self._part("variables"))
        return shown if isinstance(shown, dict) else {}

    def in_input(self, value: Json) -> Json:
        return self._shown(value, self._part("input"))

    def in_output(self, value: Json) -> Json:
        return self._shown(value, self._part("output"))

    def in_result(self, step_id: str, value: Json) -> Json:
        return self._shown(value, _member(self._part("steps"), "properties", step_id))

    def values(self, variables: Mapping[str, Json], given: Json = None) -> frozenset[str]:
        """The secret texts among variables and input: what :func:`scrubbed` takes out of messages."""
        found = [
            *_secret_in(dict(variables), [self._part("variables")], self.root, 0),
            *_secret_in(given, [self._part("input")], self.root, 0),
        ]
        return frozenset(text for value in found for text in _texts(value) if len(text) >= _SHORTEST)

    def _part(self, name: str) -> Json:
        return _member(self.root, "properties", name)

    def _shown(self, value: Json, schema: Json) -> Json:
        return _redacted(value, [schema], self.root, 0)


def secret_variables(flow: Flow) -> frozenset[str]:
    """Declared variables of which a part is secret, or may be behind a reference: whoever keeps values keeps these apart."""
    if not Secrets.of(flow):
        return frozenset()
    return frozenset(name for name, schema in declared_variables(flow).items() if _marks(schema) or _refers(schema))


def scrubbed(text: str, secret: frozenset[str]) -> str:
    """The text without the secrets, the longest first."""
    for value in sorted(secret, key=len, reverse=True):
        text = text.replace(value, REDACTED)
    return text


def _redacted(value: Json, schemas: list[Json], root: Mapping[str, Json], depth: int) -> Json:
    rules = [rule for schema in schemas for rule in _rules(schema, root, depth)]
    if any(rule.get("is_secret") is True for rule in rules) and value is not None:
        return REDACTED
    if not rules:
        return value
    if isinstance(value, dict):
        return {name: _redacted(each, _of_field(rules, name), root, depth + 1) for name, each in value.items()}
    if isinstance(value, list):
        return [_redacted(each, _of_item(rules, index), root, depth + 1) for index, each in enumerate(value)]
    return value


def _secret_in(value: Json, schemas: list[Json], root: Mapping[str, Json], depth: int) -> Iterator[Json]:
    rules = [rule for schema in schemas for rule in _rules(schema, root, depth)]
    if any(rule.get("is_secret") is True for rule in rules):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _secret_in(each, _of_field(rules, name), root, depth + 1)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _secret_in(each, _of_item(rules, index), root, depth + 1)


def _rules(schema: Json, root: Mapping[str, Json], depth: int) -> Iterator[dict[str, Any]]:
    """The schema and all that it refers to or chooses from: a secret in one choice is a secret."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return
    yield schema
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#"):
        yield from _rules(_member(root, *reference.split("/")[1:]), root, depth + 8)
    for key in _CHOICES:
        members = schema.get(key)
        for member in members if isinstance(members, list) else ():
            yield from _rules(member, root, depth + 8)


def _of_field(rules: list[dict[str, Any]], name: str) -> list[Json]:
    named = [_member(rule, "properties", name) for rule in rules]
    return [*named, *(rule.get("additionalProperties") for rule in rules if _member(rule, "properties", name) is None)]


def _of_item(rules: list[dict[str, Any]], index: int) -> list[Json]:
    found: list[Json] = []
    for rule in rules:
        prefix = rule.get("prefixItems")
        found.append(prefix[index] if isinstance(prefix, list) and index < len(prefix) else rule.get("items"))
    return found


def _member(value: Any, *names: str) -> Json:
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _refers(schema: Json) -> bool:
    if isinstance(schema, dict):
        return "$ref" in schema or any(map(_refers, schema.values()))
    return isinstance(schema, list) and any(map(_refers, schema))


def _marks(value: Json) -> bool:
    if isinstance(value, dict):
        return value.get("is_secret") is True or any(map(_marks, value.values()))
    return isinstance(value, list) and any(map(_marks, value))


def _texts(value: Json) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for member in value.values():
                yield from _texts(member)
        case list():
            for member in value:
                yield from _texts(member)
        case int() | float() if not isinstance(value, bool):
            yield str(value)
        case _:
            return
