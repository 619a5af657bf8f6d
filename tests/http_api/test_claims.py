"""The queue and its claims: first accepted, first begun; one owner at a time; late owners are fenced off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api_in_process import OpenApi
from flows_served import DOUBLE

from flow_compiler.engine.outcomes import Success
from flow_compiler.engine.storage.opening import open_database
from flow_compiler.engine.storage.tables import SCHEMA as STORES
from flow_compiler.http_api.asking import new_run
from flow_compiler.http_api.running.working import MOST_CLAIMS
from flow_compiler.http_api.statuses import EventKind, Status
from flow_compiler.http_api.storage.claims import ClaimTable, Event, Written
from flow_compiler.http_api.storage.events import EventTable
from flow_compiler.http_api.storage.flows import FlowTable
from flow_compiler.http_api.storage.runs import RunTable
from flow_compiler.http_api.storage.tables import SCHEMA
from flow_compiler.language.loader import flow_from_json

FLOW = flow_from_json(DOUBLE)
LONG = 600.0


class Tables:
    def __init__(self, runs: RunTable, claims: ClaimTable, events: EventTable, flows: FlowTable) -> None:
        self.runs, self.claims, self.events, self.flows = runs, claims, events, flows

    async def accept(self, *run_ids: str) -> None:
        await self.flows.put(FLOW, listed=False)
        for run_id in run_ids:
            new = new_run(FLOW, [{"n": 1}], run_id=run_id, variables={}, overrides=None, at_once=1)
            assert await self.runs.accept(new, 100) is not None


@asynccontextmanager
async def tables(database_url: str) -> AsyncIterator[Tables]:
    async with open_database(database_url, STORES, SCHEMA) as database:
        yield Tables(RunTable(database), ClaimTable(database), EventTable(database), FlowTable(database))


async def test_the_run_that_was_accepted_first_is_taken_first_and_by_one(database_url: str) -> None:
    async with tables(database_url) as known:
        await known.accept("c", "a", "b")
        taken = [await known.claims.take(owner, LONG) for owner in ("one", "two", "one", "two")]
        assert [each and each.claim.run_id for each in taken] == ["c", "a", "b", None]
        assert not await known.claims.any_free()


async def test_a_claim_that_expired_is_somebody_elses_and_the_late_owner_writes_nothing(database_url: str) -> None:
    async with tables(database_url) as known:
        await known.accept("a")
        late = await known.claims.take("late", 0.0)
        owner = await known.claims.take("owner", LONG)
        assert late is not None
        assert owner is not None
        assert await known.claims.held([late.claim, owner.claim]) == {owner.claim}
        await known.claims.renew([late.claim], LONG)
        for claim, allowed in ((late.claim, False), (owner.claim, True)):
            ended = Written(
                claim, 0, [Event(EventKind.ITEM_COMPLETED, Status.COMPLETED, 0)], {0: Success(result=claim.token)}
            )
            assert await known.claims.write(ended) is allowed
        assert [each.result for each in await known.runs.items("a", 10, 0)] == [Success(result=owner.claim.token)]


async def test_what_was_written_before_a_connection_was_lost_is_not_written_twice(database_url: str) -> None:
    async with tables(database_url) as known:
        await known.accept("a")
        taken = await known.claims.take("owner", LONG)
        assert taken is not None
        what = Written(taken.claim, 0, [Event(EventKind.ITEM_COMPLETED, Status.COMPLETED, 0)], {0: Success()})
        assert await known.claims.write(what)
        assert await known.claims.write(what)
        run = await known.runs.get("a")
        assert run is not None
        assert (run.completed, run.last_event) == (1, 1)
        assert [number for number, _ in await known.events.since("a", 0, 10)] == [0, 1]


async def test_a_claim_that_was_given_back_can_be_taken_at_once(database_url: str) -> None:
    async with tables(database_url) as known:
        await known.accept("a")
        first = await known.claims.take("one", LONG)
        assert first is not None
        await known.claims.give_back([first.claim])
        second = await known.claims.take("two", LONG)
        assert second is not None
        assert second.claims == 1  # giving back is no failed attempt


async def test_a_run_that_ends_its_servers_again_and_again_is_given_up(database_url: str, opened: OpenApi) -> None:
    async with tables(database_url) as known:
        await known.accept("deadly")
        for _ in range(MOST_CLAIMS):
            assert await known.claims.take("killed", 0.0) is not None
    async with opened() as api:
        ended = await api.get("/runs/deadly", wait=True)
        assert ended["summary"]["status"] == Status.RECOVERY_FAILED
        item = (await api.get("/runs/deadly/items"))["results"][0]
        assert item["error"]["code"] == "run.ends_its_server"
