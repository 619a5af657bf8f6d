"""The JSON schema (2020-12) of a flow file, for editors: completion, descriptions, and typos underlined while they are typed.

Keys that the language had once are known too, and marked deprecated: files that have them still load.
"""

from __future__ import annotations

from flow_compiler.language.expressions import Json
from flow_compiler.language.flow_schema_parts import free, object_schema, ref, text, value_schema
from flow_compiler.language.model import DEFAULT_MAX_RETRIES, ErrorAction

_PATH = 'A path: `$` the whole, `$.field`, `$.items[0]`, `$["a name"]`. Text without `$` in front is one field name, dots included.'
_OLD_FLOW_KEYS = {
    **dict.fromkeys(("inputSchema", "input_schema"), "write `schemas: {type: object, properties: {input: …}}`."),
    **dict.fromkeys(("outputSchema", "output_schema"), "write `schemas: {type: object, properties: {output: …}}`."),
    **dict.fromkeys(("variables", "variables_schema"), "write `schemas: {type: object, properties: {variables: …}}`."),
    "input": "an input is given with the run.",
    "defs": "write `schemas: {type: object, $defs: …}`.",
}
_SKIPPING = "steps are no longer skipped: choose with `$if` where the step's result is used."
_OLD_STEP_KEYS = {
    **dict.fromkeys(("skip", "skipIf", "when", "onSkip"), _SKIPPING),
    **dict.fromkeys(("inputSchema", "input_schema"), "a component declares its own input."),
    **dict.fromkeys(
        ("outputSchema", "output_schema"),
        "write `schemas: {type: object, properties: {steps: {properties: {STEP_ID: …}}}}`.",
    ),
    "on_error": "write `onError`.",
    "must_execute": "write `mustExecute`.",
    "depends_on": "steps run in the order of their references.",
}


def flow_file_schema() -> dict[str, Json]:
    """Every readable flow is valid under it whose keys all mean something, or meant something once."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Stepflow flow",
        **_flow(),
        "$defs": {
            "flow": _flow(),
            "step": _step(),
            "onError": _on_error(),
            "value": value_schema(),
            "path": {"type": ["string", "null"], "description": _PATH},
            "schemas": _schemas(),
            "jsonSchema": {"type": ["object", "boolean"], "description": "JSON schema (2020-12). Local references start at `schemas`: `#/$defs/NAME`. `is_secret: true` hides the value wherever it is shown."},
            "variable": _variable(),
            "test": _test(),
            "case": _case(),
            "result": _result(),
            "example": _example(),
        },
    }  # fmt: skip


def _flow() -> dict[str, Json]:
    return object_schema(
        "A flow: steps that call components, and an output made of their results. What the output needs is run.",
        {
            "schema": {"description": "Ignored."},
            "name": text("A name for people and for assets."),
            "description": text("What the flow does, in a sentence."),
            "version": text("A version for people."),
            "schemas": ref("schemas"),
            "steps": {
                "type": ["array", "null"],
                "items": ref("step"),
                "description": "In any order of running; a step refers to earlier ones only.",
            },
            "output": ref("value", "What the flow gives. It decides which steps run."),
            "test": ref("test"),
            "examples": {"type": ["array", "null"], "items": ref("example"), "description": "Inputs to try the flow with."},
            "metadata": free("Anything. Known here: `group`, `owners`, `tags`; `enforce_schemas: true` holds values against the schemas."),
        },
        old=_OLD_FLOW_KEYS,
    )  # fmt: skip


def _step() -> dict[str, Json]:
    return object_schema(
        "One call of a component.",
        {
            "id": {"type": "string", "pattern": r"\S", "description": "A name of its own, which references use."},
            "component": {"type": "string", "pattern": "^/", "description": "What is called, for example `/builtin/noop`."},
            "input": ref("value", "What the component is given. Missing: null."),
            "onError": ref("onError"),
            "mustExecute": {"type": ["boolean", "null"], "description": "Run it even if nothing needs its result."},
            "metadata": free("Anything. Known here: `description`, `kinds`, `pool`, `asset`, `items`, `data_version`."),
        },
        required=("id", "component"),
        old=_OLD_STEP_KEYS,
    )  # fmt: skip


def _on_error() -> dict[str, Json]:
    return {
        **object_schema(
            "What happens when the component fails.",
            {
                "action": {
                    "enum": [str(action) for action in ErrorAction],
                    "description": "`fail`; `useDefault`: the result is `defaultValue`; `retry`: call it again, with pauses.",
                },
                "defaultValue": {"description": "Taken as it is, never evaluated. Missing: null."},
                "maxRetries": {
                    "type": ["integer", "null"],
                    "minimum": 0,
                    "maximum": 2**32 - 1,
                    "description": f"Calls after the first one. Missing: {DEFAULT_MAX_RETRIES}.",
                },
            },
            required=("action",),
        ),
        "type": ["object", "null"],
    }


def _schemas() -> dict[str, Json]:
    return {
        "type": ["object", "null"],
        "description": "What the flow takes and gives. Checked by `validate --type-check`; enforced where `metadata.enforce_schemas` asks.",
        "properties": {
            **dict.fromkeys(("input", "output", "variables", "steps"), False),
            "type": {"const": "object"},
            "$defs": {"type": "object", "additionalProperties": ref("jsonSchema"), "description": "Schemas that others refer to."},
            "properties": {
                **object_schema(
                    "One schema each.",
                    {
                        "input": ref("jsonSchema", "Of the input."),
                        "output": ref("jsonSchema", "Of the output."),
                        "variables": {
                            "type": "object",
                            "properties": {"properties": {"type": "object", "additionalProperties": ref("variable")}},
                            "description": "Of the variables, each under `properties`. Those that are not `required` have a default of their type.",
                        },
                        "steps": {
                            "type": "object",
                            "properties": {"properties": {"type": "object", "additionalProperties": ref("jsonSchema")}},
                            "description": "Of results: under `properties`, by step id.",
                        },
                    },
                ),
                "type": ["object", "null"],
            },
        },
    }  # fmt: skip


def _variable() -> dict[str, Json]:
    return {
        "type": ["object", "boolean"],
        "description": "JSON schema of a variable.",
        "properties": {
            "default": {"description": "The value where none is given; it wins over the `default` of a `$variable`."},
            "env_var": text("Environment variable read with `--env-variables`. Missing: `STEPFLOW_VAR_<NAME>`."),
            "is_secret": {"type": "boolean", "description": "Its value is shown nowhere."},
        },
    }


def _test() -> dict[str, Json]:
    return {
        **object_schema(
            "Cases for `flow-compiler test`, and the configuration they run with.",
            {
                "cases": {"type": ["array", "null"], "items": ref("case"), "description": "Run as one batch."},
                "config": free("A configuration, in the shape of `stepflow-config.yml`."),
                "stepflow_config": free("The same as `config`."),
                "configFile": text("The file of a configuration; not beside `config`."),
            },
        ),
        "type": ["object", "null"],
    }


def _case() -> dict[str, Json]:
    fields = {**_named(), "output": ref("result", "What is expected: fields that are not named may be anything.")}
    return object_schema("An input, and what it must give.", fields, required=("name", "input"))


def _example() -> dict[str, Json]:
    return object_schema("An input to try the flow with.", _named(), required=("name", "input"))


def _named() -> dict[str, Json]:
    return {
        "name": {"type": "string", "description": "A name of its own."},
        "description": text("What it shows."),
        "input": {"description": "What the flow is given."},
    }


def _result() -> dict[str, Json]:
    error = object_schema(
        "Why it failed: code and message exactly.",
        {"code": {"type": ["string", "integer"]}, "message": {"type": "string"}, "data": {}},
    )
    return {
        **object_schema(
            "How the flow ends.",
            {"outcome": {"enum": ["success", "failed"]}, "result": {"description": "What it gives."}, "error": error},
            required=("outcome",),
        ),
        "type": ["object", "null"],
    }
