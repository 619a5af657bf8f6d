"""From a JSON value to a :class:`Flow`: every wrong shape is refused with its place and what to write instead."""

from __future__ import annotations

from flow_compiler.language.expressions import Json, kind_of, parse_expression
from flow_compiler.language.json_values import require_json
from flow_compiler.language.model import DEFAULT_MAX_RETRIES, FAIL, ErrorAction, Flow, OnError, Step
from flow_compiler.language.removed_syntax import instead_of_action, instead_of_flat_schemas
from flow_compiler.language.source import Source, Where

FLOW_KEYS = (
    "schema", "name", "description", "version", "schemas", "steps", "output", "test", "examples", "metadata",
)  # fmt: skip
STEP_KEYS = ("id", "component", "input", "onError", "mustExecute", "metadata")
ON_ERROR_KEYS = ("action", "defaultValue", "maxRetries")
_LARGEST_U32 = 2**32 - 1


def flow_from_json(value: Json, source: Source | None = None) -> Flow:
    """Raises FlowLoadError. ``value`` becomes part of the flow: do not change it afterwards."""
    source = source or Source()
    top = Where(source)
    require_json(value, top)
    fields = _mapping({} if value is None else value, top, "a flow")
    steps = _array(fields.get("steps"), top.at("steps"), "steps")
    examples = _array(fields.get("examples"), top.at("examples"), "examples")
    return Flow(
        name=_text(fields, "name", top),
        description=_text(fields, "description", top),
        version=_text(fields, "version", top),
        schemas=_schemas(fields.get("schemas"), top.at("schemas")),
        steps=tuple(_step(step, top.at("steps").at(index)) for index, step in enumerate(steps)),
        output=parse_expression(fields.get("output"), top.at("output")),
        test=_test(fields, top),
        examples=tuple(_case(example, top.at("examples").at(index)) for index, example in enumerate(examples)),
        metadata=_optional_mapping(fields, "metadata", top),
        unknown=_unknown(fields, FLOW_KEYS),
        source=source,
    )


def _step(value: Json, where: Where) -> Step:
    fields = _mapping(value, where, "a step")
    must_execute = fields.get("mustExecute")
    if must_execute is not None and not isinstance(must_execute, bool):
        raise where.at("mustExecute").error(
            f"mustExecute must be true or false, not {kind_of(must_execute)}", "Write `mustExecute: true`."
        )
    return Step(
        id=_required_text(fields, "id", where, "Give the step a name of its own: `id: my_step`."),
        component=_required_text(fields, "component", where, "Name what the step calls: `component: /builtin/noop`."),
        input=parse_expression(fields.get("input"), where.at("input")),
        on_error=_on_error(fields.get("onError"), where.at("onError")),
        must_execute=bool(must_execute),
        metadata=_optional_mapping(fields, "metadata", where),
        unknown=_unknown(fields, STEP_KEYS),
    )


def _on_error(value: Json, where: Where) -> OnError:
    if value is None:
        return FAIL
    fields = _mapping(value, where, "onError")
    choices = ", ".join(f"`{action}`" for action in ErrorAction)
    action = fields.get("action")
    if action is None:
        raise where.error("missing field `action`", f"Write `action:` with one of {choices}.")
    if action not in tuple(ErrorAction):
        raise where.at("action").error(
            f"unknown variant `{action}`, expected one of {choices}",
            instead_of_action(fields) or f"Choose one of {choices}.",
        )
    return OnError(
        action=ErrorAction(action),
        default_value=fields.get("defaultValue") if action == ErrorAction.USE_DEFAULT else None,
        max_retries=_max_retries(fields, where) if action == ErrorAction.RETRY else DEFAULT_MAX_RETRIES,
        unknown=_unknown(fields, ON_ERROR_KEYS),
    )


def _max_retries(fields: dict[str, Json], where: Where) -> int:
    value = fields.get("maxRetries")
    if value is None:
        return DEFAULT_MAX_RETRIES
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST_U32:
        raise where.at("maxRetries").error(
            f"maxRetries must be a whole number from 0, not {value!r}", "Write for example `maxRetries: 3`."
        )
    return value


def _schemas(value: Json, where: Where) -> dict[str, Json]:
    """JSON-Schema-shaped; the older flat form (``schemas: {input: …}``) is refused as the reference does."""
    fields = {} if value is None else _mapping(value, where, "schemas")
    for key in ("input", "output", "variables", "steps"):
        if key in fields:
            raise where.error(
                f"`{key}` directly under `schemas`",
                instead_of_flat_schemas(fields),
                key=key,
            )
    _optional_mapping(fields, "properties", where)
    return fields


def _test(fields: dict[str, Json], top: Where) -> dict[str, Json]:
    test = _optional_mapping(fields, "test", top)
    cases = top.at("test").at("cases")
    for index, case in enumerate(_array(test.get("cases"), cases, "cases")):
        _case(case, cases.at(index))
    return test


def _case(value: Json, where: Where) -> dict[str, Json]:
    """A test case or an example: a name and an input."""
    case = _mapping(value, where, "an example")
    _required_text(case, "name", where, "Give it a name of its own: `name: my_example`.")
    if "input" not in case:
        raise where.error("missing field `input`", "Add `input:` with what the flow is given.")
    return case


def _unknown(fields: dict[str, Json], known: tuple[str, ...]) -> dict[str, Json]:
    return {key: value for key, value in fields.items() if key not in known}


def _mapping(value: Json, where: Where, what: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise where.error(f"{what} must be an object, not {kind_of(value)}", "Write it as `key: value` lines.")
    return value


def _optional_mapping(fields: dict[str, Json], key: str, where: Where) -> dict[str, Json]:
    value = fields.get(key)
    return {} if value is None else _mapping(value, where.at(key), key)


def _array(value: Json, where: Where, what: str) -> list[Json]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise where.error(f"{what} must be an array, not {kind_of(value)}", "Write it as lines that start with `- `.")
    return value


def _text(fields: dict[str, Json], key: str, where: Where) -> str | None:
    value = fields.get(key)
    if value is not None and not isinstance(value, str):
        raise where.at(key).error(
            f"{key} must be text, not {kind_of(value)}", f'Put it in quotes: `{key}: "{_scalar(value)}"`.'
        )
    return value


def _required_text(fields: dict[str, Json], key: str, where: Where, instead: str) -> str:
    value = _text(fields, key, where)
    if value is None:
        raise where.error(f"missing field `{key}`", instead)
    return value


def _scalar(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool | int | float) else "…"
