"""What Dagster shows of an asset of one partition: metadata and the tags its data versions are read from.

Numbers stay numbers: the UI plots them over time and partitions (notes/dagster 3). Staleness is read from the tags:
the version of each parent, and an event id up to which parents were seen; both are needed for every parent, or Dagster
calls the asset stale for a new dependency.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import dagster as dg

from flow_compiler.assets.batch_events import AssetDone, CheckDone
from flow_compiler.assets.blueprint import Blueprint
from flow_compiler.assets.partitions import AssetReport
from flow_compiler.engine.failures import has_foreign_words
from flow_compiler.engine.outcomes import Failure

DATA_VERSION = "dagster/data_version"
CODE_VERSION = "dagster/code_version"
USER_PROVIDED = "dagster/data_version_is_user_provided"
INPUT_VERSION = "dagster/input_data_version"
INPUT_POINTER = "dagster/input_event_pointer"
LEFT_OUT = "NULL"  # Dagster's own word for the version of what was never materialized

Plain = float | int | str | bool


def asset_metadata(report: AssetReport) -> dict[str, Plain]:
    metadata: dict[str, Plain] = {
        name: value for name, value in report.numbers.items() if not isinstance(value, float) or math.isfinite(value)
    }
    metadata |= {"seconds": round(report.seconds, 3), "computed": report.computed, "reused": report.reused}
    if report.degraded:
        metadata["degraded"] = True
    return metadata


def linked(link: Callable[[str], str] | None, key: str) -> dict[str, dg.MetadataValue[str | None]]:
    """The page about a partition elsewhere, where the asset has one."""
    return {} if link is None else {"viewer": dg.MetadataValue.url(link(key))}


def version_tags(blueprint: Blueprint, done: AssetDone, seen_until: int | None) -> dict[str, str]:
    """``seen_until``: id of an event written after those of the parents and before any later one of theirs."""
    tags = {
        DATA_VERSION: done.report.data_version,
        USER_PROVIDED: "true",
        CODE_VERSION: blueprint.code_versions[done.report.step_id],
    }
    for parent, version in done.came_from.items():
        key = asset_key(blueprint, parent).to_user_string()
        tags[f"{INPUT_VERSION}/{key}"] = version or LEFT_OUT
        tags[f"{INPUT_POINTER}/{key}"] = LEFT_OUT if seen_until is None else str(seen_until)
    return tags


def check_metadata(done: CheckDone) -> dict[str, Plain]:
    outcome = done.outcome
    metadata: dict[str, Plain] = dict(outcome.metadata)
    if outcome.score is not None and math.isfinite(outcome.score):
        metadata["score"] = outcome.score
    if done.check.threshold is not None:
        metadata["threshold"] = done.check.threshold
    return {name: value for name, value in metadata.items() if not isinstance(value, float) or math.isfinite(value)}


def in_words(failure: Failure) -> str:
    """Code, category, what happened and what to do; of a foreign exception only its kind, since Dagster's log is read by
    everybody and its message may quote the document."""
    happened = "" if has_foreign_words(failure.error) else f"{failure.message.rstrip('.')}. "
    return f"{failure.error} [{failure.category}]: {happened}{failure.next_step}".rstrip()


def asset_key(blueprint: Blueprint, asset: str) -> dg.AssetKey:
    return dg.AssetKey([blueprint.name, blueprint.names[asset]])


def asset_keys(blueprint: Blueprint) -> Mapping[str, dg.AssetKey]:
    return {asset: asset_key(blueprint, asset) for asset in blueprint.assets}
