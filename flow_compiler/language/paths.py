"""Stepflow's value paths: which part of a JSON value a reference means (notes/stepflow 1.5).

``""``, ``"$"`` and null mean the whole value; text that does not start with ``$`` is *one* field name, dots included;
after ``$`` come ``.name``, ``[0]``, ``["name"]`` or ``['name']``. There are no wildcards, slices or negative indexes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, Final

_INDEX = re.compile(r"\+?[0-9]{1,20}\Z", re.ASCII)
_LONGEST = 65_536
"""Characters in the text of a path."""
_LARGEST_INDEX = 2**64 - 1
_FIELD_END = re.compile(r"[.\[]")


class Missing(Enum):
    """The answer of :meth:`Path.resolve` when the value has no such part (null is a part like any other)."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING


class PathError(ValueError):
    """The text is not a path; the message says why and what is allowed."""


@dataclass(frozen=True, slots=True)
class Path:
    """Field names (str) and array positions (int, from 0), outermost first."""

    parts: tuple[str | int, ...] = ()

    @staticmethod
    def parse(text: str | None) -> Path:
        """Raises PathError."""
        if not text:
            return WHOLE
        if len(text) > _LONGEST:
            raise PathError(f"A path of {len(text):,} characters: more than {_LONGEST:,}")
        return _parse(text)

    @property
    def is_whole(self) -> bool:
        return not self.parts

    def resolve(self, value: Any) -> Any:
        """The part of ``value`` this path means, or MISSING: a field only exists in objects, an index only in arrays."""
        for part in self.parts:
            if isinstance(part, str):
                if not isinstance(value, dict) or part not in value:
                    return MISSING
            elif not isinstance(value, list) or part >= len(value):
                return MISSING
            value = value[part]
        return value

    def __str__(self) -> str:
        """The normal form ``$.a["b.c"][0]``. Names that ``.name`` cannot carry are quoted, so that reading it back
        gives the same path (the reference writes them unquoted and reads another one)."""
        if len(self.parts) == 1 and isinstance(self.parts[0], str):
            name = self.parts[0]
            if "]" in name and _needs_quotes(name):
                return name  # quotes cannot hold "]": as a bare name it is one field
        return "$" + "".join(_written(part) for part in self.parts)


WHOLE: Final = Path()


def _written(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f'["{part}"]' if _needs_quotes(part) else f".{part}"


def _needs_quotes(name: str) -> bool:
    return not name or name != name.strip() or _FIELD_END.search(name) is not None


@lru_cache(maxsize=4096)
def _parse(text: str) -> Path:
    trimmed = text.strip()
    if not trimmed.startswith("$"):
        return Path((text,))
    parts: list[str | int] = []
    position = 1
    while position < len(trimmed):
        opening = trimmed[position]
        if opening == ".":
            found = _FIELD_END.search(trimmed, position + 1)
            end = found.start() if found else len(trimmed)
            if end > position + 1:
                parts.append(trimmed[position + 1 : end])
            position = end
        elif opening == "[":
            end = trimmed.find("]", position)
            if end < 0:
                raise PathError(f"Unclosed bracket '[' in path {text!r}: close it, as in $.items[0] or $[\"name\"]")
            parts.append(_bracket(trimmed[position + 1 : end].strip()))
            position = end + 1
        else:
            raise PathError(
                f"Invalid character {opening!r} in path {text!r} after $ or ']': expected '.' or '['"
                ' (for a field whose name starts with $ write $["$name"])'
            )
    return Path(tuple(parts))


def _bracket(content: str) -> str | int:
    if len(content) >= 2 and content[0] == content[-1] and content[0] in "\"'":
        return content[1:-1]
    if _INDEX.match(content) and int(content) <= _LARGEST_INDEX:
        return int(content)
    raise PathError(
        f"Invalid index {content!r} in path: expected a number from 0 or a quoted name"
        " (there are no wildcards, slices or negative indexes)"
    )
