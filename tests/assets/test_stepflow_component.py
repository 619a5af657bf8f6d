"""A flow as a Dagster component, from a defs.yaml to a run."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest
from dagster.components.testing.utils import component_defs, create_defs_folder_sandbox

from flow_compiler.assets import StepflowComponent
from flow_compiler.assets.input_table import open_input_table
from flow_compiler.errors import FlowError

FLOW = """
name: greet
steps:
  - {id: greeting, component: /builtin/create_messages, metadata: {asset: true}, input: {user_prompt: {$input: name}, system_instructions: {$variable: tone}}}
  - {id: answer, component: /builtin/noop, metadata: {asset: true}, input: {$step: greeting, path: messages}}
output: {$step: answer}
"""


def test_a_defs_yaml_gives_assets_that_run_on_submitted_inputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, instance: dg.DagsterInstance
) -> None:
    monkeypatch.setenv("STEPFLOW_HOME", str(tmp_path / "home"))
    with create_defs_folder_sandbox() as sandbox:
        folder = sandbox.scaffold_component(
            component_cls=StepflowComponent,
            defs_yaml_contents={
                "type": "flow_compiler.assets.StepflowComponent",
                "attributes": {"flow": "flow.yaml", "variables": {"tone": "be kind"}},
            },
        )
        (folder / "flow.yaml").write_text(FLOW)
        with sandbox.build_all_defs() as defs:
            keys = {spec.key for spec in defs.resolve_all_asset_specs()}
            assert keys == {dg.AssetKey(["greet", "greeting"]), dg.AssetKey(["greet", "answer"])}
            assert [sensor.name for sensor in defs.sensors or ()] == ["greet_orphaned_runs"]
            table = open_input_table(f"sqlite:///{tmp_path / 'home' / 'stepflow.db'}", "greet")
            table.submit("ada", {"name": "Ada"})
            table.submit("bob", {"title": "no name"})
            instance.add_dynamic_partitions("greet", ["ada", "bob", "eve"])  # of eve nothing was submitted
            job = defs.resolve_job_def("greet")
            tags = {"dagster/asset_partition_range_start": "ada", "dagster/asset_partition_range_end": "eve"}
            result = job.execute_in_process(instance=instance, tags=tags, raise_on_error=False)
            assert not result.success
            assert any(
                entry.user_message.startswith("eve: input.unknown [source]: no input was submitted for 'eve'")
                for entry in instance.all_logs(result.run_id)
            )
            assert {row.key: (row.outcome, row.error) for row in table.rows()}["ada"] == ("success", None)
            assert {row.key: row.outcome for row in table.rows()}["bob"] == "failed"
            table.close()


def test_components_and_pools_come_from_the_attributes(tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text("name: f\nsteps: [{id: a, component: /t/blocks}]\noutput: {$step: a}")
    component = StepflowComponent.from_attributes_dict(
        attributes={
            "flow": str(tmp_path / "flow.yaml"),
            "components": ["small_flow"],
            "pools": {"gpu": {"limit": "gpu", "kubernetes": {"job_spec_config": {}}}},
        }
    )
    definitions = component_defs(component=component)
    job = definitions.resolve_job_def("f")
    assert [op.pool for op in job.graph.nodes[0].definition.node_defs] == ["gpu"]


def test_a_name_that_cannot_be_imported_is_said_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text("output: 1")
    component = StepflowComponent(flow=str(tmp_path / "flow.yaml"), components=["no_such_module"])
    with pytest.raises(FlowError, match="no_such_module"):
        component_defs(component=component)


CONFIG = """
plugins:
  builtin: {type: builtin}
  ours: {type: python, module: configured_words}
  fake: {type: mock, components: {/greet: {behaviors: {Ada: {outcome: success, result: "hello Ada"}}}}}
  far: {type: command, command: "${WORKER_OF_THE_POD}"}
routes:
  /builtin: [{plugin: builtin}]
  /words: [{plugin: ours, pool: gpu}]
  /fake: [{plugin: fake}]
  /far: [{plugin: far, pool: big}]
pools: {gpu: {limit: gpus, kubernetes: {container_config: {}}}, big: {tags: {size: big}}, none: {allowCode: true}}
"""
WORDS = """
from flow_compiler.engine.components import component

@component("/words/shout", version="7", effect="pure")
async def shout(given: str, context) -> str:
    return given.upper()
"""


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a configuration and the module that it names."""
    (tmp_path / "stepflow-config.yml").write_text(CONFIG)
    (tmp_path / "configured_words.py").write_text(WORDS)
    monkeypatch.setattr("sys.path", [*sys.path])
    monkeypatch.delitem(sys.modules, "configured_words", raising=False)
    monkeypatch.setenv("STEPFLOW_HOME", str(tmp_path / "home"))
    return tmp_path


def test_a_configuration_gives_components_and_pools(configured: Path) -> None:
    (configured / "flow.yaml").write_text(
        "name: f\nsteps: [{id: a, component: /words/shout}, {id: b, component: /far/x}]\noutput: [{$step: a}, {$step: b}]"
    )
    attributes = {"flow": str(configured / "flow.yaml"), "config": str(configured / "stepflow-config.yml")}
    definitions = component_defs(component=StepflowComponent.from_attributes_dict(attributes=attributes))
    ops = {op.tags["stepflow/pool"]: op for op in definitions.resolve_job_def("f").graph.nodes[0].definition.node_defs}
    assert {name: op.pool for name, op in ops.items()} == {"gpu": "gpus", "big": None}
    assert ops["big"].tags["size"] == "big"
    own = {**attributes, "routes": {"/far": "gpu"}, "pools": {"gpu": {"limit": "mine"}}}
    definitions = component_defs(component=StepflowComponent.from_attributes_dict(attributes=own))
    assert [op.pool for op in definitions.resolve_job_def("f").graph.nodes[0].definition.node_defs] == ["mine"]


def test_a_run_calls_what_the_routes_of_the_configuration_lead_to(
    configured: Path, instance: dg.DagsterInstance
) -> None:
    text = CONFIG.replace('  far: {type: command, command: "${WORKER_OF_THE_POD}"}\n', "").replace(
        "  /far: [{plugin: far, pool: big}]\n", ""
    )
    (configured / "stepflow-config.yml").write_text(text)
    (configured / "flow.yaml").write_text(
        "name: f\nsteps: [{id: a, component: /fake/greet, input: {$input: $}}, {id: b, component: /words/shout, input: {$step: a}}]\noutput: {$step: b}"
    )
    attributes = {"flow": str(configured / "flow.yaml"), "config": str(configured / "stepflow-config.yml")}
    definitions = component_defs(component=StepflowComponent.from_attributes_dict(attributes=attributes))
    with closing(open_input_table(f"sqlite:///{configured / 'home' / 'stepflow.db'}", "f")) as table:
        table.submit("ada", "Ada")
        table.submit("bob", "Bob")
        instance.add_dynamic_partitions("f", ["ada", "bob"])
        tags = {"dagster/asset_partition_range_start": "ada", "dagster/asset_partition_range_end": "bob"}
        definitions.resolve_job_def("f").execute_in_process(instance=instance, tags=tags, raise_on_error=False)
        assert {row.key: row.outcome for row in table.rows()} == {"ada": "success", "bob": "failed"}


def test_a_configuration_that_names_no_plugin_is_refused_where_the_flow_is_defined(configured: Path) -> None:
    (configured / "flow.yaml").write_text("name: f\noutput: 1")
    (configured / "stepflow-config.yml").write_text("routes: {/x: [{plugin: none}]}")
    component = StepflowComponent(flow=str(configured / "flow.yaml"), config=str(configured / "stepflow-config.yml"))
    with pytest.raises(FlowError, match="names the plugin 'none'"):
        component_defs(component=component)
