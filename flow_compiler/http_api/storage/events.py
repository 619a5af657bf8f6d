"""The events of a run, as they are read: in their order, or put together to how its steps stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from flow_compiler.engine.outcomes import Failure
from flow_compiler.engine.storage.opening import Database
from flow_compiler.engine.storage.stored_text import stored
from flow_compiler.http_api.statuses import EventKind, Status
from flow_compiler.http_api.storage.claims import Event, event_of
from flow_compiler.http_api.storage.each import each
from flow_compiler.http_api.storage.tables import events


@dataclass(frozen=True)
class StepState:
    """A step of one item. Times are epoch seconds; ``number`` is that of the latest event about it."""

    item: int
    step: str
    status: Status
    number: int
    started_at: float | None
    completed_at: float | None
    failure: Failure | None = None


class EventTable:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def since(self, run_id: str, number: int, limit: int) -> Sequence[tuple[int, Event]]:
        """The events from ``number`` on, at most ``limit``."""
        return await self._database.reads.run(_since, (run_id, number, limit))

    async def steps(self, run_id: str, first_item: int, items: int) -> Sequence[StepState]:
        """The steps that were begun, of that many items from the first on, in the order of their beginning."""
        return await self._database.reads.run(_steps, (run_id, first_item, items))


@each
def _since(connection: Connection, wanted: tuple[str, int, int]) -> Sequence[tuple[int, Event]]:
    run_id, number, limit = wanted
    found = select(events).where(events.c.run_id == stored(run_id), events.c.number >= number)
    rows = connection.execute(found.order_by(events.c.number).limit(limit))
    return [(row.number, event_of(row)) for row in rows]


@each
def _steps(connection: Connection, wanted: tuple[str, int, int]) -> Sequence[StepState]:
    run_id, first, count = wanted
    found = select(events).where(
        events.c.run_id == stored(run_id),
        events.c.item >= first,
        events.c.item < first + count,
        events.c.kind.in_([EventKind.STEP_STARTED, EventKind.STEP_COMPLETED]),
    )
    states: dict[tuple[int, str], StepState] = {}
    for row in connection.execute(found.order_by(events.c.item, events.c.number)):
        event = event_of(row)
        assert event.item is not None
        assert event.step is not None
        key = (event.item, event.step)
        began = states[key].started_at if key in states else None
        if event.kind is EventKind.STEP_STARTED:
            states[key] = StepState(*key, Status.RUNNING, row.number, began or event.at, None)
        else:
            states[key] = StepState(*key, Status(event.detail), row.number, began, event.at, event.failure)
    return list(states.values())
