"""From a flow to Dagster definitions: one graph of assets with one dynamic partition per item.

>>> compiled = compile_flow(load_flow(Path("flows/document_ingestion.yaml")), CompileOptions(runtime, registry))
>>> defs = compiled.definitions
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import dagster as dg

from flow_compiler.assets.asset_specs import check_specs, describe
from flow_compiler.assets.blueprint import Blueprint, draw
from flow_compiler.assets.dagster_metadata import asset_key, asset_keys
from flow_compiler.assets.naming import FLOW_TAG
from flow_compiler.assets.operations import BATCH, DOCUMENTS, REFRESH, asset_output, make_op
from flow_compiler.assets.options import CompileOptions
from flow_compiler.assets.partition_keys import enter_keys
from flow_compiler.language.diagnostics import reject_if_fatal
from flow_compiler.language.model import Flow


@dataclass(frozen=True)
class CompiledFlow:
    """A flow's Dagster definitions, and what callers need to run it."""

    blueprint: Blueprint
    assets: dg.AssetsDefinition
    job: Any  # dagster's unresolved job; resolved by Definitions
    partitions_def: dg.DynamicPartitionsDefinition
    options: CompileOptions
    definitions: dg.Definitions = field(repr=False)

    @property
    def name(self) -> str:
        return self.blueprint.name

    @property
    def asset_keys(self) -> Mapping[str, dg.AssetKey]:
        return asset_keys(self.blueprint)

    def run_config(self, keys: Sequence[str] | None = None, *, refresh: bool = False) -> dict[str, Any]:
        """Run config for a scattered list of partition keys (None: the run's range)."""
        config: dict[str, Any] = {} if keys is None else {DOCUMENTS: list(keys)}
        if refresh:
            config[REFRESH] = True
        first = self.blueprint.op_name(self.blueprint.segments[0])
        return {"ops": {self.blueprint.graph_name: {"ops": {first: {"config": config}}}}}

    def enter_keys(self, instance: dg.DagsterInstance, keys: Sequence[str]) -> Sequence[str]:
        """Add the keys that are not partitions yet; returns those, in order."""
        return enter_keys(instance, self.name, keys)


def compile_flow(flow: Flow, options: CompileOptions) -> CompiledFlow:
    """Raises FlowRejected. Components are not looked for: one that is missing fails the step that calls it."""
    reject_if_fatal(flow)
    blueprint = draw(
        flow,
        options.registry,
        name=options.name,
        pools=options.pools,
        routes=options.routes,
        checks=options.checks,
        setting=options.setting,
    )
    partitions_def = dg.DynamicPartitionsDefinition(name=blueprint.name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)
        warnings.simplefilter("ignore", dg.PreviewWarning)
        assets = _assets(blueprint, options, partitions_def)
    job = dg.define_asset_job(
        blueprint.name,
        selection=[assets],
        description=flow.description,
        tags={FLOW_TAG: blueprint.name},
        executor_def=options.executor_def,
    )
    return CompiledFlow(
        blueprint=blueprint,
        assets=assets,
        job=job,
        partitions_def=partitions_def,
        options=options,
        definitions=dg.Definitions(assets=[assets], jobs=[job], executor=options.executor_def),
    )


def _assets(
    blueprint: Blueprint, options: CompileOptions, partitions_def: dg.DynamicPartitionsDefinition
) -> dg.AssetsDefinition:
    checks = check_specs(blueprint, partitions_def if options.partitioned_checks else None)
    texts = {asset_output(blueprint, asset): describe(blueprint, asset, options.registry) for asset in blueprint.assets}
    outputs = {asset: asset_output(blueprint, asset) for asset in blueprint.assets}
    return dg.AssetsDefinition.from_graph(
        _graph(blueprint, options, checks),
        keys_by_output_name={outputs[asset]: asset_key(blueprint, asset) for asset in blueprint.assets},
        internal_asset_deps={
            outputs[asset]: {asset_key(blueprint, parent) for parent in parents}
            for asset, parents in blueprint.lineage.parents.items()
        },
        partitions_def=partitions_def,
        group_names_by_output_name={output: text.group for output, text in texts.items()},
        descriptions_by_output_name={output: text.description for output, text in texts.items() if text.description},
        metadata_by_output_name={output: text.metadata for output, text in texts.items()},
        tags_by_output_name={output: text.tags for output, text in texts.items()},
        owners_by_output_name={output: list(text.owners) for output, text in texts.items()},
        code_versions_by_output_name={outputs[asset]: blueprint.code_versions[asset] for asset in blueprint.assets},
        backfill_policy=dg.BackfillPolicy.multi_run(options.partitions_per_run),
        can_subset=True,
        check_specs=checks,
    )


def _graph(blueprint: Blueprint, options: CompileOptions, checks: Sequence[dg.AssetCheckSpec]) -> dg.GraphDefinition:
    """The ops in a row: each gets the batch from the one before."""
    ops = [make_op(blueprint, segment, options, checks) for segment in blueprint.segments]
    return dg.GraphDefinition(
        name=blueprint.graph_name,
        description=blueprint.flow.description,
        node_defs=ops,
        dependencies={
            later.name: {BATCH: dg.DependencyDefinition(earlier.name, BATCH)}
            for earlier, later in zip(ops, ops[1:], strict=False)
        },
        output_mappings=[
            dg.OutputMapping(
                graph_output_name=output.name, mapped_node_name=op.name, mapped_node_output_name=output.name
            )
            for op in ops
            for output in op.output_defs
            if output.name != BATCH
        ],
    )
