"""Variables of a flow from the environment (notes/stepflow 1.11)."""

from __future__ import annotations

from collections.abc import Mapping

from flow_compiler.errors import FlowLoadError
from flow_compiler.language.expressions import Json
from flow_compiler.language.loader import read_data
from flow_compiler.language.model import Flow
from flow_compiler.language.schemas import declared_variables

PREFIX = "STEPFLOW_VAR_"


def from_environment(flow: Flow, environment: Mapping[str, str]) -> dict[str, Json]:
    """Declared variable → its value, of those the environment has: under the schema's ``env_var``, else under
    ``STEPFLOW_VAR_<NAME>``. Text that is JSON is read as JSON, except where the schema says that it is a string."""
    found: dict[str, Json] = {}
    for name, schema in declared_variables(flow).items():
        named = schema.get("env_var") if isinstance(schema, dict) else None
        text = environment.get(named if isinstance(named, str) else PREFIX + name.upper())
        if text is not None:
            kind = schema.get("type") if isinstance(schema, dict) else None
            found[name] = text if kind == "string" else _value(text)
    return found


def _value(text: str) -> Json:
    try:
        return read_data(text, None, yaml=False)
    except FlowLoadError:
        return text
