"""Whose run it is: the queue, claims that expire, and what only the owner of a claim can write."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Float, bindparam, case, insert, select, update

from flow_compiler.engine.outcomes import Failure, FlowResult, Json, Success, from_json, to_json
from flow_compiler.engine.storage.database import now
from flow_compiler.engine.storage.opening import Database
from flow_compiler.engine.storage.stored_text import original, stored
from flow_compiler.http_api.statuses import EventKind, Status
from flow_compiler.http_api.storage.each import each
from flow_compiler.http_api.storage.json_columns import read, written
from flow_compiler.http_api.storage.tables import events, items, runs


@dataclass(frozen=True)
class Claim:
    """The right to work on a run. ``token`` rises with each claim: a write with an older one is refused."""

    run_id: str
    token: int


@dataclass(frozen=True)
class ClaimedRun:
    """What whoever works on a run needs to know. ``claims`` counts this one and those before it, since something of the
    run was finished."""

    claim: Claim
    flow_id: str
    overrides: Json
    variables: Mapping[str, Json]
    at_once: int
    failed: int
    last_event: int
    claims: int


@dataclass(frozen=True)
class Event:
    """Something that happened in a run. ``detail`` is the attempt of a step that started, or a status; ``failure`` is
    why a step failed."""

    kind: EventKind
    detail: int
    item: int | None = None
    step: str | None = None
    failure: Failure | None = None
    at: float = field(default_factory=time.time)  # epoch seconds


@dataclass(frozen=True)
class Written:
    """What is written down in one transaction: events, the items that ended, and the run's status where it ended.
    ``after`` is the number of the event before."""

    claim: Claim
    after: int
    events: Sequence[Event]
    ended: Mapping[int, FlowResult]
    status: Status | None = None


class ClaimTable:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def any_free(self) -> bool:
        """Whether a run waits for somebody, new or orphaned."""
        return await self._database.reads.run(_any_free, None)

    async def take(self, owner: str, ttl: float) -> ClaimedRun | None:
        """The free run that was accepted first, for ``ttl`` seconds."""
        return await self._database.commits.run(_take, (owner, ttl))

    async def renew(self, claims: Collection[Claim], ttl: float) -> None:
        """Of these, those that still hold are ours for ``ttl`` seconds from now."""
        await self._database.commits.run(_renew, (tuple(claims), ttl))

    async def held(self, claims: Collection[Claim]) -> frozenset[Claim]:
        """Those that still hold: the others were cancelled, or taken over."""
        return await self._database.reads.run(_held, tuple(claims))

    async def give_back(self, claims: Collection[Claim]) -> None:
        """Whoever comes next can go on with these runs at once."""
        await self._database.commits.run(_give_back, tuple(claims))

    async def write(self, what: Written) -> bool:
        """False where the claim no longer holds: then nothing was written."""
        return await self._database.commits.run(_write, what)

    async def unfinished(self, run_id: str, after: int, limit: int) -> Sequence[tuple[int, Json]]:
        """Items after ``after`` that have not ended, in order, each with its input."""
        return await self._database.reads.run(_unfinished, (run_id, after, limit))

    async def earlier(self, run_id: str, item: int) -> Sequence[Event]:
        """What was written down about an item so far."""
        return await self._database.reads.run(_earlier, (run_id, item))


_FREE = (runs.c.status == Status.RUNNING, runs.c.lease_until <= now())


@each
def _any_free(connection: Connection, _: None) -> bool:
    return connection.execute(select(runs.c.number).where(*_FREE).limit(1)).first() is not None


@each
def _take(connection: Connection, wanted: tuple[str, float]) -> ClaimedRun | None:
    owner, ttl = wanted
    first = select(runs.c.number).where(*_FREE).order_by(runs.c.number).limit(1).with_for_update(skip_locked=True)
    number = connection.execute(first).scalar()
    if number is None:
        return None
    taking = (
        update(runs)
        .where(runs.c.number == number)
        .values(
            owner=owner,
            token=runs.c.token + 1,
            lease_until=now() + bindparam("ttl", type_=Float),
            claims=runs.c.claims + 1,
        )
        .returning(*runs.c)
    )
    row = connection.execute(taking, {"ttl": ttl}).one()
    return ClaimedRun(
        claim=Claim(row.run_id, row.token),
        flow_id=row.flow_id,
        overrides=read(row.overrides),
        variables={**read(row.variables), **(read(row.secrets) or {})},
        at_once=row.at_once,
        failed=row.failed,
        last_event=row.last_event,
        claims=row.claims,
    )


def _held_by(claim: Claim) -> tuple[Any, ...]:
    return runs.c.run_id == claim.run_id, runs.c.token == claim.token, runs.c.status == Status.RUNNING


@each
def _renew(connection: Connection, wanted: tuple[Sequence[Claim], float]) -> None:
    claims, ttl = wanted
    renewing = update(runs).values(lease_until=now() + bindparam("ttl", type_=Float))
    for claim in sorted(claims, key=lambda each: each.run_id):
        connection.execute(renewing.where(*_held_by(claim)), {"ttl": ttl})


@each
def _held(connection: Connection, claims: Sequence[Claim]) -> frozenset[Claim]:
    names = [claim.run_id for claim in claims]
    found = select(runs.c.run_id, runs.c.token).where(runs.c.run_id.in_(names), runs.c.status == Status.RUNNING)
    return frozenset(Claim(row.run_id, row.token) for row in connection.execute(found)) & frozenset(claims)


@each
def _give_back(connection: Connection, claims: Sequence[Claim]) -> None:
    fewer = case((runs.c.claims > 0, runs.c.claims - 1), else_=0)
    for claim in sorted(claims, key=lambda each: each.run_id):
        connection.execute(update(runs).where(*_held_by(claim)).values(lease_until=0.0, claims=fewer))


@each
def _write(connection: Connection, what: Written) -> bool:
    last = what.after + len(what.events)
    failed = sum(not isinstance(result, Success) for result in what.ended.values())
    changed: dict[str, Any] = {
        "last_event": last,
        "completed": runs.c.completed + len(what.ended) - failed,
        "failed": runs.c.failed + failed,
    }
    if what.ended or any(event.kind is EventKind.STEP_COMPLETED for event in what.events):
        changed["claims"] = 0
    if what.status is not None:
        changed |= {"status": what.status, "completed_at": time.time(), "lease_until": 0.0, "secrets": None}
    ours = update(runs).where(*_held_by(what.claim), runs.c.last_event == what.after).values(changed)
    if not connection.execute(ours).rowcount:
        return _written_before(connection, what, last)
    for item, result in what.ended.items():
        status = Status.COMPLETED if isinstance(result, Success) else Status.FAILED
        row = {"status": status, "result": written(to_json(result)), "completed_at": time.time()}
        connection.execute(update(items).where(items.c.run_id == what.claim.run_id, items.c.item == item).values(row))
    if what.events:
        connection.execute(insert(events), [_row(what, place, event) for place, event in enumerate(what.events)])
    return True


def _written_before(connection: Connection, what: Written, last: int) -> bool:
    """The connection was lost after this very transaction had been committed."""
    found = select(runs.c.last_event).where(runs.c.run_id == what.claim.run_id, runs.c.token == what.claim.token)
    return bool(what.events) and connection.execute(found).scalar() == last


def _row(what: Written, place: int, event: Event) -> dict[str, Any]:
    return {
        "run_id": what.claim.run_id,
        "number": what.after + 1 + place,
        "at": event.at,
        "kind": event.kind,
        "item": event.item,
        "step": None if event.step is None else stored(event.step),
        "detail": event.detail,
        "failure": None if event.failure is None else written(to_json(event.failure)),
    }


@each
def _unfinished(connection: Connection, wanted: tuple[str, int, int]) -> Sequence[tuple[int, Json]]:
    run_id, after, limit = wanted
    found = select(items.c.item, items.c.input).where(
        items.c.run_id == run_id, items.c.status == Status.RUNNING, items.c.item > after
    )
    return [(row.item, read(row.input)) for row in connection.execute(found.order_by(items.c.item).limit(limit))]


@each
def _earlier(connection: Connection, wanted: tuple[str, int]) -> Sequence[Event]:
    run_id, item = wanted
    found = select(events).where(events.c.run_id == run_id, events.c.item == item).order_by(events.c.number)
    return [event_of(row) for row in connection.execute(found)]


def event_of(row: Any) -> Event:
    step = None if row.step is None else original(row.step)
    failure = None if row.failure is None else from_json(read(row.failure))
    assert not isinstance(failure, Success)
    return Event(EventKind(row.kind), row.detail, row.item, step, failure, row.at)
