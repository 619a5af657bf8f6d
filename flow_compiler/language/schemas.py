"""The ``schemas`` of a flow: what it says about input, output, step results and variables (notes/stepflow 1.1, 1.6)."""

from __future__ import annotations

from collections.abc import Mapping

from flow_compiler.language.expressions import Json
from flow_compiler.language.model import Flow
from flow_compiler.language.paths import MISSING

_DEFAULT_BY_TYPE: dict[str, Json] = {"string": "", "number": 0, "integer": 0, "boolean": False}


def input_schema(flow: Flow) -> Json:
    """The JSON schema of the flow's input, or None."""
    return _properties(flow.schemas).get("input")


def output_schema(flow: Flow) -> Json:
    """The JSON schema of the flow's output, or None."""
    return _properties(flow.schemas).get("output")


def variables_schema(flow: Flow) -> Json:
    """The JSON schema of the object of all variables, or None."""
    return _properties(flow.schemas).get("variables")


def declared_variables(flow: Flow) -> Mapping[str, Json]:
    """Variable name → its schema, in the order written."""
    return _properties(variables_schema(flow))


def declared_steps(flow: Flow) -> Mapping[str, Json]:
    """Step id → the schema of its result, as far as declared."""
    return _properties(_properties(flow.schemas).get("steps"))


def variable_defaults(flow: Flow) -> dict[str, Json]:
    """The values of variables that are not given, explicit (``default``) or implied by the type.

    Implied only for variables that are not ``required``: ``""``, 0, false, or null where null is allowed.
    """
    schema = variables_schema(flow)
    required = schema.get("required") if isinstance(schema, dict) else None
    names = required if isinstance(required, list) else []
    found: dict[str, Json] = {}
    for name, variable in declared_variables(flow).items():
        default = _default(variable, required=name in names)
        if default is not MISSING:
            found[name] = default
    return found


def _default(schema: Json, *, required: bool) -> Json:
    if not isinstance(schema, dict):
        return MISSING
    if "default" in schema:
        return schema["default"]
    kind = schema.get("type")
    if required:
        return MISSING
    if kind == "null" or (isinstance(kind, list) and "null" in kind):
        return None
    return _DEFAULT_BY_TYPE.get(kind, MISSING) if isinstance(kind, str) else MISSING


def _properties(schema: Json) -> Mapping[str, Json]:
    found = schema.get("properties") if isinstance(schema, Mapping) else None
    return found if isinstance(found, dict) else {}
