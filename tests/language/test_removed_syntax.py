"""Syntax of older versions and of the old pages: what to write instead is shown, made of what the user wrote."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from flow_compiler.errors import FlowLoadError, FlowRejected
from flow_compiler.language.diagnostics import Diagnostic, Level, diagnose, reject_if_fatal, strictly
from flow_compiler.language.diagnostics.plain_schemas import is_plainly_right
from flow_compiler.language.loader import parse_flow, read_value
from flow_compiler.language.yaml_output import in_one_line, to_yaml

STEP = "steps:\n- {id: load, component: /x}\n- {id: use, component: /x, input: {a: {$step: load, path: b}}}\noutput: {$step: use}"


def step(line: str) -> str:
    return STEP.replace("{id: load, component: /x}", f"{{id: load, component: /x, {line}}}")


UNREADABLE = [
    ("output: {$from: {step: load}, path: $.x}", "{$step: load, path: $.x}"),
    ("output: {$from: {step: load}, path: x}", "{$step: load, path: x}"),
    ("output: {$from: {step: load}}", "{$step: load}"),
    ("output: {$from: {step: load}, path: $}", "{$step: load}"),
    ("output: {$from: {workflow: input}}", "{$input: $}"),
    ("output: {$from: {workflow: input}, path: $.a.b}", "{$input: $.a.b}"),
    ("output: {$from: {workflow: input}, path: name}", "{$input: name}"),
    ("output: {$from: {variable: key}}", "{$variable: key}"),
    ("output: {$from: {variable: config}, path: $.api.timeout}", "{$variable: $.config.api.timeout}"),
    ("output: {$from: {variable: v, default: {$from: {step: a}}}}", "{$variable: v, default: {$step: a}}"),
    ("output: {$from: {step: a}, path: x, onSkip: {action: useDefault, defaultValue: 3}}", "{$coalesce: [{$step: a, path: x}, 3]}"),
    ("output: {$from: {step: a}, on_skip: {action: use_default, default_value: yes}}", "{$coalesce: [{$step: a}, 'yes']}"),
    ("output: [1, {a: [{$from: {step: load}, path: '$.x[0]'}]}]", "{$step: load, path: '$.x[0]'}"),
    ("schemas: {input: {type: string}}", "schemas: {type: object, properties: {input: {type: string}}}"),
    ("schemas: {variables: {key: {type: string}}}", "schemas: {type: object, properties: {variables: {type: object, properties: {key: {type: string}}}}}"),
    ("schemas: {defs: {a: {}}, input: {$ref: '#/$defs/a'}, output: {type: object}}",
     "schemas: {type: object, $defs: {a: {}}, properties: {input: {$ref: '#/$defs/a'}, output: {type: object}}}"),
    (step("onError: {action: skip}"), "onError: {action: useDefault}"),
    (step("onError: {action: continue, default_value: {n: 1}}"), "onError: {action: useDefault, defaultValue: {n: 1}}"),
    (step("onError: {action: terminate}"), "onError: {action: fail}"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "write"), UNREADABLE, ids=[case[0][:90] for case in UNREADABLE])
def test_what_can_no_longer_be_read_is_answered_with_what_to_write(text: str, write: str) -> None:
    with pytest.raises(FlowLoadError) as error:
        parse_flow(text)
    assert f"`{write}`" in error.value.next_step
    assert error.value.line is not None
    read_value(write)


IGNORED = [
    (step("retry: {max_retries: 2}"), "$.steps[0].retry", "onError: {action: retry, maxRetries: 2}"),
    (step("retry: true"), "$.steps[0].retry", "onError: {action: retry}"),
    (STEP.replace("path: b", "transform: len(x)"), "$.steps[1].input.a.transform", "len(x)"),
    ("inputSchema: {type: string}", "$.inputSchema", "schemas: {type: object, properties: {input: {type: string}}}"),
    ("outputSchema: {a: 1}", "$.outputSchema", "schemas: {type: object, properties: {output: {a: 1}}}"),
    ("input_schema: {a: 1}", "$.input_schema", "schemas: {type: object, properties: {input: {a: 1}}}"),
    ("output_schema: {a: 1}", "$.output_schema", "schemas: {type: object, properties: {output: {a: 1}}}"),
    ("variables_schema: {type: object, properties: {k: {}}}", "$.variables_schema",
     "schemas: {type: object, properties: {variables: {type: object, properties: {k: {}}}}}"),
    ("variables: {k: {type: string}}", "$.variables",
     "schemas: {type: object, properties: {variables: {type: object, properties: {k: {type: string}}}}}"),
    ("defs: {a: {type: string}}", "$.defs", "schemas: {type: object, $defs: {a: {type: string}}}"),
    ("schemas: {defs: {a: {type: string}}}", "$.schemas.defs", "$defs: {a: {type: string}}"),
    ("schemas: {propertes: {input: {}}}", "$.schemas.propertes", "properties"),
    ("schemas: {properties: {imput: {}}}", "$.schemas.properties.imput", "input"),
    ("schemas: {properties: {steps: {properties: {lod: {}}}}}\n" + STEP, "$.schemas.properties.steps.properties.lod", "load"),
    ("schemas: {properties: {input: {type: object, propertes: {}}}}", "$.schemas.properties.input.propertes", "properties"),
    ("test: {caes: []}", "$.test.caes", "cases"),
    ("test: {cases: [{name: a, input: 1, ouput: {}}]}", "$.test.cases[0].ouput", "output"),
    ("test: {cases: [{name: a, input: 1, output: {outcom: success}}]}", "$.test.cases[0].output.outcom", "outcome"),
    ("examples: [{name: a, input: 1, descripton: b}]", "$.examples[0].descripton", "description"),
    (step("skip: {$input: x}"), "$.steps[0].skip", "{$if: {$input: x}, then: null, else: {$step: load}}"),
    (step("skipIf: {$from: {step: c}, path: done}"), "$.steps[0].skipIf",
     "{$if: {$step: c, path: done}, then: null, else: {$step: load}}"),
    (step("when: {$input: x}"), "$.steps[0].when", "{$if: {$input: x}, then: {$step: load}}"),
    (step("onSkip: {action: useDefault, defaultValue: 4}"), "$.steps[0].onSkip", "{$coalesce: [{$step: load}, 4]}"),
    (step("on_error: {action: retry}"), "$.steps[0].on_error", "onError: {action: retry}"),
    (step("on_error: {action: skip}"), "$.steps[0].on_error", "onError: {action: useDefault}"),
    (step("must_execute: true"), "$.steps[0].must_execute", "mustExecute: true"),
    (step("depends_on: [before]"), "$.steps[0].depends_on", "after: {$step: before}"),
    (step("outputSchema: {type: object}"), "$.steps[0].outputSchema",
     "schemas: {type: object, properties: {steps: {type: object, properties: {load: {type: object}}}}}"),
    (step("onError: {action: retry, max_retries: 5}"), "$.steps[0].onError.max_retries", "maxRetries: 5"),
    (step("outputSchema: null"), "$.steps[0].outputSchema", "Remove it: null says nothing."),
    (step("onErorr: {action: fail}"), "$.steps[0].onErorr", "onError"),
    ("output: {$variable: a, path: $.b}", "$.output.path", "{$variable: $.a.b}"),
    ("output: {$input: $, path: '$.b[0]'}", "$.output.path", "{$input: '$.b[0]'}"),
    ("output: {$template: 'a {{b}}'}", "$.output.$template", "a {{b}}"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "path", "write"), IGNORED, ids=[case[0][:90] for case in IGNORED])
def test_what_the_reference_ignores_is_a_warning_and_in_strict_mode_an_error(text: str, path: str, write: str) -> None:
    flow = parse_flow(text)
    [found] = [each for each in diagnose(flow) if each.path == path]
    assert found.level is Level.WARNING
    assert write in found.instead.replace("''", "'")
    assert found.line is not None
    [strict] = [each for each in strictly(diagnose(flow)) if each.path == path]
    assert (strict.code, strict.level) == (found.code, Level.ERROR)
    with pytest.raises(FlowRejected):
        reject_if_fatal(flow, strict=True)


def test_a_skipped_step_is_answered_with_the_places_where_it_is_used() -> None:
    assert "It is used at $.steps[1].input.a." in _only(step("skipIf: {$input: x}"), "$.steps[0].skipIf").instead


def test_a_flow_inside_is_checked_strictly_too() -> None:
    inner = "{$literal: {steps: [{id: a, component: /x, skip: true}], output: {$step: a}}}"
    text = (
        f"steps: [{{id: m, component: /builtin/map, input: {{items: [1], workflow: {inner}}}}}]\noutput: {{$step: m}}"
    )
    found = _only(text, "$.steps[0].input.workflow.$literal.steps[0].skip")
    assert (found.code, found.line) == (4000, 1)


def _only(text: str, path: str) -> Diagnostic:
    [found] = [each for each in diagnose(parse_flow(text)) if each.path == path]
    return found


INVALID = [
    ("schemas: {properties: {input: {type: strin}}}", "$.schemas.properties.input.type", (1, 38), "string"),
    ("schemas: {properties: {input: {required: a}}}", "$.schemas.properties.input.required", (1, 42), "brackets"),
    ("schemas: {properties: {input: {properties: {a: 1}}}}", "$.schemas.properties.input.properties.a", (1, 48), ""),
    (
        "schemas: {$defs: {page: {}}, properties: {input: {$ref: '#/$defs/pag'}}}",
        "$.schemas.properties.input",
        (1, 51),
        "page",
    ),
    (
        "schemas: {properties: {input: {$ref: 'https://example.com/a.json'}}}",
        "$.schemas.properties.input",
        (1, 32),
        "$defs",
    ),
]


@pytest.mark.parametrize(("text", "path", "place", "told"), INVALID, ids=[case[0] for case in INVALID])
def test_what_is_no_json_schema_is_said_with_its_place(text: str, path: str, place: tuple[int, int], told: str) -> None:
    found = [each for each in diagnose(parse_flow(text)) if each.code in (4004, 4006)]
    assert [(each.path, each.line, each.column) for each in found] == [(path, *place)]
    assert told in found[0].instead


TEXTS = st.text(max_size=12) | st.sampled_from(
    ["no", "0o17", "1e3", "~", "- a", "a: b", "2001-01-01", "a\nb\n", " x", "0x1F", "$.a", "#"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(VALUES)
def test_written_yaml_is_read_as_the_same_value(value: object) -> None:
    assert read_value(f"x: {in_one_line(value)}") == {"x": value}
    assert read_value(to_yaml({"x": value})) == {"x": value}


def test_texts_to_write_stay_in_one_line() -> None:
    assert not re.search("\n", in_one_line({"a": "b\nc", "d": ["e" * 300] * 3}))


KEYWORDS = st.sampled_from(
    ["type", "required", "properties", "items", "anyOf", "enum", "minLength", "minimum", "format", "additionalProperties",
     "default", "$ref", "$defs", "prefixItems", "title", "uniqueItems", "is_secret", "x-y"]
)  # fmt: skip
SCHEMAS = st.recursive(
    st.sampled_from([True, None, 1, -1, 0.5, "string", "strin", "#/a", ["a"], ["string", "null"], [], ["a", "a"], {}]),
    lambda inner: st.dictionaries(KEYWORDS, inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=6,
)


@settings(max_examples=500, deadline=None)
@given(SCHEMAS)
def test_what_is_told_right_at_a_glance_is_right_by_the_meta_schema(schema: object) -> None:
    if is_plainly_right(schema):
        Draft202012Validator.check_schema(schema)  # type: ignore[arg-type]
