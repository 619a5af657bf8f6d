"""Runs whose process died: closed with a reason, and their unfinished items marked.

A killed process reports nothing, so Dagster would show its run "in progress" for ever and its items as never tried.
Whoever finds the run's lock free (the next command, or a sensor) closes it in its place. A run that broke, or that
Dagster ended itself, may have left items in hand: these are let go and marked the same way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from flow_compiler.assets import run_lock
from flow_compiler.assets.blueprint import Blueprint
from flow_compiler.assets.compile import CompiledFlow
from flow_compiler.assets.dagster_metadata import asset_keys
from flow_compiler.assets.event_log import report_planned
from flow_compiler.assets.operations import DOCUMENTS
from flow_compiler.engine.outcomes import Failure
from flow_compiler.errors import Category

_OPEN = [
    dg.DagsterRunStatus.NOT_STARTED,  # killed between making the run and beginning it
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
_BETWEEN_OPS_SECONDS = 30.0
_STARTING_SECONDS = 300.0

CloseRun = Callable[[str, Failure], Sequence[str]]
"""Tells the catalog that the run is gone: (run id, reason) → keys of the items it still had in hand."""

RunsInHand = Callable[[], Iterable[str]]
"""Ids of the runs that have items in hand, as the catalog knows."""


@dataclass(frozen=True)
class ClosedRun:
    run_id: str
    unfinished: tuple[str, ...]
    reason: str


def close_orphans(
    instance: dg.DagsterInstance,
    flows: Sequence[CompiledFlow],
    locks: Path,
    close: CloseRun,
    *,
    between_ops_seconds: float = _BETWEEN_OPS_SECONDS,
    starting_seconds: float = _STARTING_SECONDS,
) -> list[ClosedRun]:
    """Close every open run of the flows that nobody works on. For runs of this host: their locks are files here.

    A run is let be for ``between_ops_seconds`` after an op of it ended in order, and for ``starting_seconds`` while no op
    has begun.
    """
    closed = []
    for record in instance.get_run_records(dg.RunsFilter(statuses=_OPEN)):
        compiled = _flow_of(record.dagster_run, flows)
        if compiled is None:
            continue
        try:
            abandoned = run_lock.look(locks, record.dagster_run.run_id)
        except FileNotFoundError:
            begun = record.start_time or record.create_timestamp.timestamp()
            if time.time() - begun < starting_seconds:
                continue
            who = "no process ever began it"
        else:
            if abandoned is None or (abandoned.pid is None and abandoned.seconds < between_ops_seconds):
                continue
            who = f"its process {abandoned.pid} died" if abandoned.pid else "its process died between two ops"
        closed.append(_close(instance, compiled, record.dagster_run, who, close))
        run_lock.remove(locks, record.dagster_run.run_id)
    return closed


def let_go_of_items(
    instance: dg.DagsterInstance, flows: Sequence[CompiledFlow], locks: Path, in_hand: Iterable[str], close: CloseRun
) -> list[ClosedRun]:
    """Free the items of runs that are over and did not tell how these ended; ``in_hand`` are the ids of runs that have
    some. It serves runs of other flows too, whose orphans :func:`close_orphans` leaves open."""
    closed = []
    for run_id in sorted(set(in_hand)):
        run = instance.get_run_by_id(run_id)
        why = _why_over(run, locks, run_id)
        if why is None:
            continue
        failure = _unfinished(run_id, why)
        keys = close(run_id, failure)
        compiled = _flow_of(run, flows) if run else None
        if run is not None and compiled is not None:
            _mark(instance, compiled, run, frozenset(keys))
        closed.append(ClosedRun(run_id, tuple(keys), failure.message))
    return closed


def orphaned_runs_sensor(
    flows: Sequence[CompiledFlow],
    locks: Path,
    close: CloseRun,
    in_hand: RunsInHand,
    *,
    name: str = "orphaned_runs",
    seconds: int = 30,
) -> dg.SensorDefinition:
    """Closes orphaned runs every ``seconds``, for runs started by the daemon or the UI."""

    @dg.sensor(
        name=name,
        minimum_interval_seconds=seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Closes runs whose process died, and marks their unfinished partitions as failed.",
    )
    def orphaned_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        closed = close_orphans(context.instance, flows, locks, close)
        closed += let_go_of_items(context.instance, flows, locks, in_hand(), close)
        return dg.SkipReason("; ".join(run.reason for run in closed) or "No run lost its process.")

    return orphaned_runs


def _flow_of(run: dg.DagsterRun, flows: Sequence[CompiledFlow]) -> CompiledFlow | None:
    for compiled in flows:
        if run.job_name == compiled.name or (run.asset_selection or set()) & set(compiled.asset_keys.values()):
            return compiled
    return None


def _close(
    instance: dg.DagsterInstance, compiled: CompiledFlow, run: dg.DagsterRun, who: str, close: CloseRun
) -> ClosedRun:
    failure = _unfinished(run.run_id, who)
    missing = _mark(instance, compiled, run, frozenset(close(run.run_id, failure)))
    reason = f"Run {run.run_id} was closed: {who}, {len(missing)} partitions unfinished. {failure.next_step}"
    if run.status is dg.DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, message=reason)
    else:
        instance.report_run_failed(run, message=reason)
    return ClosedRun(run.run_id, tuple(missing), reason)


def _unfinished(run_id: str, why: str) -> Failure:
    return Failure(
        message=f"run {run_id} ended before this was finished: {why}",
        error="run.orphaned",
        category=Category.CAPACITY,
        retryable=True,
        next_step="Run it again: finished work is kept.",
    )


def _why_over(run: dg.DagsterRun | None, locks: Path, run_id: str) -> str | None:
    """None while somebody may be at work."""
    if run is not None and run.is_finished:
        return f"it ended as {run.status.value}"
    try:
        abandoned = run_lock.look(locks, run_id)
    except FileNotFoundError:
        return "Dagster does not know it" if run is None else None
    if abandoned is None or (abandoned.pid is None and run is not None):
        return None
    return f"its process {abandoned.pid} died" if abandoned.pid else "Dagster does not know it"


def _mark(
    instance: dg.DagsterInstance, compiled: CompiledFlow, run: dg.DagsterRun, in_hand: frozenset[str]
) -> dict[str, list[str]]:
    """Have Dagster show what the run did not finish as failed; returns that."""
    missing = _missing(instance, compiled, run, in_hand)
    for key, assets in missing.items():
        report_planned(instance, compiled.blueprint, run.job_name, run.run_id, assets, key)
    return missing


def _missing(
    instance: dg.DagsterInstance, compiled: CompiledFlow, run: dg.DagsterRun, in_hand: frozenset[str]
) -> dict[str, list[str]]:
    """Key → assets to mark, for each item that the run was for and that did not get through."""
    blueprint = compiled.blueprint
    wanted = _wanted(blueprint, run)
    done = _marked(instance, blueprint, run.run_id, dg.DagsterEventType.ASSET_MATERIALIZATION)
    planned = _marked(instance, blueprint, run.run_id, dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
    found = {}
    for key in dict.fromkeys([*_keys_of(instance, compiled, run), *in_hand]):
        succeeded = done.get(key, set())
        if key not in in_hand and blueprint.finished(wanted, succeeded):
            continue
        assets = blueprint.unreached(wanted, succeeded, ())
        found[key] = [asset for asset in assets if asset in succeeded or asset not in planned.get(key, set())]
    return found


def _wanted(blueprint: Blueprint, run: dg.DagsterRun) -> frozenset[str]:
    """Nothing selected means everything."""
    keys = asset_keys(blueprint)
    return frozenset(asset for asset, key in keys.items() if not run.asset_selection or key in run.asset_selection)


def _marked(
    instance: dg.DagsterInstance, blueprint: Blueprint, run_id: str, kind: dg.DagsterEventType
) -> Mapping[str, set[str]]:
    """Key → assets for which the run has an event of this kind."""
    assets = {key: asset for asset, key in asset_keys(blueprint).items()}
    found: dict[str, set[str]] = {}
    for entry in instance.all_logs(run_id, of_type=kind):
        event = entry.dagster_event
        if event is not None and event.asset_key in assets and event.partition is not None:
            found.setdefault(event.partition, set()).add(assets[event.asset_key])
    return found


def _keys_of(instance: dg.DagsterInstance, compiled: CompiledFlow, run: dg.DagsterRun) -> Sequence[str]:
    """The run's items: its list, its partition, or its range as far as it still exists."""
    config: Mapping[str, Any] = run.run_config
    ops = config.get("ops", {}).get(compiled.blueprint.graph_name, {}).get("ops", {})
    first = compiled.blueprint.op_name(compiled.blueprint.segments[0])
    listed = ops.get(first, {}).get("config", {}).get(DOCUMENTS)
    if listed is not None:
        return list(listed)
    tags = run.tags
    if "dagster/partition" in tags:
        return [tags["dagster/partition"]]
    start, end = tags.get("dagster/asset_partition_range_start"), tags.get("dagster/asset_partition_range_end")
    keys = list(instance.get_dynamic_partitions(compiled.name))
    if start not in keys or end not in keys:
        return []
    return keys[keys.index(start) : keys.index(end) + 1]
