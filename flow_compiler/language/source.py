"""Where things stand in a flow file, so that every error can name line and column."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from flow_compiler.errors import FlowLoadError

Part = str | int


@dataclass(slots=True, eq=False)
class Place:
    """Line and column (from 1) of a value, of its members, and of the keys of a mapping."""

    line: int
    column: int
    members: dict[Part, Place] = field(default_factory=dict)
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)

    @staticmethod
    def of_scalar(line: int, column: int) -> Place:
        """The place of a value without members: most values of a flow, so they share what they do not have."""
        return Place(line, column, _NO_MEMBERS, _NO_KEYS)

    def find(self, pointer: tuple[Part, ...], key: str | None = None) -> tuple[int, int]:
        """The place of the value at ``pointer``, or of the nearest value around it; of its key ``key`` if given."""
        place, reached = self._nearest(pointer)
        if reached and key is not None and key in place.keys:
            return place.keys[key]
        return place.line, place.column

    def inside(self, pointer: tuple[Part, ...]) -> Place:
        """The place of the value at ``pointer``, or of the nearest value around it, with what is inside it."""
        return self._nearest(pointer)[0]

    def _nearest(self, pointer: tuple[Part, ...]) -> tuple[Place, bool]:
        place = self
        for part in pointer:
            if part not in place.members and "$literal" in place.members:
                place = place.members["$literal"]
            if part not in place.members:
                return place, False
            place = place.members[part]
        return place, True


_NO_MEMBERS: dict[Part, Place] = {}
_NO_KEYS: dict[str, tuple[int, int]] = {}


class Places(Protocol):
    """The places in a text, known or looked up when asked for."""

    def find(self, pointer: tuple[Part, ...], key: str | None = None) -> tuple[int, int]: ...

    def inside(self, pointer: tuple[Part, ...]) -> Place: ...


@dataclass(frozen=True, slots=True)
class Source:
    """A flow file that was read: its name, if it has one, and the places in it."""

    file: str | None = None
    places: Places | None = None


@dataclass(frozen=True, slots=True)
class Where:
    """A value inside a flow: the pointer from the top, and the source it was read from."""

    source: Source = field(default_factory=Source)
    pointer: tuple[Part, ...] = ()

    def at(self, part: Part) -> Where:
        return Where(self.source, (*self.pointer, part))

    def __str__(self) -> str:
        return path_text(self.pointer)

    def find(self, key: str | None = None) -> tuple[int | None, int | None]:
        return self.source.places.find(self.pointer, key) if self.source.places else (None, None)

    def error(self, message: str, instead: str, key: str | None = None) -> FlowLoadError:
        """What is wrong here (or at the key ``key`` of this mapping), and what to write instead."""
        line, column = self.find(key)
        return FlowLoadError(f"{self}: {message}", file=self.source.file, line=line, column=column, next_step=instead)


def path_text(pointer: tuple[Part, ...]) -> str:
    """``$.steps[0].input``, the form diagnostics use."""
    return "$" + "".join(_part_text(part) for part in pointer)


def _part_text(part: Part) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f'["{part}"]' if not part or any(mark in part for mark in ".[]") else f".{part}"
