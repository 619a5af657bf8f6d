"""``${NAME}`` and ``${NAME:-default}`` in texts of a configuration, replaced by values of the environment.

What was put in stays text, unless the field is a number. No message shows a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator

from flow_compiler.language.expressions import Json
from flow_compiler.language.source import Part

_REFERENCE = re.compile(r"\$(\$\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-((?:[^}])*))?\}")


class Substituted(str):
    """Text that came, at least in part, from the environment."""

    __slots__ = ()


class MissingVariable(LookupError):
    """A variable that is not set and has no default, and where it is asked for."""

    def __init__(self, name: str, pointer: tuple[Part, ...]) -> None:
        super().__init__(name)
        self.name = name
        self.pointer = pointer


def substituted(value: Json, environment: Mapping[str, str], at: tuple[Part, ...] = ()) -> Json:
    """``value`` with every reference in its texts replaced; ``$${`` is written for ``${`` as it is. Keys are left as
    they are. Raises MissingVariable."""
    if isinstance(value, dict):
        return {key: substituted(member, environment, (*at, key)) for key, member in value.items()}
    if isinstance(value, list):
        return [substituted(member, environment, (*at, index)) for index, member in enumerate(value)]
    if not isinstance(value, str) or "${" not in value:
        return value
    return Substituted("".join(_pieces(value, environment, at)))


def _pieces(text: str, environment: Mapping[str, str], at: tuple[Part, ...]) -> Iterable[str]:
    done = 0
    for found in _REFERENCE.finditer(text):
        yield text[done : found.start()]
        done = found.end()
        escaped, name, default = found.groups()
        if escaped:
            yield escaped
        elif environment.get(name):  # as in a shell, `:-` stands in for an empty value too
            yield environment[name]
        elif default is not None:
            yield default
        elif name in environment:
            yield ""
        else:
            raise MissingVariable(name, at)
    yield text[done:]


def _number(value: Any) -> Any:
    if not isinstance(value, Substituted):
        return value
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    raise ValueError("the value that was put in is not a number")


Whole = Annotated[int, BeforeValidator(_number)]
"""A whole number, also one that was put in from the environment."""
Number = Annotated[float, BeforeValidator(_number)]
"""A number, also one that was put in from the environment."""
