"""Contracts that another program declares as JSON schemas, enforced as those of annotations are."""

from __future__ import annotations

import json
from typing import Annotated, Any

from jsonschema import Draft202012Validator, SchemaError
from jsonschema.exceptions import ValidationError as Broken
from pydantic import AfterValidator, TypeAdapter, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError
from referencing import Registry
from referencing.exceptions import Unresolvable

from flow_compiler.engine.outcomes import Json

_MOST_SHOWN = 5
ANYTHING: TypeAdapter[Any] = TypeAdapter(Any)


class BrokenSchema(ValueError):
    """The schema is no JSON schema (2020-12), or refers to what is not in it."""


def declared_contract(schema: Json) -> TypeAdapter[Any]:
    """Accepts what the schema allows, as it is; refuses the rest with the fields' names and never a value.

    References lead inside the schema only: nothing is fetched. Raises BrokenSchema.
    """
    if schema is None or schema == {} or schema is True:
        return ANYTHING
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise BrokenSchema(f"{error.message} (at {error.json_path})") from error
    validator = Draft202012Validator(schema, registry=Registry())

    def check(value: Json) -> Json:
        try:
            found = [error for _, error in zip(range(_MOST_SHOWN), validator.iter_errors(value), strict=False)]
        except Unresolvable as error:
            raise PydanticCustomError("schema", "its schema refers to what is not in it") from error
        if found:
            raise ValidationError.from_exception_data("declared contract", [_line(error) for error in found])
        return value

    return TypeAdapter(Annotated[Any, AfterValidator(check)])


def _line(error: Broken) -> InitErrorDetails:
    place: list[int | str] = list(error.absolute_path)
    demanded: Any = error.validator_value
    if error.validator == "required":
        told = "Field required"
        present = error.instance if isinstance(error.instance, dict) else {}
        place.append(", ".join(name for name in demanded if name not in present))
    elif error.validator == "type":
        told = f"Should be {demanded if isinstance(demanded, str) else ' or '.join(demanded)}"
    else:
        told = f"Does not fit {error.validator}: {json.dumps(demanded, ensure_ascii=False)[:120]}"
    # The text is a format of pydantic's: braces in it are not ours.
    escaped = told.replace("{", "(").replace("}", ")")
    return InitErrorDetails(type=PydanticCustomError("declared", escaped), loc=tuple(place), input=None)
