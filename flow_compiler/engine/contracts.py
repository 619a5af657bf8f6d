"""What a component's annotations promise: the contract of its input and its output, enforced with pydantic."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema
from pydantic.json_schema import JsonSchemaMode

_UNTYPED = frozenset({"any", "function-plain", "is-instance"})
_WRITES = frozenset({"function-wrap"})
_NOT_VALUES = frozenset({"metadata", "default", "expected"})
"""Parts of a pydantic schema that say nothing about what a value holds."""
_WRITTEN_ONLY = frozenset({"serialization", "computed_fields"})
"""Parts that say what is written of a validated value, besides what it was given."""


@dataclass(frozen=True)
class Contract:
    """Of one direction. ``untyped``: a validated value may hold parts of the very object it was made from.
    ``numbers``: a value may hold floats, so also such as JSON does not have."""

    adapter: TypeAdapter[Any]
    untyped: bool
    numbers: bool

    @classmethod
    def of(cls, hint: Any) -> Contract:
        adapter: TypeAdapter[Any] = TypeAdapter(hint)
        untyped = not _UNTYPED.isdisjoint(_kinds(adapter.core_schema, _NOT_VALUES | _WRITTEN_ONLY))
        numbers = not (_UNTYPED | _WRITES | {"float"}).isdisjoint(_kinds(adapter.core_schema, _NOT_VALUES))
        return cls(adapter, untyped, numbers)


def json_schema(adapter: TypeAdapter[Any], mode: JsonSchemaMode) -> dict[str, Any]:
    """JSON schema (2020-12) of one direction; ``{}`` (anything) for a type that JSON schema cannot say."""
    try:
        return adapter.json_schema(by_alias=True, mode=mode)
    except PydanticInvalidForJsonSchema:
        return {}


def contracts_of(function: Callable[..., Any], *, batch: bool) -> tuple[Contract, Contract]:
    """Of the function's input and its output; of a batch function's single input and output."""
    hints = get_type_hints(function)
    parameters = list(inspect.signature(function).parameters)
    given = hints.get(parameters[0], Any) if parameters else Any
    returned = hints.get("return", Any)
    if batch:
        given, returned = _element_type(given), _element_type(returned)
    return Contract.of(given), Contract.of(returned)


def _element_type(hint: Any) -> Any:
    """``list[Out | ComponentError]`` → ``Out``."""
    element = next(iter(get_args(hint)), Any)
    if get_origin(element) not in (Union, UnionType):
        return element
    promised = [part for part in get_args(element) if not _is_error(part)]
    return reduce(or_, promised) if promised else Any


def _is_error(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, BaseException)


def _kinds(schema: Any, left_out: frozenset[str]) -> Iterator[str]:
    """Every kind of value that the schema mentions."""
    if isinstance(schema, list | tuple):
        for part in schema:
            yield from _kinds(part, left_out)
    elif isinstance(schema, dict):
        kind = schema.get("type")
        if isinstance(kind, str):
            yield kind
        if "allow" in (schema.get("extra_behavior"), schema.get("extra_fields_behavior")):
            yield "any"
        if (kind == "list" and "items_schema" not in schema) or (kind == "dict" and "values_schema" not in schema):
            yield "any"
        for name, part in schema.items():
            if name not in left_out:
                yield from _kinds(part, left_out)
