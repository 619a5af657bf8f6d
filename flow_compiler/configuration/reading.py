"""From a file to a configuration: every wrong shape is refused with its place and what to write instead."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from flow_compiler.configuration.model import Configuration
from flow_compiler.configuration.old_forms import OldForms
from flow_compiler.configuration.plugins import PLUGIN_TYPES
from flow_compiler.configuration.strictness import UNKNOWN_KEY
from flow_compiler.configuration.substitution import MissingVariable, substituted
from flow_compiler.configuration.without_effect import without_effect
from flow_compiler.errors import ConfigurationError, FlowLoadError
from flow_compiler.flow_files import read_text
from flow_compiler.language.diagnostics.diagnostic import Diagnostic
from flow_compiler.language.expressions import Json, kind_of
from flow_compiler.language.loader import read_placed
from flow_compiler.language.source import Part, Source, Where

_SUBSTITUTED = ("plugins", "storageConfig", "retry", "recovery")
_TYPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "an array",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}


@dataclass(frozen=True)
class ConfigurationFile:
    """A configuration, and where it comes from."""

    configuration: Configuration
    folder: Path
    """Of the file; modules are looked up here too."""
    source: Source = Source()
    found: tuple[Diagnostic, ...] = ()
    """Old forms, and settings without effect."""
    origins: Mapping[tuple[Part, ...], tuple[Part, ...]] = field(default_factory=dict)
    """Where rules of older routes stand in the file."""

    @cached_property
    def base(self) -> Path:
        """The folder that relative paths start from, and commands start in."""
        return (self.folder / (self.configuration.working_directory or ".")).absolute()

    def place_of_rule(self, prefix: str, index: int) -> tuple[Part, ...]:
        """The way to a rule in the file."""
        pointer: tuple[Part, ...] = ("routes", prefix, index)
        return self.origins.get(pointer, pointer)


def read_configuration(path: str | Path, environment: Mapping[str, str] | None = os.environ) -> ConfigurationFile:
    """The configuration in a YAML or JSON file. Raises ConfigurationError, also when the file cannot be read.

    ``environment`` gives the values of ``${NAME}``; None leaves such texts as they are written.
    """
    try:
        return parse_configuration(read_text(path), Path(path), environment)
    except ConfigurationError:
        raise
    except FlowLoadError as error:
        raise _as_configuration_error(error) from error


def parse_configuration(text: str, path: Path, environment: Mapping[str, str] | None = os.environ) -> ConfigurationFile:
    """The same from text; ``path`` is named in errors, and its folder is the configuration's."""
    try:
        value, source = read_placed(text, str(path))
        top = Where(source)
        if not isinstance(value, dict | None):
            raise top.error(
                f"a configuration must be an object, not {kind_of(value)}", "Write it as `key: value` lines."
            )
        old = OldForms(top)
        fields = old.mapped(value or {})
    except FlowLoadError as error:
        raise _as_configuration_error(error) from error
    configuration = _model(_filled(fields, environment, top), _Written(value or {}, old.origins, top))
    found = [*old.found, *without_effect(configuration, top)]
    return ConfigurationFile(configuration, path.absolute().parent, source, tuple(found), old.origins)


def _filled(fields: dict[str, Json], environment: Mapping[str, str] | None, top: Where) -> dict[str, Json]:
    if environment is None:
        return fields
    try:
        return {
            key: substituted(value, environment, (key,)) if key in _SUBSTITUTED else value
            for key, value in fields.items()
        }
    except MissingVariable as missing:
        where = Where(top.source, missing.pointer)
        raise _as_configuration_error(
            where.error(
                f"the environment variable {missing.name} is not set",
                f"Set it, or give a default: `${{{missing.name}:-DEFAULT}}`.",
            )
        ) from missing


@dataclass(frozen=True)
class _Written:
    """The file as it was read, and what has moved since."""

    value: Json
    origins: Mapping[tuple[Part, ...], tuple[Part, ...]]
    top: Where

    def where(self, loc: tuple[Part, ...]) -> Where:
        """The place of what pydantic calls ``loc``: there, the type of a plugin and of a store stands between."""
        if loc[:1] == ("plugins",) and len(loc) > 2:
            loc = (*loc[:2], *loc[3:])
        loc = (*self.origins.get(loc[:3], loc[:3]), *loc[3:])
        pointer: list[Part] = []
        value: Any = self.value
        for part in loc:
            inside = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
            if part in inside:
                value = value[part]
                pointer.append(part)
        return Where(self.top.source, tuple(pointer))


def _model(fields: dict[str, Json], written: _Written) -> Configuration:
    try:
        return Configuration.model_validate(fields)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=True)
        raise _error(details[0], len(details) - 1, written) from None  # pydantic's text would quote values


def _error(detail: ErrorDetails, more: int, written: _Written) -> ConfigurationError:
    where = written.where(detail["loc"])
    message, instead, key = _said(detail)
    told = f" (and {more} more like this)" if more else ""
    return _as_configuration_error(where.error(f"{message}{told}", instead, key=key))


def _said(detail: ErrorDetails) -> tuple[str, str, str | None]:
    """What is wrong, what to write instead, and the key it is about; never a value."""
    context: Mapping[str, Any] = detail.get("ctx") or {}
    kind = detail["type"]
    name = detail["loc"][-1] if detail["loc"] else ""
    if kind == UNKNOWN_KEY:
        return detail["msg"], context["instead"], context["key"]
    if kind == "missing":
        return f"missing field `{name}`", f"Add `{name}:`.", None
    if kind in _TYPES:
        quoted = "Put it in quotes." if kind == "string_type" and _is_scalar(detail["input"]) else "Correct the value."
        return f"must be {_TYPES[kind]}, not {kind_of(detail['input'])}", quoted, None
    if kind == "union_tag_not_found":
        return "missing field `type`", f"Add `type:` with one of {_choices(context, detail)}.", None
    if kind == "union_tag_invalid":
        return "not a known type", f"Write `type:` with one of {_choices(context, detail)}.", "type"
    if kind == "literal_error":
        return "not a known value", f"Write one of {context.get('expected', '')}.", None
    if kind == "value_error":
        return str(context.get("error", "")), "Correct it as the message says.", None
    return detail["msg"], "Correct the value.", None


def _choices(context: Mapping[str, Any], detail: ErrorDetails) -> str:
    if detail["loc"] and detail["loc"][0] == "plugins":
        return ", ".join(PLUGIN_TYPES)
    return str(context.get("expected_tags", "constant, exponential, fibonacci")).replace("'", "")


def _is_scalar(value: Any) -> bool:
    return isinstance(value, bool | int | float)


def _as_configuration_error(error: FlowLoadError) -> ConfigurationError:
    return ConfigurationError(
        error.message,
        file=error.file,
        line=error.line,
        column=error.column,
        code=None if error.code == FlowLoadError.code else error.code,
        next_step=error.next_step,
    )
