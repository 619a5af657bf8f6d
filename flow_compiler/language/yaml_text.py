"""YAML text → JSON value with the place of everything in it.

Built on libyaml's event stream instead of PyYAML's constructors: nothing recursive happens on hostile input, and the
limits hold while reading.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

from flow_compiler.errors import FlowLoadError
from flow_compiler.language.expressions import Json
from flow_compiler.language.json_values import FEWER_VALUES, MAX_DEPTH, MAX_VALUES
from flow_compiler.language.source import Place
from flow_compiler.language.yaml_scalars import TAG, NotAScalar, foreign_tag, scalar_value


class JsonKey(str):
    """A key that was an array, an object, a number, a boolean or null in YAML: its JSON text."""

    __slots__ = ()


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class _Open:
    """A mapping or sequence whose end has not been read."""

    value: dict[str, Json] | list[Json]
    place: Place
    anchor: str | None
    key: str | None = None
    values: int = 1
    height: int = 1
    is_key: bool = False


class _Anchored(NamedTuple):
    """A value that was read to its end, and what repeating it adds."""

    value: Json
    place: Place
    values: int
    height: int


@dataclass(slots=True)
class _Builder:
    file: str | None
    any_keys: bool = False
    open: list[_Open] = field(default_factory=list)
    anchors: dict[str, _Anchored | None] = field(default_factory=dict)
    values: int = 0
    top: tuple[Json, Place] | None = None

    def error(self, event: Any, message: str, instead: str) -> FlowLoadError:
        mark = event.start_mark
        return FlowLoadError(message, file=self.file, line=mark.line + 1, column=mark.column + 1, next_step=instead)

    def scalar(self, event: Any) -> None:
        if self._wants_key():
            self._begin_member(event, self._scalar_key(event), plain=event.implicit[0])
            if event.anchor:
                self.anchors[event.anchor] = _Anchored(event.value, _place(event), 1, 0)
            return
        mark = event.start_mark
        place = Place.of_scalar(mark.line + 1, mark.column + 1)
        if event.anchor or not self.open:
            self.complete(event, _Anchored(self._scalar_value(event), place, 1, 0), event.anchor)
        else:
            self._add(event, self._scalar_value(event), place, 1, 0)

    def start(self, event: Any, value: dict[str, Json] | list[Json]) -> None:
        expected = TAG + ("map" if isinstance(value, dict) else "seq")
        if event.tag not in (None, "!", expected):
            raise self._foreign_tag(event)
        is_key = self._wants_key()
        if is_key and not self.any_keys:
            raise self.error(event, "a key must be text, not an array or an object", "Put the key in quotes.")
        if len(self.open) >= MAX_DEPTH:
            raise self._too_deep(event)
        if event.anchor:
            self.anchors[event.anchor] = None
        self.open.append(_Open(value, _place(event), event.anchor, is_key=is_key))

    def end(self, event: Any) -> None:
        closed = self.open.pop()
        if closed.is_key:
            self.open[-1].values += closed.values
            self._begin_member(event, _json_key(closed.value), plain=False, at=closed.place)
            return
        self.complete(event, _Anchored(closed.value, closed.place, closed.values, closed.height), closed.anchor)

    def alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            raise self.error(event, f"*{event.anchor} has no &{event.anchor} before it", "Define the anchor first.")
        target = self.anchors[event.anchor]
        if target is None:
            raise self.error(event, f"*{event.anchor} contains itself", "Write the value out instead of the alias.")
        if self._wants_key():
            if not isinstance(target.value, str):
                raise self.error(event, "an alias that is not text stands as a key", "Write the key out.")
            self._begin_member(event, target.value, plain=False)
            return
        if len(self.open) + target.height > MAX_DEPTH:
            raise self._too_deep(event)
        self.complete(event, target, None)

    def complete(self, event: Any, done: _Anchored, anchor: str | None) -> None:
        if anchor:
            self.anchors[anchor] = done
        if not self.open:
            self.top = (done.value, done.place)
        else:
            self._add(event, *done)

    def _add(self, event: Any, added: Json, place: Place, values: int, height: int) -> None:
        parent = self.open[-1]
        parent.values += values
        if height >= parent.height:
            parent.height = height + 1
        if parent.values > MAX_VALUES:
            raise self.error(
                event,
                f"there are more than {MAX_VALUES:,} values (repeated ones counted each time)",
                FEWER_VALUES,
            )
        value = parent.value
        if isinstance(value, list):
            parent.place.members[len(value)] = place
            value.append(added)
        elif parent.key is not None:
            parent.place.members[parent.key] = place
            value[parent.key] = added
            parent.key = None

    def _wants_key(self) -> bool:
        if not self.open:
            return False
        parent = self.open[-1]
        return parent.key is None and isinstance(parent.value, dict)

    def _scalar_key(self, event: Any) -> str:
        if self.any_keys and not isinstance(value := self._scalar_value(event), str):
            return _json_key(value)
        return str(event.value)

    def _begin_member(self, event: Any, key: str, *, plain: bool, at: Place | None = None) -> None:
        parent = self.open[-1]
        if key == "<<" and plain:
            raise self.error(
                event, "merge keys (`<<`) are not part of the language", "Write the merged keys out, or quote the key."
            )
        keys = parent.place.keys
        if key in keys:
            line, _ = keys[key]
            raise self.error(event, f"the key {key!r} is already given in line {line}", "Keep one of the two.")
        if at is None:
            mark = event.start_mark
            keys[key] = (mark.line + 1, mark.column + 1)
        else:
            keys[key] = (at.line, at.column)
        parent.key = key

    def _scalar_value(self, event: Any) -> Json:
        try:
            return scalar_value(event.value, event.tag, plain=event.implicit[0])
        except NotAScalar as error:
            raise self.error(event, error.message, error.instead) from None

    def _foreign_tag(self, event: Any) -> FlowLoadError:
        refused = foreign_tag(event.tag)
        return self.error(event, refused.message, refused.instead)

    def _too_deep(self, event: Any) -> FlowLoadError:
        return self.error(
            event,
            f"nested deeper than {MAX_DEPTH} levels",
            "Split the flow, or nest its data less.",
        )


def _place(event: Any) -> Place:
    return Place(event.start_mark.line + 1, event.start_mark.column + 1)


def _json_key(value: Json) -> JsonKey:
    return JsonKey(json.dumps(value, ensure_ascii=False))


def read_yaml(text: str, file: str | None, *, any_keys: bool = False) -> tuple[Json, Place]:
    """The one document in ``text``; empty text is null. With ``any_keys`` a key may be any value, and stands in the
    result as a :class:`JsonKey`. Raises FlowLoadError."""
    builder = _Builder(file, any_keys)
    documents = 0
    for event in _events(text, file):
        if isinstance(event, yaml.ScalarEvent):  # first: most events are
            builder.scalar(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise builder.error(event, "a second YAML document starts here", "Keep one flow a file.")
        elif isinstance(event, yaml.AliasEvent):
            builder.alias(event)
        elif isinstance(event, yaml.MappingStartEvent):
            builder.start(event, {})
        elif isinstance(event, yaml.SequenceStartEvent):
            builder.start(event, [])
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            builder.end(event)
    return builder.top or (None, Place(1, 1))


def _events(text: str, file: str | None) -> Iterator[Any]:
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise FlowLoadError(
            f"not YAML: {error.problem or error.context}",
            file=file,
            line=mark.line + 1 if mark else None,
            column=mark.column + 1 if mark else None,
            next_step="Check indentation, colons and quotes at this place.",
        ) from error
    except yaml.reader.ReaderError as error:
        before = text.encode()[: error.position].decode(errors="ignore")  # libyaml counts bytes
        raise _not_text(f"{error.reason} (U+{error.character:04X})", before, file) from error
    except UnicodeEncodeError as error:
        raise _not_text("half of a character", text[: error.start], file) from error


def _not_text(problem: str, before: str, file: str | None) -> FlowLoadError:
    return FlowLoadError(
        f"not YAML: {problem}",
        file=file,
        line=before.count("\n") + 1,
        column=len(before) - before.rfind("\n"),
        next_step="Save the file as UTF-8 text without control characters.",
    )
