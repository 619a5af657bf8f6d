"""Any sequence of claims, renewals, releases and expiries: never two live owners, tokens only rise."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flow_compiler.engine.outcomes import StepRecord, Success
from flow_compiler.engine.storage import memory_stores, open_stores
from flow_compiler.engine.stores import Lease, Stores
from flow_compiler.errors import LeaseLost

LONG = 3600.0
PAST = -3600.0

_names = st.sampled_from(["a", "b"])
_owners = st.sampled_from(["one", "two", "three"])
_actions = st.one_of(
    st.tuples(st.just("acquire"), _names, _owners, st.sampled_from([LONG, PAST])),
    st.tuples(st.sampled_from(["renew", "release", "expire", "write"]), st.integers(0, 30)),
)


class Model:
    """Who holds what, kept beside the real leases."""

    def __init__(self, stores: Stores, run: str) -> None:
        self.stores, self.run = stores, run
        self.given: list[Lease] = []
        self.newest: dict[str, Lease] = {}
        self.live: dict[str, bool] = {}

    async def acquire(self, name: str, owner: str, ttl: float) -> None:
        held = self.newest.get(name)
        lease = await self.stores.leases.acquire(f"{self.run} {name}", owner, ttl)
        if held is not None and self.live[name] and held.owner != owner:
            assert lease is None
            return
        assert lease is not None
        assert held is None or lease.token > held.token
        self.given.append(lease)
        self.newest[name], self.live[name] = lease, ttl > 0

    async def claim(self, action: str, index: int) -> None:
        if not self.given:
            return
        lease = self.given[index % len(self.given)]
        name = lease.name.rpartition(" ")[2]
        newest = self.newest[name].token == lease.token
        if action == "release":
            await self.stores.leases.release(lease)
            self.live[name] = self.live[name] and not newest
            return
        try:
            if action == "write":
                record = StepRecord(outcome=Success(result=lease.token))
                await self.stores.journal.record(self.run, name, "s", record, lease)
            else:
                await self.stores.leases.renew(lease, LONG if action == "renew" else PAST)
                self.live[name] = action == "renew"
        except LeaseLost:
            assert not newest
        else:
            assert newest


@pytest.fixture(scope="module", params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Iterator[str | None]:
    with tempfile.TemporaryDirectory() as folder:
        if request.param == "postgres":
            yield request.getfixturevalue("postgres_server").new_database()
        else:
            yield f"sqlite:///{Path(folder) / 'stores.db'}" if request.param == "sqlite" else None


_runs = iter(range(10**9))


@settings(max_examples=25, deadline=None)
@given(actions=st.lists(_actions, max_size=25))
def test_claims_follow_the_model(database, tmp_path_factory, actions):
    async def play(stores: Stores) -> None:
        model = Model(stores, f"run {next(_runs)}")
        for action, *arguments in actions:
            if action == "acquire":
                await model.acquire(*arguments)
            else:
                await model.claim(action, *arguments)

    async def open_and_play() -> None:
        if database is None:
            await play(memory_stores())
        else:
            async with open_stores(database, tmp_path_factory.getbasetemp() / "artifacts") as stores:
                await play(stores)

    asyncio.run(open_and_play())
