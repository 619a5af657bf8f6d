"""Type checking: what schemas say against a flow, and that unknown schemas say nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from flow_compiler.commands.signatures import signatures_of
from flow_compiler.engine.builtins import BUILTINS
from flow_compiler.engine.engine import Engine
from flow_compiler.engine.outcomes import Success
from flow_compiler.engine.storage import memory_stores
from flow_compiler.language.loader import flow_from_json, parse_flow
from flow_compiler.language.types.checking import type_check
from flow_compiler.language.types.documents import Documents
from flow_compiler.language.types.results import types_of
from tests.language.typed_flows import flows

INPUT = (
    "schemas: {type: object, $defs: {page: {type: object, properties: {number: {type: integer}, text: {type: string}}}},"
    " properties: {input: {type: object, properties: {name: {type: string}, size: {type: [integer, 'null']},"
    " pages: {type: array, items: {$ref: '#/$defs/page'}}, any: {}, open: {type: object, additionalProperties: true},"
    " either: {anyOf: [{type: integer}, {type: boolean}]}, pair: {type: array, prefixItems: [{type: string}], items: false},"
    " map: {type: object, additionalProperties: {type: integer}}, mode: {enum: [fast, good]}}}}}\n"
)


def findings(text: str) -> list[Any]:
    return type_check(parse_flow(INPUT + text), signatures_of(BUILTINS))


def asking(message: str) -> str:
    return f"steps: [{{id: a, component: /builtin/create_messages, input: {{user_prompt: {message}}}}}]\noutput: {{$step: a}}"


WRONG = [
    (asking("{$input: pages}"), 2100, "$.steps[0].input.user_prompt", "text is expected, and this is an array"),
    (asking("1"), 2100, "$.steps[0].input.user_prompt", "text is expected, and this is 1"),
    (asking("{$input: either}"), 2100, "$.steps[0].input.user_prompt", "an integer or a boolean"),
    (asking("{$if: {$input: any}, then: {$input: name}, else: 3}"), 2100, "$.steps[0].input.user_prompt.else", "this is 3"),
    (asking("{$input: size}"), 2100, "$.steps[0].input.user_prompt", "text is expected"),
    (asking("{$coalesce: [{$input: size}, {$input: name}]}"), 1101, "$.steps[0].input.user_prompt", "an integer"),
    (asking("{$input: nam}"), 2101, "$.steps[0].input.user_prompt", "Did you mean 'name'? Write `$.name`."),
    (asking("{$input: '$.pages[0].txt'}"), 2101, "$.steps[0].input.user_prompt", "Write `$.pages[0].text`."),
    (asking("{$input: '$.pages[0].number'}"), 2100, "$.steps[0].input.user_prompt", "this is an integer"),
    (asking("{$input: '$.pair[1]'}"), 2101, "$.steps[0].input.user_prompt", "no item 1"),
    (asking("{$input: '$.name.x'}"), 2101, "$.steps[0].input.user_prompt", "It is text"),
    (asking("{$input: '$.map.x'}"), 2100, "$.steps[0].input.user_prompt", "this is an integer"),
    ("steps: [{id: a, component: /builtin/sleep, input: {duration_ms: {$input: size}}}]\noutput: {$step: a}", 1101,
     "$.steps[0].input.duration_ms", "$coalesce"),
    ("steps: [{id: a, component: /builtin/sleep, input: {duration_ms: -1}}]\noutput: {$step: a}", 2100,
     "$.steps[0].input.duration_ms", "minimum 0"),
    ("steps: [{id: a, component: /builtin/sleep, input: {}}]\noutput: {$step: a}", 2100, "$.steps[0].input", "Add `duration_ms:`."),
    ("steps: [{id: a, component: /builtin/put_blob, input: {data: 1, blob_type: flw}}]\noutput: {$step: a}", 2100,
     "$.steps[0].input.blob_type", '"data" or "flow" or "binary"'),
    ("steps: [{id: a, component: /builtin/create_messages, input: {user_prompt: x}}]\noutput: {$step: a, path: mesages}", 2101,
     "$.output", "Write `$.messages`."),
    ("steps: [{id: a, component: /builtin/create_messages, input: {user_prompt: x}}]\noutput: {$step: a, path: '$.messages[0].roll'}",
     2101, "$.output", "Write `$.messages[0].role`."),
    ("steps: [{id: a, component: /builtin/noop, input: {b: {c: 1}}}]\noutput: {$step: a, path: $.b.d}", 2101, "$.output", "no field 'd'"),
    ("steps: [{id: a, component: /x/y}]\noutput: {$step: a, path: z}", 1100, "$.steps[0]", "/x/y is not known here"),
    (("steps:\n- id: m\n  component: /builtin/map\n  input: {items: {$input: pages}, workflow: {$literal: {output: {$input: txt}}}}\n"
     "output: {$step: m}"), 2101, "$.steps[0].input.workflow.$literal.output", "Write `$.text`."),
    (("steps:\n- id: m\n  component: /builtin/map\n  input: {items: {$input: pages}, workflow: {$literal: {output: {t: {$input: text}}}}}\n"
     "output: {$step: m, path: '$.results[0].result.u'}"), 2101, "$.output", "no field 'u'"),
    (("steps:\n- id: m\n  component: /builtin/iterate\n  input: {initial_input: 1, flow: {$literal: {output: {result: {a: 1}}}}}\n"
     "output: {$step: m, path: $.result.b}"), 2101, "$.output", "no field 'b'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "path", "told"), WRONG, ids=[case[0][:110] for case in WRONG])
def test_what_does_not_fit_is_found_where_it_is_written(text: str, code: int, path: str, told: str) -> None:
    found = [each for each in findings(text) if not each.experimental]
    assert [(each.code, each.path) for each in found] == [(code, path)]
    assert told in f"{found[0].message} {found[0].instead}"
    assert found[0].line is not None


FINE = [
    asking("{$input: name}"),
    asking("{$input: any}"),
    asking("{$input: $.open.x}"),
    asking("{$input: '$.any.x[2].y'}"),
    asking("{$input: '$.pages[3].text'}"),
    asking("{$input: mode}"),
    asking("{$coalesce: [{$input: '$.open.x'}, text]}"),
    asking("{$variable: v}"),
    "steps: [{id: a, component: /builtin/put_blob, input: {data: {$input: $}, blob_type: data}}]\noutput: {$step: a, path: blob_id}",
    "steps: [{id: a, component: /builtin/get_blob, input: {blob_id: x}}]\noutput: {$step: a, path: $.data.x.y}",
    "steps: [{id: a, component: /x, onError: {action: useDefault, defaultValue: {z: 1}}}]\noutput: {$step: a, path: z}",
    "steps: [{id: a, component: /builtin/sleep, input: {duration_ms: 1.0}}]\noutput: {$step: a}",
]


@pytest.mark.parametrize("text", FINE)
def test_what_fits_or_is_unknown_is_no_error(text: str) -> None:
    assert [
        each.code for each in findings(text) if each.code >= 2000 or (each.code == 1101 and not each.experimental)
    ] == []


def test_a_declared_result_is_held_against_what_the_component_promises() -> None:
    text = (
        "schemas: {type: object, properties: {steps: {properties: {a: {type: object, properties: {blob_id: {type: integer}},"
        " required: [blob_id]}}}, output: {type: string}}}\n"
        "steps: [{id: a, component: /builtin/put_blob, input: {data: 1, blob_type: data}}]\noutput: {$step: a, path: blob_id}"
    )
    found = type_check(parse_flow(text), signatures_of(BUILTINS))
    assert [(each.code, each.path) for each in found] == [
        (2100, "$.schemas.properties.steps.properties.a"),
        (2100, "$.output"),
    ]


def test_schemas_that_refer_to_themselves_end() -> None:
    text = (
        "schemas: {type: object, $defs: {tree: {type: object, properties: {left: {$ref: '#/$defs/tree'}, n: {type: integer}}},"
        " loop: {$ref: '#/$defs/loop'}}, properties: {input: {$ref: '#/$defs/tree'}, output: {$ref: '#/$defs/loop'}}}\n"
        "steps: [{id: a, component: /builtin/create_messages, input: {user_prompt: {$input: $.left.left.left.n}}}]\n"
        "output: {$step: a}"
    )
    assert [each.code for each in type_check(parse_flow(text), signatures_of(BUILTINS)) if each.code >= 2000] == [2100]


@settings(max_examples=300, deadline=None)
@given(flows())
def test_the_schema_of_an_expression_has_every_value_that_it_evaluates_to(
    case: tuple[dict[str, Any], Any, Any],
) -> None:
    written, value, variable = case
    flow = flow_from_json(written)
    types = types_of(flow, signatures_of(BUILTINS), documents := Documents())
    definitions: dict[str, Any] = {}
    schema = documents.bundled(types.of(flow.output), definitions)

    async def evaluated() -> Any:
        async with Engine(BUILTINS, memory_stores()) as engine:
            return (
                await engine.item(flow, run_id="r", key="k", input=value, variables={"v": variable}).evaluate()
            ).result

    result = asyncio.run(evaluated())
    if isinstance(result, Success):
        assert Draft202012Validator(schema).is_valid(result.result), (schema, result.result)
    if any(each.code == 2101 and each.path == "$.output" for each in type_check(flow, signatures_of(BUILTINS))):
        path = written["output"].get("path") if isinstance(written["output"], dict) else None
        assert not isinstance(result, Success) or result.result is None or path is None
