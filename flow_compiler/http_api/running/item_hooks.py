"""From the engine's steps to the events of a run."""

from __future__ import annotations

from collections.abc import Sequence

from flow_compiler.engine.outcomes import Failure, Reuse, StepRecord
from flow_compiler.engine.run_batch import item_key
from flow_compiler.engine.stores import ItemPath, Resumption, root_path
from flow_compiler.http_api.running.run_log import RunLog
from flow_compiler.http_api.statuses import EventKind, Status
from flow_compiler.http_api.storage.claims import Event


class ItemHooks:
    """An engine's ``StepHooks`` for one item. ``left`` is what the journal has of it; ``earlier`` is what was said about
    the item when it was worked on before: nothing is said twice."""

    def __init__(self, log: RunLog, item: int, left: Resumption, earlier: Sequence[Event]) -> None:
        self._log = log
        self._item = item
        path = root_path(item_key(item))
        records = {step: record for (at, step), record in left.records.items() if at == path}
        self._finished_before = {step for step, each in records.items() if not isinstance(each.outcome, Failure)}
        self._attempts = {step: record.attempts for step, record in records.items()}
        self._attempts |= {step: trying.attempts for (at, step), trying in left.trying.items() if at == path}
        self._told = {event.step: event.detail for event in earlier if event.kind is EventKind.STEP_COMPLETED}

    async def gate(self, step_id: str) -> Failure | None:
        if step_id not in self._finished_before:
            attempt = self._attempts.get(step_id, 0) + 1  # as the component is told
            self._log.say(Event(EventKind.STEP_STARTED, attempt, self._item, step_id))
        return None

    async def finished(self, step_id: str, record: StepRecord) -> None:
        failure = record.outcome if isinstance(record.outcome, Failure) else None
        status = Status.COMPLETED if failure is None else Status.FAILED
        if record.reuse is Reuse.JOURNAL and self._told.get(step_id) == status:
            return
        self._log.say(Event(EventKind.STEP_COMPLETED, status, self._item, step_id, failure))

    def progressed(self, item: ItemPath, step_id: str, record: StepRecord) -> None:
        """Leaf calls are no events."""
