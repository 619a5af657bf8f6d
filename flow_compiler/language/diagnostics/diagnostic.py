"""One finding about a flow (notes/stepflow 1.11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flow_compiler.errors import FlowLoadError, shortened
from flow_compiler.language.diagnostics.kinds import Kind, Level
from flow_compiler.language.expressions import Json
from flow_compiler.language.source import Part, Where, path_text


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """``path`` is as the reference writes it (``$.steps[0].input.condition``); line and column count from 1."""

    code: int
    name: str
    level: Level
    message: str
    path: str
    line: int | None = None
    column: int | None = None
    instead: str = ""
    """What to write instead."""
    experimental: bool = False
    """Says only that something could not be checked."""
    data: Mapping[str, Json] = field(default_factory=dict)
    """What the finding is about, for programs."""

    def to_json(self) -> dict[str, Json]:
        """The reference's fields (``kind``, ``code``, ``level``, ``formatted``, ``data``, ``path``, ``experimental``), then
        ours; those without a value are left out."""
        written: dict[str, Json] = {
            "kind": self.name,
            "code": self.code,
            "level": str(self.level),
            "formatted": self.message,
            "data": dict(self.data) or None,
            "path": self.path,
            "experimental": self.experimental or None,
            "message": self.message,
            "line": self.line,
            "column": self.column,
            "instead": self.instead or None,
        }
        return {key: value for key, value in written.items() if value is not None}

    def in_one_line(self, file: str | None = None) -> str:
        """``flow.yaml:4:9: error 2500 invalidComponent: $.steps[0].component: what is wrong``."""
        place = ":".join(str(part) for part in (file, self.line, self.column) if part is not None)
        said = f"{self.level} {self.code} {self.name}: {self.path}: {self.message}"
        return f"{place}: {said}" if place else said


def unreadable(error: FlowLoadError, kind: Kind = Kind.UNREADABLE_FLOW) -> Diagnostic:
    """The one finding about a flow, or a configuration, that cannot be read."""
    path, _, message = error.message.partition(": ") if error.message.startswith("$") else ("$", "", error.message)
    return Diagnostic(
        code=kind.code,
        name=kind.label,
        level=kind.level,
        message=message,
        path=path,
        line=error.line,
        column=error.column,
        instead=error.next_step,
    )


def finding(
    kind: Kind,
    message: str,
    where: Where,
    *,
    path: tuple[Part, ...] | None = None,
    key: str | None = None,
    instead: str = "",
    experimental: bool = False,
    data: Mapping[str, Json] | None = None,
) -> Diagnostic:
    """A diagnostic at ``where`` (at its key ``key`` if given), shown under ``path`` where that differs."""
    line, column = where.find(key)
    return Diagnostic(
        code=kind.code,
        name=kind.label,
        level=kind.level,
        message=shortened(message),
        path=path_text(where.pointer if path is None else path),
        line=line,
        column=column,
        instead=shortened(instead or kind.write),
        experimental=experimental,
        data=data or {},
    )
