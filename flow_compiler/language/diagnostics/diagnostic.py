"""One finding about a flow, and the table of all kinds of findings (notes/stepflow 1.11)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

from flow_compiler.language.expressions import Json
from flow_compiler.language.source import Part, Where, path_text


class Level(StrEnum):
    """Fatal: the flow cannot be used. Error: it will fail where it says. Warning: probably not what was meant."""

    FATAL = "fatal"
    ERROR = "error"
    WARNING = "warning"


class Kind(Enum):
    """Code and level of each kind; below 4000 they are the reference's, from 4000 our own."""

    UNREACHABLE_STEP = (1000, "unreachableStep", Level.WARNING)
    MISSING_FLOW_NAME = (1001, "missingFlowName", Level.WARNING)
    MISSING_FLOW_DESCRIPTION = (1002, "missingFlowDescription", Level.WARNING)
    UNVALIDATED_FIELD_ACCESS = (1003, "unvalidatedFieldAccess", Level.WARNING)
    MISSING_VARIABLE_SCHEMA = (1004, "missingVariableSchema", Level.WARNING)
    NO_PLUGINS_CONFIGURED = (1200, "noPluginsConfigured", Level.WARNING)
    NO_ROUTING_RULES_CONFIGURED = (1201, "noRoutingRulesConfigured", Level.WARNING)
    UNUSED_PLUGIN = (1202, "unusedPlugin", Level.WARNING)
    MOCK_COMPONENT = (1500, "mockComponent", Level.WARNING)
    INVALID_SUBFLOW_LITERAL = (2003, "invalidSubflowLiteral", Level.ERROR)
    UNDEFINED_VARIABLE = (2004, "undefinedVariable", Level.ERROR)
    UNDEFINED_REQUIRED_VARIABLE = (2005, "undefinedRequiredVariable", Level.ERROR)
    INVALID_ROUTE_REFERENCE = (2200, "invalidRouteReference", Level.ERROR)
    INVALID_COMPONENT = (2500, "invalidComponent", Level.ERROR)
    DUPLICATE_STEP_ID = (3000, "duplicateStepId", Level.FATAL)
    EMPTY_STEP_ID = (3001, "emptyStepId", Level.FATAL)
    SELF_REFERENCE = (3002, "selfReference", Level.FATAL)
    UNDEFINED_STEP_REFERENCE = (3003, "undefinedStepReference", Level.FATAL)
    UNKNOWN_KEY = (4000, "unknownKey", Level.WARNING)
    IGNORED_KEY = (4001, "ignoredKey", Level.WARNING)
    UNKNOWN_DIRECTIVE = (4002, "unknownDirective", Level.WARNING)
    DOTTED_FIELD_NAME = (4003, "dottedFieldName", Level.WARNING)
    OLD_CONFIGURATION = (4100, "oldConfiguration", Level.WARNING)
    SETTING_WITHOUT_EFFECT = (4101, "settingWithoutEffect", Level.WARNING)

    def __init__(self, code: int, label: str, level: Level) -> None:
        self.code = code
        self.label = label
        self.level = level


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

    def to_json(self) -> dict[str, Json]:
        written: dict[str, Json] = {
            "code": self.code,
            "kind": self.name,
            "level": str(self.level),
            "message": self.message,
            "path": self.path,
            "line": self.line,
            "column": self.column,
            "instead": self.instead or None,
            "experimental": self.experimental or None,
        }
        return {key: value for key, value in written.items() if value is not None}


def finding(
    kind: Kind,
    message: str,
    where: Where,
    *,
    path: tuple[Part, ...] | None = None,
    key: str | None = None,
    instead: str = "",
    experimental: bool = False,
) -> Diagnostic:
    """A diagnostic at ``where`` (at its key ``key`` if given), shown under ``path`` where that differs."""
    line, column = where.find(key)
    return Diagnostic(
        code=kind.code,
        name=kind.label,
        level=kind.level,
        message=message,
        path=path_text(where.pointer if path is None else path),
        line=line,
        column=column,
        instead=instead,
        experimental=experimental,
    )
