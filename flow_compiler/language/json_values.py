"""Is this really JSON? Asked once, when a flow is read, so that nothing later has to."""

from __future__ import annotations

import math
import re

from flow_compiler.errors import FlowLoadError
from flow_compiler.language.expressions import Json
from flow_compiler.language.source import Where

MAX_DEPTH = 100
"""Nesting of a flow. The reference stops at 128; every level costs stack in everything that walks a flow."""


MAX_VALUES = 175_000
"""Values in a flow file, those repeated by aliases counted each time: what a "billion laughs" file runs into."""
FEWER_VALUES = "Keep large data in a JSON file of its own, and load it with /builtin/load_file."


def require_few_values(value: Json, file: str | None) -> None:
    """Raises FlowLoadError for more than MAX_VALUES; ``value`` has no cycles."""
    found, waiting = 0, [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict | list):
            found += len(item)
            if found > MAX_VALUES:
                raise FlowLoadError(f"there are more than {MAX_VALUES:,} values", file=file, next_step=FEWER_VALUES)
            members = item.values() if isinstance(item, dict) else item
            waiting += [member for member in members if isinstance(member, dict | list)]


def require_json(value: Json, where: Where) -> None:
    """Raises FlowLoadError for non-text keys, NaN and infinities, text that is no Unicode, foreign types, and nesting
    beyond MAX_DEPTH."""
    waiting: list[tuple[Json, Where]] = [(value, where)]
    while waiting:
        item, place = waiting.pop()
        if isinstance(item, dict):
            _require_depth(place)
            for key, member in item.items():
                if not isinstance(key, str):
                    raise place.error(f"the key {key!r} is not text", "Keys of a flow are text: put it in quotes.")
                if not key.isascii() and _HALF.search(key):
                    raise place.error(f"the key {key!a} is no text: it has half of a character", _WHOLE, key=key)
                if not _is_fine(member):
                    waiting.append((member, place.at(key)))
        elif isinstance(item, list):
            _require_depth(place)
            for index, member in enumerate(item):
                if not _is_fine(member):
                    waiting.append((member, place.at(index)))
        elif isinstance(item, float):
            if not math.isfinite(item):
                raise place.error(f"{item} is not a JSON number", "Use a finite number, null, or text in quotes.")
        elif isinstance(item, str):
            if _HALF.search(item):
                raise place.error("this is no text: it has half of a character", _WHOLE)
        elif not isinstance(item, _PLAIN):
            raise place.error(
                f"{type(item).__name__} is not a JSON value",
                "Use null, true, false, numbers, text, arrays and objects.",
            )


_PLAIN = (int, type(None))
_HALF = re.compile("[\ud800-\udfff]")
_WHOLE = "Write both halves of the surrogate pair, or the character itself."


def _is_fine(item: Json) -> bool:
    """Told at a glance, without a place: most of what a flow holds."""
    return isinstance(item, _PLAIN) or (isinstance(item, str) and item.isascii())


def _require_depth(place: Where) -> None:
    if len(place.pointer) >= MAX_DEPTH:
        raise place.error(f"nested deeper than {MAX_DEPTH} levels", "Split the flow, or nest its data less.")
