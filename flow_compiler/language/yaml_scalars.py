"""YAML scalar → JSON value, by YAML 1.2's core rules as the reference applies them.

Only ``true``/``false`` are booleans; ``on``, ``yes``, dates, ``1_000`` and ``007`` are text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flow_compiler.language.expressions import Json

TAG = "tag:yaml.org,2002:"

_NULL = re.compile(r"(~|null|Null|NULL|)\Z")
_TRUE = re.compile(r"(true|True|TRUE)\Z")
_FALSE = re.compile(r"(false|False|FALSE)\Z")
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z", re.ASCII)
_BASED = re.compile(r"([-+]?)0([xob])([0-9a-fA-F]+)\Z", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z", re.ASCII)
_NOT_FINITE = re.compile(r"([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\Z")
_BEGINS_OTHERS = frozenset("~nNtTfF+-.0123456789")
"""Text that begins otherwise is text."""
_MAX_DIGITS = 400
_BASES = {"x": 16, "o": 8, "b": 2}
_BY_TAG: dict[str, type] = {"int": int, "float": float, "bool": bool, "null": type(None), "str": str}


class NotAScalar(ValueError):
    """The scalar is no JSON value: what is wrong, and what to write instead."""

    def __init__(self, message: str, instead: str) -> None:
        super().__init__(message)
        self.message = message
        self.instead = instead


def scalar_value(text: str, tag: str | None, *, plain: bool) -> Json:
    """``plain``: neither quoted nor tagged. Raises NotAScalar."""
    if tag is None or tag == "!":
        return _plain(text) if plain else text
    kind = tag.removeprefix(TAG)
    if tag == kind or kind not in _BY_TAG:
        raise foreign_tag(tag)
    if kind == "str":
        return text
    value = _plain(text)
    if kind == "float" and type(value) is int:
        return float(value)
    if type(value) is not _BY_TAG[kind]:
        raise NotAScalar(f"{text!r} is not a value of !!{kind}", f"Correct it, or leave !!{kind} out.")
    return value


def foreign_tag(tag: str) -> NotAScalar:
    """The error for a tag that JSON has no value for."""
    return NotAScalar(
        f"the tag {tag.removeprefix(TAG)!r} is not allowed", "Remove the tag; flows are plain JSON-like data."
    )


def _plain(text: str) -> Json:
    if text and text[0] not in _BEGINS_OTHERS:
        return text
    if _NULL.match(text):
        return None
    if _TRUE.match(text):
        return True
    if _FALSE.match(text):
        return False
    if _INTEGER.match(text) and len(text) <= _MAX_DIGITS:
        return int(text)
    based = _BASED.match(text)
    if based and len(text) <= _MAX_DIGITS:
        sign, base, digits = based.groups()
        try:
            return int(sign + digits, _BASES[base])
        except ValueError:
            return text
    if _FLOAT.match(text) and not _has_leading_zero(text):
        number = float(text)
        if number not in (float("inf"), float("-inf")):
            return number
        raise NotAScalar(f"the number {text[:40]} is too large", "Put it in quotes if it is text.")
    if _NOT_FINITE.match(text):
        raise NotAScalar(f"{text} is not a JSON number", "Use a finite number, null, or quote the text.")
    return text


def _has_leading_zero(text: str) -> bool:
    digits = text.lstrip("+-")
    return len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()
