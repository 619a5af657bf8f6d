"""What can be said about a flow without running it, with the place and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flow_compiler.errors import FlowLoadError, FlowRejected
from flow_compiler.language.diagnostics import Level, diagnose, reject_if_fatal
from flow_compiler.language.loader import flow_from_json, parse_flow

CASES = [
    ("steps: [{id: a, component: /x}, {id: a, component: /x}]", 3000, "$.steps[1].id", (1, 38), "another id"),
    ("steps: [{id: ' ', component: /x}]", 3001, "$.steps[0].id", (1, 14), "name"),
    ("steps: [{id: a, component: /x, input: {$step: a}}]", 3002, "$.steps[0].input", (1, 39), "iterate"),
    ("steps: [{id: a, component: /x, input: {$step: b}}, {id: b, component: /x}]", 3003, "$.steps[0].input", (1, 39), "Move"),
    ("steps: [{id: load, component: /x}]\noutput: {$step: laod}", 3003, "$.output", (2, 9), "'load'"),
    ("output: {$if: 1, then: {$step: z}}", 3003, "$.output.then", (1, 24), "no earlier steps"),
    ("output: {$coalesce: [1, {$step: z}]}", 3003, "$.output[1]", (1, 25), ""),
    ("output: {$variable: v, default: {$step: z}}", 3003, "$.output", (1, 33), ""),
    ("steps: [{id: a, component: 'mine://sum/up'}]", 2500, "$.steps[0].component", (1, 28), "`/mine/sum/up`"),
    ("steps: [{id: a, component: noop}]", 2500, "$.steps[0].component", (1, 28), "/builtin/noop"),
    ("schemas: {properties: {variables: {properties: {size: {}}}}}\noutput: {$variable: sise}", 2005, "$.output", (2, 9), "'size'"),
    ("schemas: {properties: {variables: {}}}\noutput: {$variable: v, default: 1}", 2004, "$.output", (2, 9), "Declare"),
    ("output: [{$variable: v}]", 1004, "$.variables", (1, 10), "schemas"),
    ("steps: [{id: a, component: /x}]", 1000, "$.steps[0]", (1, 9), "remove"),
    ("skipIf: 1", 4000, "$.skipIf", (1, 1), "metadata"),
    ("inputSchema: {a: 1}", 4000, "$.inputSchema", (1, 1), "properties: {input: {a: 1}}"),
    ("steps:\n- id: a\n  component: /x\n  onErorr: {}", 4000, "$.steps[0].onErorr", (4, 3), "`onError`"),
    ("steps:\n- id: a\n  component: /x\n  skip: true", 4000, "$.steps[0].skip", (4, 3), "$if"),
    ("steps: [{id: a, component: /x, onError: {action: retry, max_retries: 1}}]", 4000, "$.steps[0].onError.max_retries", (1, 57), "maxRetries"),
    ("output: {$input: a, path: b}", 4001, "$.output.path", (1, 21), "`{$input: $.a.b}`"),
    ("output: {$stp: a}", 4002, "$.output.$stp", (1, 10), "`$step`"),
    ("output: {x: [{$template: a}]}", 4002, "$.output.x[0].$template", (1, 15), "interpolation"),
    ("output: {$input: a.b}", 4003, "$.output", (1, 9), "$.a.b"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "path", "place", "instead"), CASES, ids=[case[0][:60] for case in CASES])
def test_a_finding_has_code_path_place_and_replacement(
    text: str, code: int, path: str, place: tuple[int, int], instead: str
) -> None:
    found = [each for each in diagnose(parse_flow(text)) if each.code == code]
    assert [each.path for each in found] == [path]
    assert (found[0].line, found[0].column) == place
    assert instead in found[0].instead


def test_a_clean_flow_has_no_findings() -> None:
    text = "name: n\ndescription: d\nsteps: [{id: a, component: /x}]\noutput: {$step: a}"
    assert diagnose(parse_flow(text)) == []


def test_data_is_not_searched_for_directives() -> None:
    text = "name: n\ndescription: d\noutput: {$literal: {$stp: 1}, blob: {$blob: x}}"
    assert [each.code for each in diagnose(parse_flow(text))] == [4001]


@pytest.mark.parametrize(
    ("component", "field"), [("/builtin/map", "workflow"), ("/builtin/iterate", "flow"), ("/map", "workflow")]
)
def test_a_flow_that_every_item_would_fail_on_is_an_error_where_it_stands(component: str, field: str) -> None:
    flow = parse_flow(
        f"steps:\n- id: m\n  component: {component}\n  input:\n    items: {{$input: $}}\n    {field}:\n"
        "      $literal:\n        output: {$step: zz}\noutput: {$step: m}"
    )
    [found] = [each for each in diagnose(flow) if each.level is not Level.WARNING]
    assert (found.code, found.path) == (4007, f"$.steps[0].input.{field}.$literal")
    assert (found.line, found.column) == (8, 17)
    assert "'zz'" in found.message


@pytest.mark.parametrize(
    ("given", "place", "path"),
    [
        ("{items: [1], workflow: {steps: [{id: a}]}}", (1, 81), "$.steps[0].input.workflow"),
        ("{items: [1], workflow: {$literal: {steps: [{id: a}]}}}", (1, 92), "$.steps[0].input.workflow.$literal"),
        ("{$literal: {items: [1], workflow: {steps: [{id: a}]}}}", (1, 92), "$.steps[0].input.$literal.workflow"),
    ],
    ids=["nothing to fill in", "flow under $literal", "input under $literal"],
)
def test_a_flow_inside_an_input_without_references_is_checked(given: str, place: tuple[int, int], path: str) -> None:
    flow = parse_flow(f"steps: [{{id: m, component: /builtin/map, input: {given}}}]\noutput: {{$step: m}}")
    [found] = [each for each in diagnose(flow) if each.level is not Level.WARNING]
    assert (found.code, found.path) == (4007, path)
    assert (found.line, found.column) == place
    assert "missing field `component`" in found.message


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("{data: {steps: [{id: a, component: noop}]}, blob_type: flow}", "$.steps[0].input.data"),
        ("{$literal: {data: {output: {$step: z}}, blob_type: flow}}", "$.steps[0].input.$literal.data"),
    ],
)
def test_a_stored_flow_that_the_reference_does_not_look_at_is_checked_without_refusing_it(
    given: str, path: str
) -> None:
    flow = parse_flow(
        f"name: n\ndescription: d\nsteps: [{{id: p, component: /builtin/put_blob, input: {given}}}]\noutput: {{$step: p}}"
    )
    assert [(each.code, each.path) for each in reject_if_fatal(flow)] == [(4007, path)]


def test_each_variable_of_a_flow_without_variable_schema_is_named_at_its_place() -> None:
    flow = parse_flow("name: n\ndescription: d\noutput: [{$variable: v, default: {$variable: w}}, {$variable: '$[0]'}]")
    assert [(each.code, each.path, each.column) for each in diagnose(flow)] == [
        (1004, "$.variables", 10),
        (1004, "$.variables", 34),
    ]


def test_only_names_with_dots_or_brackets_are_quoted_in_a_findings_path() -> None:
    flow = parse_flow("name: n\ndescription: d\noutput: {a b: {$input: x}, c.d: {$input: x}, 'e]': {$input: x}}")
    assert [each.path for each in diagnose(flow)] == ["$.output.a b", '$.output["c.d"]', '$.output["e]"]']


@pytest.mark.parametrize(("component", "field"), [("/builtin/map", "workflow"), ("/builtin/iterate", "flow")])
@pytest.mark.parametrize("step", ["each", "m"])
def test_references_of_a_flow_inside_that_the_outer_flow_would_fill_in_say_how_to_protect_them(
    component: str, field: str, step: str
) -> None:
    inner = f"{{steps: [{{id: {step}, component: /x}}], output: {{$step: {step}}}}}"
    flow = parse_flow(f"steps: [{{id: m, component: {component}, input: {{{field}: {inner}}}}}]\noutput: {{$step: m}}")
    [found] = [each for each in diagnose(flow) if each.level is Level.FATAL]
    assert found.path == f"$.steps[0].input.{field}.output"
    assert f"under `$literal:` (`{field}: {{$literal: {{steps: …}}}}`)" in found.instead


def test_references_beside_a_flow_inside_are_the_outer_flows() -> None:
    flow = parse_flow("steps: [{id: m, component: /builtin/map, input: {items: {$step: z}, workflow: {$literal: {}}}}]")
    [found] = [each for each in diagnose(flow) if each.level is Level.FATAL]
    assert "$literal" not in found.instead


def test_a_sub_flow_with_parts_filled_in_later_is_checked_as_far_as_it_is_known() -> None:
    def findings(inner: str) -> list[int]:
        text = (
            "steps: [{id: m, component: /builtin/map, input: {items: {$input: $}, workflow: "
            f"{{steps: [{{id: a, component: /x, input: {{$variable: v}}}}], output: {{$literal: {inner}}}}}}}}}]"
        )
        return [each.code for each in diagnose(parse_flow(text)) if each.level is not Level.WARNING]

    assert findings("{$step: a}") == []
    assert findings("{$step: b}") == [4007]


def test_a_stored_flow_that_does_not_read_is_reported_with_its_place() -> None:
    flow = parse_flow(
        "steps:\n- id: p\n  component: /builtin/put_blob\n  input:\n    blob_type: flow\n    data:\n"
        "      $literal:\n        steps: [{id: x}]\noutput: {$step: p}"
    )
    [found] = [each for each in diagnose(flow) if each.level is Level.ERROR]
    assert (found.code, found.path, found.line, found.column) == (2003, "$.steps[0].input.data.$literal", 8, 17)


def test_a_fatal_finding_rejects_the_flow_with_file_place_and_next_step() -> None:
    with pytest.raises(FlowRejected, match=r"^f.yaml:1:9: \$.output: .*'x'.*does not exist") as error:
        reject_if_fatal(parse_flow("output: {$step: x}", "f.yaml"))
    assert error.value.next_step == "There are no earlier steps."
    with pytest.raises(FlowRejected, match="and 1 more"):
        reject_if_fatal(flow_from_json({"output": [{"$step": "x"}, {"$step": "y"}]}))


def test_errors_and_warnings_do_not_reject() -> None:
    found = reject_if_fatal(parse_flow("steps: [{id: a, component: noop}]"))
    assert {each.level for each in found} == {Level.ERROR, Level.WARNING}


SHIPPED = (Path(__file__).parents[2] / "flows" / "document_ingestion.yaml").read_text("utf-8")
EDIT = st.tuples(
    st.integers(0, len(SHIPPED)),
    st.integers(0, 6),
    st.sampled_from(
        ["", "{", "}", "[", "]", ":", "$", '"', "\n", "- ", "null", ".", "$from", "$if", "$coalesce", "x[y"]
    ),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(EDIT, min_size=1, max_size=4))
def test_a_mistyped_flow_gets_findings_or_a_load_error_each_with_its_place(edits: list[tuple[int, int, str]]) -> None:
    text = SHIPPED
    for start, removed, added in edits:
        text = text[:start] + added + text[start + removed :]
    try:
        found = diagnose(parse_flow(text))
    except FlowLoadError as error:
        assert error.line is not None
        assert error.next_step
    else:
        assert all(each.line is not None for each in found)
