"""Definitions as JSON: what a snapshot test compares and a person reads at a glance."""

from __future__ import annotations

from typing import Any

import dagster as dg

Json = Any


def describe_definitions(definitions: dg.Definitions) -> Json:
    """Assets (key, parents, group, owners, kinds, tags, version, partitions, checks), jobs with their ops, sensors.

    Everything is sorted, so that equal definitions give equal JSON.
    """
    assets = [spec for found in definitions.get_repository_def().assets_defs_by_key.values() for spec in found.specs]
    by_key = {spec.key.to_user_string(): spec for spec in assets}
    return {
        "assets": {key: _asset(by_key[key]) for key in sorted(by_key)},
        "checks": {
            f"{spec.asset_key.to_user_string()}:{spec.name}": {
                "blocking": spec.blocking,
                "description": spec.description,
                "metadata": dict(sorted(spec.metadata.items())),
                "partitioned": spec.partitions_def is not None,
            }
            for spec in sorted(_checks(definitions), key=lambda spec: (spec.asset_key.path, spec.name))
        },
        "jobs": {job.name: _job(job) for job in sorted(_jobs(definitions), key=lambda job: job.name)},
        "sensors": {
            sensor.name: {"seconds": sensor.minimum_interval_seconds, "status": sensor.default_status.value}
            for sensor in sorted(definitions.sensors or (), key=lambda sensor: sensor.name)
        },
    }


def _asset(spec: dg.AssetSpec) -> Json:
    partitions = spec.partitions_def
    return {
        "parents": sorted(dep.asset_key.to_user_string() for dep in spec.deps),
        "group": spec.group_name,
        "description": spec.description,
        "owners": sorted(spec.owners),
        "kinds": sorted(spec.kinds),
        "tags": {key: value for key, value in sorted(spec.tags.items()) if not key.startswith("dagster/kind/")},
        "code_version": spec.code_version,
        "partitions": getattr(partitions, "name", None) if partitions else None,
        "metadata": {key: value for key, value in sorted(spec.metadata.items()) if key.startswith("stepflow/")},
    }


def _checks(definitions: dg.Definitions) -> list[dg.AssetCheckSpec]:
    repository = definitions.get_repository_def()
    found = {spec.key: spec for assets in repository.assets_defs_by_key.values() for spec in assets.check_specs}
    return list(found.values())


def _jobs(definitions: dg.Definitions) -> list[dg.JobDefinition]:
    return [job for job in definitions.get_repository_def().get_all_jobs() if not job.name.startswith("__")]


def _job(job: dg.JobDefinition) -> Json:
    return {
        "tags": {key: value for key, value in sorted(job.tags.items()) if not key.startswith("dagster/")},
        "ops": {
            f"{graph.name}.{op.name}": {
                "pool": op.definition.pool if isinstance(op.definition, dg.OpDefinition) else None,
                "tags": dict(sorted(op.definition.tags.items())),
                "inputs": sorted(op.definition.input_dict),
                "outputs": sorted(op.definition.output_dict),
            }
            for graph in job.graph.nodes
            if isinstance(graph.definition, dg.GraphDefinition)
            for op in graph.definition.nodes
        },
    }
