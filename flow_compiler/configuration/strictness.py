"""The base of everything in a configuration: keys in camelCase, no key that means nothing, no value of another type."""

from __future__ import annotations

import difflib
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

UNKNOWN_KEY = "unknown_key"
"""Type of the pydantic error for a key that means nothing; its context has ``key`` and ``instead``."""


class Strict(BaseModel):
    """``what`` names the thing in messages. Values are never converted: text is no number, a number is no text."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        hide_input_in_errors=True,
    )
    what: ClassVar[str] = "the configuration"

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        known = [field.alias or name for name, field in cls.model_fields.items()]
        for key in value:
            if key not in known and key not in cls.model_fields:
                raise PydanticCustomError(
                    UNKNOWN_KEY,
                    "`{key}` means nothing in {what}",
                    {"key": str(key), "what": cls.what, "instead": _instead(str(key), cls.what, known)},
                )
        return value


def _instead(key: str, what: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    return f"Did you mean `{near[0]}`?" if near else f"Remove it; {what} has: {', '.join(known)}."
