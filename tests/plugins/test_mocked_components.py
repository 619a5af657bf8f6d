"""Answers that were written beforehand, and what happens for any other input."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from flow_compiler.configuration.reading import ConfigurationFile, parse_configuration, read_configuration
from flow_compiler.engine.configured import engine_settings
from flow_compiler.engine.engine import Engine
from flow_compiler.engine.outcomes import to_json
from flow_compiler.engine.storage import memory_stores
from flow_compiler.errors import ConfigurationError
from flow_compiler.flow_files import load_flow
from flow_compiler.language.loader import parse_flow
from flow_compiler.language.model import Flow
from flow_compiler.plugins.opening import known_components, open_plugins

UPSTREAM = Path(__file__).parents[3] / "shared" / "stepflow" / "upstream" / "tests" / "mock"

CONFIG = """
plugins:
  m:
    type: mock
    components:
      /c:
        input_schema: {type: object}
        output_schema: {type: string}
        behaviors:
          {a: 1, b: [x, {c: null}]}: {outcome: success, result: object}
          [1, 2]: {outcome: success, result: array}
          text: {outcome: success, result: text}
          5: {outcome: success, result: number}
          true: {outcome: success, result: boolean}
          null: {outcome: success, result: nothing}
          ? {long: key}
          : {outcome: success, result: {made: of}}
          '{"quoted": "json"}': {outcome: success, result: quoted}
          fails: {outcome: failed, error: {code: RESOURCE_UNAVAILABLE, message: away}}
          flaky: {outcome: failed, error: {message: broken}}
          breaks: {error: the plugin itself}
      plain: {behaviors: {x: {outcome: success}}}
routes: {/m: [{plugin: m}]}
retry: {backoff: {type: constant, delayMs: 1}}
"""
FLOW = "steps: [{{id: s, component: {component}, input: {{$input: $}}{more}}}]\noutput: {{$step: s}}"


def evaluate(file: ConfigurationFile, flow: Flow, given: Any) -> tuple[dict[str, Any], int]:
    """The flow's result in its wire form, and the attempts of its first step."""

    async def run() -> tuple[dict[str, Any], int]:
        async with (
            open_plugins(file) as components,
            Engine(components, memory_stores(), settings=engine_settings(file)) as engine,
        ):
            done = await engine.item(flow, run_id="r", key="k", input=given).evaluate()
            return to_json(done.result), next(iter(done.records.values())).attempts

    return asyncio.run(run())


def answer(given: Any, more: str = "", component: str = "/m/c") -> tuple[dict[str, Any], int]:
    file = parse_configuration(CONFIG, Path("c.yml"), {})
    return evaluate(file, parse_flow(FLOW.format(component=component, more=more)), given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"b": ["x", {"c": None}], "a": 1}, "object"),
        ([1, 2], "array"),
        ("text", "text"),
        (5, "number"),
        (True, "boolean"),
        (None, "nothing"),
        ({"long": "key"}, {"made": "of"}),
        ({"quoted": "json"}, "quoted"),
    ],
)
def test_an_input_has_the_answer_written_for_it(given: Any, expected: Any) -> None:
    assert answer(given)[0] == {"outcome": "success", "result": expected}


@pytest.mark.parametrize("given", [{"a": 1}, {"a": 1.0, "b": ["x", {"c": None}]}, "5", 1, 5.0, [2, 1], "nothing"])
def test_any_other_input_breaks_the_step_as_a_built_in_would(given: Any) -> None:
    result, attempts = answer(given)
    assert result["error"]["code"] == "UNREACHABLE"
    assert result["error"]["message"] == 'step "s" failed'
    assert "no behavior is written for /c on" in result["error"]["data"]["next_step"]
    assert answer(given, ", onError: {action: retry}")[1] == attempts
    assert answer(given, ", onError: {action: useDefault, defaultValue: 1}")[0] == {"outcome": "success", "result": 1}


def test_a_failure_that_was_written_is_the_steps_failure() -> None:
    error = answer("fails")[0]["error"]
    assert (error["code"], error["message"]) == ("RESOURCE_UNAVAILABLE", "away")
    error, attempts = answer("flaky", ", onError: {action: retry, maxRetries: 2}")
    assert (error["error"]["code"], error["error"]["message"], attempts) == ("COMPONENT_FAILED", "broken", 3)


def test_a_plugin_that_was_told_to_break_breaks() -> None:
    error = answer("breaks")[0]["error"]
    assert (error["code"], error["message"]) == ("UNREACHABLE", 'step "s" failed')
    assert "the plugin itself" in error["data"]["next_step"]


def test_a_result_may_be_left_out_and_a_path_may_lack_its_slash() -> None:
    assert answer("x", component="/m/plain")[0] == {"outcome": "success", "result": None}


def test_mocked_components_declare_what_their_schemas_say() -> None:
    known = known_components(parse_configuration(CONFIG, Path("c.yml"), {}))
    assert (known.get("/m/c").input_schema, known.get("/m/c").output_schema) == ({"type": "object"}, {"type": "string"})
    assert known.get("/m/plain").input_schema == {}


@pytest.mark.parametrize(
    ("behavior", "said"),
    [
        ("{outcome: success, result: 1, error: x}", "no `error:`"),
        ("{outcome: failed}", "needs `error:"),
        ("{outcome: failed, error: text}", "needs `error:"),
        ("{result: 1}", "write `outcome: success`"),
        ("{outcome: maybe}", "not a known value"),
        ("5", "must be an object"),
    ],
)
def test_a_behavior_that_says_nothing_or_too_much_is_refused(behavior: str, said: str) -> None:
    text = f"plugins: {{m: {{type: mock, components: {{/c: {{behaviors: {{{{a: 1}}: {behavior}}}}}}}}}}}"
    with pytest.raises(ConfigurationError) as caught:
        parse_configuration(text, Path("c.yml"), {})
    assert said in caught.value.message


def upstream_cases() -> list[Any]:
    files = [file for file in sorted(UPSTREAM.glob("*.yaml")) if "config" not in file.name]
    return [
        pytest.param(file, case, id=f"{file.stem}: {case['name']}")
        for file in files
        for case in load_flow(file).test["cases"]
    ]


@pytest.mark.parametrize(("flow", "case"), upstream_cases())
def test_the_mocked_flows_of_the_reference_give_what_they_say(flow: Path, case: dict[str, Any]) -> None:
    result, _ = evaluate(read_configuration(UPSTREAM / "stepflow-config.yml", {}), load_flow(flow), case["input"])
    expected = case["output"]
    assert result["outcome"] == expected["outcome"]
    if expected["outcome"] == "success":
        assert result["result"] == expected["result"]
    else:
        assert {key: result["error"][key] for key in ("code", "message")} == {
            key: expected["error"][key] for key in ("code", "message")
        }
