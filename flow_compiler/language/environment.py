"""Values of variables from an environment: ``--env-variables`` (notes/stepflow 1.11).

A declared variable that is not given is looked up under its schema's ``env_var``, else under ``STEPFLOW_VAR_<NAME>``. Text
stays text where the schema allows nothing but text (and null); else it is read as JSON, and what is no JSON stays text.
The order of precedence is: given, environment, the schema's default, the reference's own default.
"""

from __future__ import annotations

from collections.abc import Mapping

from flow_compiler.errors import FlowLoadError
from flow_compiler.language.expressions import Json
from flow_compiler.language.json_text import json_value
from flow_compiler.language.model import Flow
from flow_compiler.language.schemas import declared_variables

PREFIX = "STEPFLOW_VAR_"


def environment_names(flow: Flow) -> dict[str, str]:
    """Declared variable → name of its environment variable."""
    return {name: _name(name, schema) for name, schema in declared_variables(flow).items()}


def with_environment(flow: Flow, given: Mapping[str, Json], environment: Mapping[str, str]) -> dict[str, Json]:
    """``given``, and what the environment has of the declared variables that are not among it; null counts as given."""
    schemas = declared_variables(flow)
    found = dict(given)
    for name, variable in environment_names(flow).items():
        if name not in found and variable in environment:
            found[name] = _value(environment[variable], schemas[name])
    return found


def _name(name: str, schema: Json) -> str:
    written = schema.get("env_var") if isinstance(schema, dict) else None
    return written if isinstance(written, str) and written else PREFIX + name.upper()


def _value(text: str, schema: Json) -> Json:
    kinds = schema.get("type") if isinstance(schema, dict) else None
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if isinstance(kinds, list) and kinds and set(kinds) <= {"string", "null"}:
        return text
    try:
        return json_value(text, None)
    except FlowLoadError:
        return text
