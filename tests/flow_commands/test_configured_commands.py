"""``flow-compiler`` with a configuration: what runs, what is said before it runs, what is listed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from .commands import HERE, Command, calling

CONFIG = """\
plugins:
  builtin: {type: builtin}
  ours: {type: python, module: flow_components}
  fake: {type: mock, components: {/double: {behaviors: {{number: 1}: {outcome: success, result: {number: 100}}}}}}
routes:
  /builtin: [{plugin: builtin}]
  /test: [{plugin: ours, pool: large}]
  /fake: [{plugin: fake}]
"""
FLOW = """\
name: doubling
description: Doubles a number.
steps:
  - {id: given, component: /builtin/noop, input: {number: {$input: number}}}
  - {id: doubled, component: COMPONENT, input: {$step: given}}
output: {$step: doubled, path: number}
"""


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    """Runs ``flow-compiler`` in a folder with ``flow.yaml``, ``mocked.yaml`` and ``mine.yml``, which is no name that is
    found by itself; returns exit code, stdout, stderr."""
    (tmp_path / "flow.yaml").write_text(FLOW.replace("COMPONENT", "/test/double"))
    (tmp_path / "mocked.yaml").write_text(FLOW.replace("COMPONENT", "/fake/double"))
    (tmp_path / "mine.yml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(HERE))

    return calling(monkeypatch, capsys)


def test_run_calls_what_the_routes_lead_to(command: Command) -> None:
    assert command("run", "flow.yaml", "--config", "mine.yml", "--input", '{"number": 4}') == (0, "8\n", "")
    assert command("run", "mocked.yaml", "--config", "mine.yml", "--input", '{"number": 1}') == (0, "100\n", "")


def test_run_finds_the_configuration_beside_the_flow(command: Command, tmp_path: Path) -> None:
    assert command("run", "flow.yaml", "--input", '{"number": 4}')[0] == 1
    (tmp_path / "mine.yml").rename(tmp_path / "stepflow-config.yml")
    assert command("run", "flow.yaml", "--input", '{"number": 4}') == (0, "8\n", "")


def test_a_component_of_a_module_is_found_without_a_route(command: Command, tmp_path: Path) -> None:
    (tmp_path / "bare.yml").write_text("plugins: {b: {type: builtin}}\nroutes: {/: [{plugin: b}]}")
    given = ("--config", "bare.yml", "--input", '{"number": 4}')
    code, _, said = command("run", "flow.yaml", *given)
    assert code == 1 and "error routing component" in said
    assert command("run", "flow.yaml", *given, "--module", "flow_components") == (0, "8\n", "")


def test_run_keeps_its_steps_where_the_configuration_says(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.yml").write_text(CONFIG + "storageConfig: {type: sqlite, databaseUrl: 'sqlite:kept/state.db'}\n")
    run = ("run", "flow.yaml", "--config", "mine.yml", "--input", '{"number": 4}', "--json")
    code, out, said = command(*run)
    first = json.loads(out)
    assert code == 0 and said == f"run {first['run_id']}\n"
    again = json.loads(command(*run, "--run-id", first["run_id"])[1])
    assert {step: record["reuse"] for step, record in again["steps"].items()} == {
        "given": "journal",
        "doubled": "journal",
    }
    assert (tmp_path / "kept" / "state.db").is_file()


def test_run_refuses_a_configuration_that_cannot_be_used(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.yml").write_text(CONFIG.replace("plugin: ours", "plugin: our"))
    code, out, said = command("run", "flow.yaml", "--config", "mine.yml")
    assert (code, out) == (2, "")
    assert "the route /test names the plugin 'our', which there is not" in said
    assert command("run", "flow.yaml", "--config", "none.yml")[0] == 2


def test_old_forms_are_told_when_a_flow_is_run(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.yml").write_text(CONFIG.replace("/test:", "'/test/{*component}':"))
    run = ("run", "flow.yaml", "--config", "mine.yml", "--input", '{"number": 4}')
    code, out, said = command(*run)
    assert (code, out) == (0, "8\n")
    assert said.startswith("warning: mine.yml:7:3: the route is written '/test/{*component}'")
    assert command(*run, "--quiet")[2] == ""


def test_validate_checks_the_configuration_and_the_flow_against_its_routes(command: Command, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(FLOW.replace("COMPONENT", "/tests/double"))
    code, out, _ = command("validate", "flow.yaml", "--config", "mine.yml")
    assert code == 0
    assert "mine.yml:4:3: warning 1500 mockComponent: $.plugins.fake" in out
    code, out, _ = command("validate", "bad.yaml", "--config", "mine.yml")
    assert code == 2
    assert (
        "bad.yaml:5:30: error 2500 invalidComponent: $.steps[1].component: no component is served as '/tests/double'"
        in out
    )
    assert "nearest known: /test/double" in out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("plugin: ours", "plugin: our"),
            "mine.yml:7:20: error 2200 invalidRouteReference: $.routes./test[0].plugin: ",
        ),
        (
            ("type: python", "type: grpc"),
            "mine.yml:3:10: fatal 4102 unreadableConfiguration: $.plugins.ours: plugins of type grpc",
        ),
        (
            ("flow_components", "flow_componentz"),
            "mine.yml:3:3: fatal 4102 unreadableConfiguration: $: plugin 'ours': cannot import flow_componentz",
        ),
        (
            ("routes:", "rutes:"),
            "mine.yml:5:1: fatal 4102 unreadableConfiguration: $: `rutes` means nothing in the configuration",
        ),
    ],
)
def test_validate_fails_for_a_configuration_that_cannot_be_used(
    command: Command, tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    (tmp_path / "mine.yml").write_text(CONFIG.replace(*change))
    code, out, _ = command("validate", "--config", "mine.yml")
    assert code == 2
    assert said in out
    assert "mine.yml: cannot be used as it is" in out
    code, out, _ = command("validate", "--config", "mine.yml", "--json")
    told = json.loads(out)
    assert (code, told["flows"], told["configuration"]["valid"]) == (2, [], False)


def test_validate_asks_for_something_to_check(command: Command) -> None:
    code, _, said = command("validate")
    assert code == 2 and "--config FILE" in said


def test_show_shows_the_pools_that_routes_name(command: Command) -> None:
    shown = json.loads(command("show", "flow.yaml", "--config", "mine.yml", "--json")[1])
    assert [step["pool"] for step in shown["steps"]] == ["cpu", "large"]


def test_list_components_lists_the_built_in_ones_and_those_of_modules(command: Command) -> None:
    lines = command("list-components", "--module", "flow_components")[1].splitlines()
    assert any(line.split("  ")[0].strip() == "/builtin/map" for line in lines)
    assert "/test/double              Twice the number." in lines


def test_list_components_lists_what_routes_lead_to(command: Command) -> None:
    told = json.loads(command("list-components", "--config", "mine.yml", "--format", "json")[1])["components"]
    by_path = {each["path"]: each for each in told}
    assert {"/builtin/noop", "/test/double", "/fake/double"} <= by_path.keys()
    assert by_path["/test/double"]["pool"] == "large"
    assert by_path["/builtin/create_messages"]["input_schema"]["required"] == ["user_prompt"]


PAGES = '''
from typing import Literal
from pydantic import BaseModel, Field
from flow_compiler.engine.components import component

class Box(BaseModel):
    width: float = Field(description="In points | or so.")
    inner: list["Box"] = []

class Given(BaseModel):
    boxes: list[Box] = Field(description="What to look at.")
    mode: Literal["fast", "good"] = "fast"
    note: str | None = None

@component("/pages/measure", version="2", effect="pure", pool="gpu")
async def measure(given: Given, context) -> dict[str, float]:
    """Measures boxes. Slowly.

    More about it.
    """
    return {}
'''


def test_list_components_writes_reference_pages(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "page_components.py").write_text(PAGES)
    monkeypatch.setattr(sys, "path", [*sys.path])
    code, page, _ = command("list-components", "--format", "markdown", "--module", "page_components")
    assert code == 0
    assert "- [`/pages/measure`](#pagesmeasure) Measures boxes.\n" in page
    section = page[page.index("## `/pages/measure`") :]
    assert "More about it.\n" in section
    assert "version 2 · pure · pool `gpu`\n" in section
    for row in (
        "| `boxes` | array of object | yes |  | What to look at. |",
        "| `boxes[].width` | number | yes |  | In points \\| or so. |",
        "| `boxes[].inner` | array of object | no | `[]` |  |",
        '| `mode` | `"fast"` or `"good"` | no | `"fast"` |  |',
        "| `note` | string or null | no | `null` |  |",
    ):
        assert row in section
    assert "### Output\n\nObject of number." in section


def test_infer_knows_the_schemas_of_components_that_routes_lead_to(command: Command, tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(FLOW.replace("COMPONENT", "/own/measure"))
    (tmp_path / "mine.yml").write_text(
        "plugins:\n  fake:\n    type: mock\n    components:\n"
        "      /measure: {output_schema: {type: object, properties: {number: {type: integer}}}, behaviors: {}}\n"
        "routes:\n  /own: [{plugin: fake}]\n"
    )
    code, out, _ = command("infer", "flow.yaml", "--config", "mine.yml")
    assert code == 0
    assert "integer" in out
    assert "integer" not in command("infer", "flow.yaml")[1]
