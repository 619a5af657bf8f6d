"""Syntax that the language had once, and what to write today, made of the user's own values (notes/stepflow 1.12).

Works on JSON as it was written. In what is shown, references of the old form are renewed too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Json = Any

_ENOUGH = 2_000
"""Characters of a value that are shown in an answer."""
_USE_DEFAULT = ("useDefault", "use_default")


def renewed(value: Json) -> Json:
    """The value with every reference of the old form written as today; what is under ``$literal`` stays."""
    if isinstance(value, list):
        return [renewed(member) for member in value]
    if not isinstance(value, dict) or "$literal" in value:
        return value
    if "$from" in value:
        return _reference(value)
    return {key: renewed(member) for key, member in value.items()}


def _reference(value: Mapping[str, Json]) -> Json:
    origin, path = value["$from"], value.get("path")
    if not isinstance(origin, dict):
        return dict(value)
    if "step" in origin:
        new: dict[str, Json] = {"$step": origin["step"], **({} if path in (None, "", "$") else {"path": path})}
    elif origin.get("workflow") == "input":
        new = {"$input": "$" if path is None else path}
    elif "variable" in origin:
        new = {"$variable": _joined(origin["variable"], path)}
        if "default" in origin:
            new["default"] = renewed(origin["default"])
    elif "literal" in origin:
        return {"$literal": origin["literal"]}
    else:
        return dict(value)
    skipped = value.get("onSkip", value.get("on_skip"))
    if isinstance(skipped, dict) and skipped.get("action") in _USE_DEFAULT:
        return {"$coalesce": [new, skipped.get("defaultValue", skipped.get("default_value"))]}
    return new


def _joined(name: Json, path: Json) -> Json:
    if not isinstance(path, str) or path in ("", "$") or not isinstance(name, str):
        return name
    return f"$.{name}{path[1:]}" if path.startswith("$") else f"$.{name}.{path}"


def shown(value: Json) -> str:
    """The value as one line of YAML, renewed; its beginning where it is long."""
    from flow_compiler.language.yaml_output import in_one_line  # a worker in another environment has no PyYAML

    text = in_one_line(renewed(value))
    return text if len(text) <= _ENOUGH else "…"


def instead_of_from(value: Mapping[str, Json]) -> str:
    """For ``{$from: …, path: …}`` and what stands beside it."""
    new = renewed(dict(value))
    if "$from" in new:
        return "Write `{$step: ID, path: …}` or `{$input: PATH}` instead; if this is data, put it under `$literal:`."
    return f"Write `{shown(new)}` instead."


def instead_of_action(on_error: Mapping[str, Json]) -> str | None:
    """For an ``onError`` whose action there is not (any more)."""
    action = on_error.get("action")
    default = on_error.get("defaultValue", on_error.get("default_value"))
    if action in ("skip", "continue", "use_default"):
        new = {"action": "useDefault", **({} if default is None else {"defaultValue": default})}
    elif action == "terminate":
        new = {"action": "fail"}
    else:
        return None
    why = " (steps are no longer skipped)" if action == "skip" else ""
    return f"Write `onError: {shown(new)}`{why}."


def instead_of_flat_schemas(schemas: Mapping[str, Json]) -> str:
    """For ``schemas: {input: …}`` without ``properties``."""
    parts: dict[str, Json] = dict(schemas["properties"]) if isinstance(schemas.get("properties"), dict) else {}
    for key in ("input", "output", "variables", "steps"):
        if key in schemas:
            part = schemas[key]
            is_plain = key in ("variables", "steps") and isinstance(part, dict) and "properties" not in part
            parts[key] = {"type": "object", "properties": part} if is_plain and _holds_schemas(part) else part
    definitions = schemas.get("$defs", schemas.get("defs"))
    written = {"type": "object", **({"$defs": definitions} if definitions is not None else {}), "properties": parts}
    return f"Write `schemas: {shown(written)}`."


def _holds_schemas(part: Mapping[str, Json]) -> bool:
    return "type" not in part and "$ref" not in part and all(isinstance(member, dict) for member in part.values())


_WRAPPED = {
    "inputSchema": "input", "input_schema": "input", "outputSchema": "output", "output_schema": "output",
    "variablesSchema": "variables", "variables_schema": "variables", "variables": "variables",
}  # fmt: skip


def instead_of_flow_key(key: str, value: Json) -> str | None:
    """For a key at the top of a flow; None where it never was one."""
    if value is None and key in _WRAPPED:
        return "Remove it: null says nothing."
    if key in _WRAPPED:
        part = value
        if (
            _WRAPPED[key] == "variables"
            and isinstance(value, dict)
            and "properties" not in value
            and _holds_schemas(value)
        ):
            part = {"type": "object", "properties": value}
        return f"Write `schemas: {shown({'type': 'object', 'properties': {_WRAPPED[key]: part}})}`."
    if key == "input":
        return (
            f"A flow has no `input` of its own: give `--input '{shown(value)}'` with the run, and refer to it with"
            " `$input`; its schema is `schemas.properties.input`."
        )
    if key == "stepflow_config":
        return f"Write `test: {{config: {shown(value)}}}`."
    if key in ("defs", "$defs", "definitions"):
        return f"Write `schemas: {shown({'type': 'object', '$defs': value})}`."
    return None


def instead_of_step_key(key: str, value: Json, step_id: str, users: Iterable[str]) -> str | None:
    """For a key of a step; ``users`` are the references to the step, as ``place`` → text, None where it never was one."""
    if key in ("skip", "skipIf", "skip_if", "when", "if"):
        return _instead_of_condition(key, value, step_id, list(users))
    if key in ("onSkip", "on_skip"):
        default = value.get("defaultValue", value.get("default_value")) if isinstance(value, dict) else None
        new = {"$coalesce": [{"$step": step_id}, default]}
        return (
            f"Steps are no longer skipped: where `{{$step: {step_id}}}` is used, write `{shown(new)}`.{_where(users)}"
        )
    if key not in _STEP_KEYS:
        return None
    return "Remove it: null says nothing." if value is None else _STEP_KEYS[key](value, step_id)


def _instead_of_condition(key: str, condition: Json, step_id: str, users: list[str]) -> str:
    if condition is False and key not in ("when", "if"):
        return f"Remove it: `{key}: false` never skipped the step."
    result: Json = {"$step": step_id}
    runs = key in ("when", "if")
    choice = {"$if": condition, "then": result if runs else None, **({} if runs else {"else": result})}
    return (
        f"Steps are no longer skipped, and one that nothing needs does not run: where `{{$step: {step_id}}}` is used, write "
        f"`{shown(choice)}`.{_where(users)}"
    )


def _where(users: Iterable[str]) -> str:
    found = list(users)
    return f" It is used at {', '.join(found[:5])}{' …' if len(found) > 5 else ''}." if found else ""


def _output_schema(value: Json, step_id: str) -> str:
    steps = {"type": "object", "properties": {step_id: value}}
    return f"Write `schemas: {shown({'type': 'object', 'properties': {'steps': steps}})}`."


def _depends_on(value: Json, step_id: str) -> str:
    names = [name for name in (value if isinstance(value, list) else [value]) if isinstance(name, str)]
    first = names[0] if names else "ID"
    return (
        f"Steps run in the order of their references: refer to what step {step_id} needs in its `input`, for example "
        f"`after: {shown({'$step': first})}`."
    )


_STEP_KEYS: dict[str, Callable[[Json, str], str]] = {
    "on_error": lambda value, _: (
        (instead_of_action(value) if isinstance(value, dict) else None) or f"Write `onError: {shown(value)}`."
    ),
    "must_execute": lambda value, _: f"Write `mustExecute: {shown(value)}`.",
    "depends_on": _depends_on,
    "dependsOn": _depends_on,
    "inputSchema": lambda _value, _: "Remove it: a component declares its own input.",
    "input_schema": lambda _value, _: "Remove it: a component declares its own input.",
    "outputSchema": _output_schema,
    "output_schema": _output_schema,
    "transform": lambda value, step_id: (
        f"Compute in a component: a step after {step_id} with what `{shown(value)}` did."
    ),
    "retry": lambda value, _: f"Write `onError: {shown(_retrying(value))}`.",
    "timeout": lambda _value, _: "Remove it: a step has no timeout; the pool its component runs in has one.",
}


def _retrying(value: Json) -> Json:
    times = next((value[key] for key in _TIMES if key in value), None) if isinstance(value, dict) else value
    counted = isinstance(times, int) and not isinstance(times, bool) and times >= 0
    return {"action": "retry", **({"maxRetries": times} if counted else {})}


_TIMES = ("maxRetries", "max_retries", "retries")


def instead_of_ignored_key(key: str, value: Json) -> str | None:
    """For a key beside a reference that meant something there."""
    if key != "transform":
        return None
    return f"Compute `{shown(value)}` in a component: a step that takes the reference as its input."


def instead_of_directive(key: str, value: Json) -> str | None:
    """For a key that began with ``$`` and meant something."""
    if key == "$template":
        return f"There is no string interpolation: build `{shown(value)}` in a component, from the parts in its input."
    if key in ("$expr", "$transform"):
        return (
            f"There are no computed expressions: compute `{shown(value)}` in a component, from the parts in its input."
        )
    return None
