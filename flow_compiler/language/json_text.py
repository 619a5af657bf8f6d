"""JSON text → value, and, only when an error needs it, the place of everything in it."""

from __future__ import annotations

import json
import re
import sys
from functools import cached_property
from typing import Any

from flow_compiler.errors import FlowLoadError
from flow_compiler.language.expressions import Json
from flow_compiler.language.json_values import MAX_DEPTH
from flow_compiler.language.source import Part, Place

_MOST_DIGITS = sys.int_info.default_max_str_digits
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]]|[^\s{}\[\],:"]+', re.DOTALL)
"""Values, keys and brackets; what stands between them is skipped."""


class _Duplicate(ValueError):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class JsonPlaces:
    """The places in text that :func:`json_value` reads: looked up when the first of them is asked for."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _root(self) -> Place:
        return places_of(self._text)[0]

    def find(self, pointer: tuple[Part, ...], key: str | None = None) -> tuple[int, int]:
        return self._root.find(pointer, key)

    def inside(self, pointer: tuple[Part, ...]) -> Place:
        return self._root.inside(pointer)


def read_json(text: str, file: str | None) -> tuple[Json, JsonPlaces]:
    """The value, and the place of everything in it. Raises FlowLoadError as :func:`json_value` does."""
    return json_value(text, file), JsonPlaces(text)


def json_value(text: str, file: str | None) -> Json:
    """Raises FlowLoadError; a key given twice, NaN and infinities are refused."""
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except _Duplicate as error:
        line, column = places_of(text, duplicate=error.key)[1] or (None, None)
        raise FlowLoadError(
            f"the key {error.key!r} is given twice in one object",
            file=file,
            line=line,
            column=column,
            next_step="Keep one of the two.",
        ) from error
    except json.JSONDecodeError as error:
        raise FlowLoadError(
            f"not JSON: {error.msg}",
            file=file,
            line=error.lineno,
            column=error.colno,
            next_step="Check commas, quotes and brackets at this place.",
        ) from error
    except (ValueError, RecursionError) as error:
        raise _refusal(text, file) from error


def _refusal(text: str, file: str | None) -> FlowLoadError:
    """Which of the values that json.loads will not make stands first, and where."""
    depth = 0
    for token in _TOKEN.finditer(text):
        word = token.group()
        depth += (word in "{[") - (word in "}]")
        if depth > MAX_DEPTH:
            message, instead = f"nested deeper than {MAX_DEPTH} levels", "Split it, or nest it less."
        elif word in ("NaN", "Infinity", "-Infinity"):
            message, instead = f"{word} is not a JSON number", "Use a finite number, null, or text in quotes."
        elif len(word) > _MOST_DIGITS and word.lstrip("-").isdigit():
            message, instead = f"the number {word[:20]}… has too many digits", "Put it in quotes if it is text."
        else:
            continue
        line = text.count("\n", 0, token.start()) + 1
        column = token.start() - text.rfind("\n", 0, token.start())
        return FlowLoadError(message, file=file, line=line, column=column, next_step=instead)
    return FlowLoadError("not JSON", file=file, next_step="Use finite numbers of ordinary size and less nesting.")


def places_of(text: str, duplicate: str | None = None) -> tuple[Place, tuple[int, int] | None]:
    """The places in text that json.loads accepts; or, in text that it refuses because an object has the key
    ``duplicate`` twice, where the second one stands."""
    line, begins, ends = 1, 0, _line_end(text, 0)
    root = Place.of_scalar(1, 1)
    open_places: list[tuple[Place, bool]] = []
    parent, in_object, key = root, False, None
    for token in _TOKEN.finditer(text):
        start, word = token.start(), token.group()
        while ends < start:
            line, begins, ends = line + 1, ends + 1, _line_end(text, ends + 1)
        column = start - begins + 1
        mark = word[0]
        if mark in "}]":
            open_places.pop()
            parent, in_object = open_places[-1] if open_places else (root, False)
        elif in_object and key is None:
            key = str(json.loads(word, strict=False)) if "\\" in word else word[1:-1]
            if key == duplicate and key in parent.keys:
                return root, (line, column)
            parent.keys.setdefault(key, (line, column))
        else:
            if mark in "{[":
                place = Place(line, column)
            else:
                place = root if duplicate is not None else Place.of_scalar(line, column)
            if open_places:
                parent.members[len(parent.members) if key is None else key] = place
                key = None
            else:
                root = place
            if mark in "{[":
                parent, in_object = place, mark == "{"
                open_places.append((parent, in_object))
    return root, None


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _Duplicate(key)
            seen.add(key)
    return value


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")
