"""Watches the steps of one item: reports assets, evaluates checks, keeps steps behind a blocking one from running."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flow_compiler.assets.batch_events import AssetDone, BatchEvent, CheckDone
from flow_compiler.assets.blueprint import Blueprint
from flow_compiler.assets.checks import CheckInput, CheckOutcome, Severity, StepCheck
from flow_compiler.assets.lineage import OUTPUT
from flow_compiler.assets.mapped_items import MappedItems
from flow_compiler.assets.partitions import AssetReport, ItemInput
from flow_compiler.assets.runtime import FlowRuntime
from flow_compiler.assets.segments import Segment
from flow_compiler.engine.item_run import ItemResult
from flow_compiler.engine.outcomes import Failure, Json, StepRecord, Success
from flow_compiler.engine.stores import ItemPath
from flow_compiler.errors import Category, FlowCompilerError
from flow_compiler.language.canonical import digest
from flow_compiler.language.dependencies import downstream

_log = logging.getLogger(__name__)
_MEND = "The check's code has a mistake: correct it, or switch the check off; the log has the place."


@dataclass(frozen=True)
class Scope:
    """What one op does in one run. ``wanted``: the assets the run reports, over all ops; ``logged_checks``: the checks it
    was asked for, as (asset, name)."""

    run_id: str
    segment: Segment
    wanted: frozenset[str]
    logged_checks: frozenset[tuple[str, str]]
    last: bool
    complete: bool


class ItemWatch:
    """The engine's StepHooks for one item."""

    def __init__(
        self,
        blueprint: Blueprint,
        scope: Scope,
        taken: ItemInput,
        runtime: FlowRuntime,
        tell: Callable[[BatchEvent], None],
        *,
        refused: Mapping[str, Failure],
        counts: Mapping[str, tuple[int, int]],
    ) -> None:
        """``refused`` and ``counts`` are what earlier ops of the run carried over."""
        self.reports: dict[str, AssetReport] = {}
        self.refused = dict(refused)
        self._blueprint = blueprint
        self._scope = scope
        self._taken = taken
        self._runtime = runtime
        self._tell = tell
        self._counts = counts
        self._records: dict[str, StepRecord] = {}
        self._mapped = MappedItems(blueprint.flow)

    async def gate(self, step_id: str) -> Failure | None:
        return self.refused.get(step_id)

    async def finished(self, step_id: str, record: StepRecord) -> None:
        self._records[step_id] = record
        if isinstance(record.outcome, Failure):
            return
        evaluated = await self._evaluated(step_id)
        if step_id in self._blueprint.lineage.parents:
            self._report(step_id, record, _scores(evaluated))
        for check, outcome in evaluated:
            self._conclude(check, outcome)

    def progressed(self, item: ItemPath, step_id: str, record: StepRecord) -> None:
        self._mapped.heard(item, record)
        self._runtime.progress.progressed(item, step_id, record)

    def ended(self, result: ItemResult) -> None:
        """The whole flow ended well: its result is the asset of a flow that has no other."""
        if OUTPUT not in self._blueprint.assets or not result.decided or isinstance(result.result, Failure):
            return
        records = result.records.values()
        self._report(
            OUTPUT,
            StepRecord(
                outcome=result.result,
                seconds=result.seconds,
                computed=sum(record.computed for record in records),
                reused=sum(record.reused for record in records),
                degraded=any(record.degraded for record in records),
            ),
        )

    def _report(self, asset: str, record: StepRecord, scores: Mapping[str, float] | None = None) -> None:
        assert isinstance(record.outcome, Success)
        computed, reused = self._counts.get(asset, (record.computed, record.reused))
        report = self.reports[asset] = AssetReport(
            asset=self._blueprint.names[asset],
            step_id=asset,
            data_version=_data_version(self._blueprint, asset, record.outcome.result),
            seconds=record.seconds,
            computed=computed,
            reused=reused,
            numbers={**record.numbers, **self._mapped.numbers(asset, record), **(scores or {})},
            degraded=record.degraded,
        )
        if asset in self._scope.wanted and self._blueprint.segment_of(asset) == self._scope.segment:
            self._tell(AssetDone(self._taken.key, report, self._versions_of_parents(asset)))

    def _versions_of_parents(self, asset: str) -> dict[str, str | None]:
        parents = self._blueprint.lineage.parents[asset]
        return {name: self.reports[name].data_version if name in self.reports else None for name in sorted(parents)}

    async def _evaluated(self, step_id: str) -> list[tuple[StepCheck, CheckOutcome]]:
        """The step's checks that apply. Blocking ones are evaluated whether or not the run was asked to log them."""
        if step_id not in self._scope.segment.steps:
            return []
        evaluated = []
        for check in self._blueprint.checks.get(step_id, ()):
            if self._is_logged(check) or check.blocking:
                outcome = await self._outcome(check)
                if outcome is not None:
                    evaluated.append((check, outcome))
        return evaluated

    def _conclude(self, check: StepCheck, outcome: CheckOutcome) -> None:
        if self._is_logged(check) and check.step_id in self._scope.wanted:
            self._tell(CheckDone(self._taken.key, check, outcome))
        if not outcome.passed and check.blocking and check.severity is Severity.ERROR:
            self._refuse_behind(check, outcome)

    def _is_logged(self, check: StepCheck) -> bool:
        return (check.step_id, check.name) in self._scope.logged_checks

    async def _outcome(self, check: StepCheck) -> CheckOutcome | None:
        given = CheckInput(
            key=self._taken.key,
            input=self._taken.input,
            records=dict(self._records),
            artifacts=self._runtime.stores.artifacts,
            resources=self._runtime.resources,
        )
        try:
            return await check.evaluate(given)
        except FlowCompilerError as error:
            return CheckOutcome(
                passed=False,
                sentence=f"could not be evaluated: {error.message}",
                metadata={"error": error.code},
                cause=Failure.of(error),
            )
        except Exception as error:  # noqa: BLE001  a check of one item must not end the batch
            kind = type(error).__name__
            # Places only: the message of somebody's exception may quote the document.
            places = "".join(traceback.format_tb(error.__traceback__))
            _log.warning("check %s of %s raised %s\n%s", check.name, check.step_id, kind, places)
            sentence = f"could not be evaluated: {kind}"
            broken = Failure(message=sentence, error="check.raised", category=Category.INTERNAL, next_step=_MEND)
            return CheckOutcome(passed=False, sentence=sentence, metadata={"error": kind}, cause=broken)

    def _refuse_behind(self, check: StepCheck, outcome: CheckOutcome) -> None:
        behind = downstream(self._blueprint.flow, [check.step_id]) - {check.step_id}
        message = f"blocking check {check.name} of {check.step_id}: {outcome.sentence or 'it failed'}"
        if outcome.cause is not None:
            failure = outcome.cause.model_copy(update={"message": message})
        else:
            failure = Failure(
                message=message,
                error="check.blocked",
                category=Category.QUALITY,
                next_step=f"Look at the check {check.name}; correct the source or the check's threshold, then run again.",
            )
        for step_id in behind:
            self.refused.setdefault(step_id, failure)


def _data_version(blueprint: Blueprint, asset: str, result: Json) -> str:
    """Of the whole result, or of the fields that ``metadata.data_version`` of the step names: what else it says, such as
    whether something was written, is no other data."""
    named = blueprint.flow.step(asset).metadata.get("data_version") if asset != OUTPUT else None
    if isinstance(named, list) and isinstance(result, dict):
        result = {name: result[name] for name in named if name in result}
    return digest(result)


def _scores(evaluated: Sequence[tuple[StepCheck, CheckOutcome]]) -> dict[str, float]:
    """Kept on the materialization, under fixed keys: they stay when passed evaluations are not logged."""
    return {f"eval/{check.name}": outcome.score for check, outcome in evaluated if outcome.score is not None}
