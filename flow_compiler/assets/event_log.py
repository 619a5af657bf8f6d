"""Writes what happened to items into Dagster's event log: materializations, check evaluations, planned events.

One event costs milliseconds (notes/dagster 5), so evaluations wait a moment, at most until their item ends, and share the
one query that finds the materializations they are about.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from uuid import uuid4

import dagster as dg
from dagster import AssetCheckEvaluation, AssetCheckSeverity, AssetMaterialization
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationTargetMaterializationData
from dagster._core.events import AssetMaterializationPlannedData, DagsterEvent, DagsterEventBatchMetadata

from flow_compiler.assets.batch_events import AssetDone, BatchEvent, CheckDone, ItemEnded, ItemFailed
from flow_compiler.assets.blueprint import Blueprint
from flow_compiler.assets.checks import Severity
from flow_compiler.assets.dagster_metadata import (
    asset_key,
    asset_metadata,
    check_metadata,
    in_words,
    linked,
    version_tags,
)
from flow_compiler.assets.kept_connections import committed_together
from flow_compiler.assets.naming import dagster_name
from flow_compiler.assets.options import CompileOptions

_CHECKS_TOGETHER = 200
_CHECKS_WAIT_SECONDS = 2.0
_SEVERITIES = {Severity.WARN: AssetCheckSeverity.WARN, Severity.ERROR: AssetCheckSeverity.ERROR}

Target = AssetCheckEvaluationTargetMaterializationData


class EventLog:
    """The events of one op. Used on the op's thread only."""

    def __init__(self, context: dg.OpExecutionContext, blueprint: Blueprint, options: CompileOptions) -> None:
        self._context = context
        self._blueprint = blueprint
        self._log_passed_checks = options.log_passed_checks
        self._links = options.links
        self._checks: list[CheckDone] = []
        self._oldest_check = 0.0

    def write(self, events: Sequence[BatchEvent]) -> None:
        """Materializations first, parents before children, then what was found out about them."""
        done = [event for event in events if isinstance(event, AssetDone)]
        with committed_together(self._context.instance.event_log_storage):
            for asset in self._blueprint.assets:
                self._materialized(asset, [event for event in done if event.report.step_id == asset])
        for event in events:
            match event:
                case CheckDone():
                    self._remember(event)
                case ItemFailed():
                    self._failed(event)
        ended = {event.key for event in events if isinstance(event, ItemEnded)}
        if len(self._checks) >= _CHECKS_TOGETHER or any(done.key in ended for done in self._checks):
            self.flush()
        self.tick()

    def tick(self) -> None:
        """Write evaluations that have waited long enough."""
        if self._checks and time.monotonic() - self._oldest_check > _CHECKS_WAIT_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write the evaluations that wait, each with the materialization it is about: without it the UI shows no status."""
        waiting, self._checks = self._checks, []
        by_asset: dict[str, list[CheckDone]] = {}
        for done in waiting:
            by_asset.setdefault(done.check.step_id, []).append(done)
        for asset, evaluations in by_asset.items():
            targets = self._latest(asset, {done.key for done in evaluations})
            with committed_together(self._context.instance.event_log_storage):
                for done in evaluations:
                    # accepted, and missing from the declared type
                    self._context.log_event(self._evaluation(asset, done, targets.get(done.key)))  # type: ignore[arg-type]

    def _materialized(self, asset: str, events: Sequence[AssetDone]) -> None:
        """As one batch: a storage that can (PostgreSQL, with DAGSTER_EVENT_BATCH_SIZE set) writes it at once, others one by
        one. A batch is of one asset, since Dagster updates the asset's record from its last event only."""
        batch = str(uuid4())
        seen_until = self._newest_event() if events and self._blueprint.lineage.parents[asset] else None
        for number, done in enumerate(events, start=1):
            materialization = AssetMaterialization(
                asset_key(self._blueprint, asset),
                partition=done.key,
                metadata={**asset_metadata(done.report), **linked(self._links.get(asset), done.key)},
                tags=version_tags(self._blueprint, done, seen_until),
            )
            DagsterEvent.asset_materialization(
                self._context.get_step_execution_context(),
                materialization,
                DagsterEventBatchMetadata(batch, is_end=number == len(events)),
            )

    def _newest_event(self) -> int | None:
        return self._context.instance.event_log_storage.get_maximum_record_id()

    def _failed(self, item: ItemFailed) -> None:
        run = self._context.run
        report_planned(self._context.instance, self._blueprint, run.job_name, run.run_id, item.unreached, item.key)
        self._context.log.error(f"{item.key}: {in_words(item.failure)}")

    def _remember(self, done: CheckDone) -> None:
        if done.outcome.passed and not self._log_passed_checks:
            return
        if not self._checks:
            self._oldest_check = time.monotonic()
        self._checks.append(done)

    def _latest(self, asset: str, keys: set[str]) -> dict[str, Target]:
        found: dict[str, Target] = {}
        wanted = dg.AssetRecordsFilter(asset_key(self._blueprint, asset), asset_partitions=sorted(keys))
        cursor = None
        while len(found) < len(keys):  # newest first; an item may have been materialized many times
            page = self._context.instance.fetch_materializations(wanted, limit=len(keys), cursor=cursor)
            for record in page.records:
                if record.partition_key is not None:
                    found.setdefault(
                        record.partition_key,
                        Target(storage_id=record.storage_id, run_id=record.run_id, timestamp=record.timestamp),
                    )
            cursor = page.cursor
            if not page.has_more:
                break
        return found

    def _evaluation(self, asset: str, done: CheckDone, target: Target | None) -> AssetCheckEvaluation:
        return AssetCheckEvaluation(
            asset_key=asset_key(self._blueprint, asset),
            check_name=dagster_name(done.check.name),
            passed=done.outcome.passed,
            metadata=check_metadata(done),
            target_materialization_data=target,
            severity=_SEVERITIES[done.check.severity],
            description=done.outcome.sentence or None,
            blocking=done.check.blocking,
            partition=done.key,
        )


def report_planned(
    instance: dg.DagsterInstance, blueprint: Blueprint, job: str, run_id: str, assets: Iterable[str], key: str
) -> None:
    """Say that the run meant to materialize the assets for one partition. In a run that ends in failure this is what
    makes Dagster show exactly these as failed (notes/dagster 2); internal API, kept to this function."""
    for asset in assets:
        planned = AssetMaterializationPlannedData(asset_key(blueprint, asset), partition=key)
        step = f"{blueprint.graph_name}.{blueprint.op_name(blueprint.segment_of(asset))}"
        event = DagsterEvent.build_asset_materialization_planned_event(job, step, planned)
        instance.report_dagster_event(event, run_id, logging.DEBUG)
