"""The Dagster ops of a compiled flow: one per segment, each working on the whole batch of the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import dagster as dg
from dagster._core.errors import DagsterExecutionInterruptedError

from flow_compiler.assets.batch import Batch, Tally
from flow_compiler.assets.blueprint import Blueprint
from flow_compiler.assets.carried import Carried
from flow_compiler.assets.dagster_metadata import asset_key, asset_keys, in_words
from flow_compiler.assets.event_log import EventLog
from flow_compiler.assets.item_watch import Scope
from flow_compiler.assets.loop_thread import CrossingOutbox, run_beside
from flow_compiler.assets.naming import dagster_name
from flow_compiler.assets.options import CompileOptions
from flow_compiler.assets.run_lock import RunLock
from flow_compiler.assets.segments import Segment
from flow_compiler.engine.outcomes import Failure
from flow_compiler.errors import RunCancelled

BATCH = "batch"
DOCUMENTS = "documents"
REFRESH = "refresh"
_NAMED = 100  # failed items that the run's failure names


def asset_output(blueprint: Blueprint, asset: str) -> str:
    """Name of the op's and the graph's output that stands for the asset."""
    return f"step_{blueprint.names[asset]}"


def make_op(
    blueprint: Blueprint, segment: Segment, options: CompileOptions, checks: Sequence[dg.AssetCheckSpec]
) -> dg.OpDefinition:
    """Asset and check outputs are declared, never yielded: yielding one would make Dagster log a materialization for
    every partition of the run, failed ones included (notes/dagster 2)."""
    first, last = segment.number == 0, segment is blueprint.segments[-1]
    here = [asset for asset in blueprint.assets if blueprint.segment_of(asset) is segment]
    keys = {asset_key(blueprint, asset) for asset in here}
    nothing = dg.Out(dg.Nothing, is_required=False)
    outs = {asset_output(blueprint, asset): nothing for asset in here}
    outs |= {spec.get_python_identifier(): nothing for spec in checks if spec.asset_key in keys}
    if not last:
        outs[BATCH] = dg.Out(dict, is_required=False, description="The items, and what must not be tried again.")
    settings = options.pools.get(segment.pool)

    def work(running: dg.OpExecutionContext, given: Mapping[str, Any]) -> Iterator[dg.Output[Any]]:
        carried = _asked_for(running) if first else Carried.from_json(given[BATCH])
        after = _run_segment(running, blueprint, segment, options, carried)
        if BATCH in running.selected_output_names:
            yield dg.Output(after.to_json(), BATCH)

    return dg.OpDefinition(
        compute_fn=work,
        name=blueprint.op_name(segment),
        ins={} if first else {BATCH: dg.In(dict)},
        outs=outs,
        config_schema=_CONFIG if first else None,
        tags=settings.op_tags(segment.pool) if settings else {},
        pool=settings.limit if settings else None,
        description=f"Steps in pool {segment.pool}: {', '.join(segment.steps) or 'none'}.",
    )


def _asked_for(context: dg.OpExecutionContext) -> Carried:
    """The items of the run: a list in the run's config (sensors, retries), else its partition range."""
    config = context.op_config or {}
    keys = config.get(DOCUMENTS)
    if keys is None and not (context.has_partition_key or context.has_partition_key_range):
        raise dg.Failure("The run names no partition. Choose partitions, or give a list of keys in its config.")
    return Carried(tuple(dict.fromkeys(context.partition_keys if keys is None else keys)), config.get(REFRESH, False))


def _run_segment(
    context: dg.OpExecutionContext, blueprint: Blueprint, segment: Segment, options: CompileOptions, carried: Carried
) -> Carried:
    scope = _scope(context, blueprint, segment)
    log = EventLog(context, blueprint, options)
    tally = Tally()

    async def items(outbox: CrossingOutbox) -> Carried:
        async with options.runtime() as runtime:
            return await Batch(blueprint, scope, runtime, outbox, carried, tally).run(options.documents_at_once)

    with RunLock(options.run_locks, context.run_id) if options.run_locks else nullcontext():
        try:
            after = run_beside(items, log.write, log.tick)
        except RunCancelled as cancelled:
            _ends_cancelled(context)
            raise DagsterExecutionInterruptedError from cancelled
        except (KeyboardInterrupt, DagsterExecutionInterruptedError):
            _ends_cancelled(context)
            raise
        finally:
            log.flush()
    if tally.failed:
        raise _failure(tally.failed, len(tally.ended))
    return after


def _ends_cancelled(context: dg.OpExecutionContext) -> None:
    """Items under way were let go, so the run has not failed. Dagster calls an interrupted run cancelled only when
    somebody asked its instance for that; Ctrl-C and our own journal are other ways to ask."""
    run = context.instance.get_run_by_id(context.run_id)
    if (
        run is not None
        and run.status is dg.DagsterRunStatus.STARTED
        and not context.instance.run_will_resume(run.run_id)
    ):
        context.instance.report_run_canceling(run)


def _scope(context: dg.OpExecutionContext, blueprint: Blueprint, segment: Segment) -> Scope:
    selected = context.selected_asset_keys
    wanted = frozenset(asset for asset, key in asset_keys(blueprint).items() if key in selected)
    complete = blueprint.decides(wanted)
    final = (
        blueprint.segments[-1]
        if complete
        else max((blueprint.segment_of(asset) for asset in wanted), key=lambda part: part.number, default=segment)
    )
    checks = {(key.asset_key, key.name) for key in context.selected_asset_check_keys}
    return Scope(
        run_id=context.run_id,
        segment=segment,
        wanted=wanted,
        logged_checks=frozenset(
            (asset, check.name)
            for asset in blueprint.assets
            for check in blueprint.checks.get(asset, ())
            if (asset_key(blueprint, asset), dagster_name(check.name)) in checks
        ),
        last=segment is final,
        complete=complete,
    )


def _failure(failed: Mapping[str, Failure], of: int) -> dg.Failure:
    """Ends the run in failure without a retry: items that failed were recorded; the others are complete."""
    reasons = Counter(failure.error for failure in failed.values())
    return dg.Failure(
        f"{len(failed)} of {of} failed: " + ", ".join(f"{count} {error}" for error, count in reasons.most_common()),
        metadata={
            "failed": dg.MetadataValue.json({key: in_words(failed[key]) for key in sorted(failed)[:_NAMED]}),
            "failed_count": len(failed),
            "reasons": dg.MetadataValue.json(dict(reasons)),
        },
        allow_retries=False,
    )


_CONFIG = {
    DOCUMENTS: dg.Field(
        dg.Array(str), is_required=False, description="Partition keys to work on (none: those of the run's range)."
    ),
    REFRESH: dg.Field(
        bool, is_required=False, default_value=False, description="Ignore what other runs remembered, and replace it."
    ),
}
