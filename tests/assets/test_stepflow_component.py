"""A flow as a Dagster component, from a defs.yaml to a run."""

from __future__ import annotations

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
