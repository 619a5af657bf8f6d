"""Leases: at most one live owner, tokens rise, a late owner is fenced off."""

from __future__ import annotations

import asyncio
import time

import pytest

from flow_compiler.engine.outcomes import StepRecord, Success
from flow_compiler.engine.stores import Lease
from flow_compiler.errors import LeaseLost

LONG = 60.0
DONE = StepRecord(outcome=Success(result=1))
PAST = -1.0  # a lease that is expired from the start


async def test_a_held_lease_is_refused_to_others_until_it_is_released(opened):
    async with opened() as stores:
        first = await stores.leases.acquire("name", "one", LONG)
        assert first is not None
        assert (first.name, first.owner) == ("name", "one")
        assert await stores.leases.acquire("name", "two", LONG) is None
        assert await stores.leases.acquire("other name", "two", LONG) is not None
        await stores.leases.release(first)
        second = await stores.leases.acquire("name", "two", LONG)
        assert second is not None
        assert second.token > first.token


async def test_an_expired_lease_goes_to_the_next_with_a_higher_token(opened):
    async with opened() as stores:
        dead = await stores.leases.acquire("name", "one", PAST)
        alive = await stores.leases.acquire("name", "two", LONG)
        assert alive.token > dead.token
        with pytest.raises(LeaseLost):
            await stores.leases.renew(dead, LONG)
        await stores.leases.release(dead)
        assert await stores.leases.acquire("name", "three", LONG) is None


async def test_renewing_moves_the_end_and_keeps_the_token(opened):
    async with opened() as stores:
        lease = await stores.leases.acquire("name", "one", PAST)
        renewed = await stores.leases.renew(lease, LONG)
        assert renewed.token == lease.token
        assert renewed.expires_at > lease.expires_at + LONG / 2
        assert await stores.leases.acquire("name", "two", LONG) is None


async def test_the_same_owner_may_claim_again_and_fences_its_earlier_claim_off(opened):
    async with opened() as stores:
        first = await stores.leases.acquire("name", "one", LONG)
        again = await stores.leases.acquire("name", "one", LONG)
        assert again.token > first.token
        with pytest.raises(LeaseLost):
            await stores.leases.renew(first, LONG)


@pytest.mark.parametrize("name", ["", "a\x00b", "x\udcff", "日本/%", "n" * 1000])
async def test_names_and_owners_hold_any_characters(opened, name):
    async with opened() as stores:
        lease = await stores.leases.acquire(name, name, LONG)
        assert (lease.name, lease.owner) == (name, name)
        assert await stores.leases.renew(lease, LONG)
        assert await stores.leases.acquire(name, f"{name}x", LONG) is None


async def test_of_many_that_want_one_name_at_once_exactly_one_gets_it(opened):
    async with opened() as stores:
        claims = await asyncio.gather(*(stores.leases.acquire("name", f"o{number}", LONG) for number in range(100)))
        assert sum(claim is not None for claim in claims) == 1


async def test_of_two_processes_worth_of_stores_exactly_one_gets_each_name(opened):
    names = [f"n{number}" for number in range(40)]

    async def claim(owner: str) -> list[Lease | None]:
        async with opened() as stores:
            return await asyncio.gather(*(stores.leases.acquire(name, owner, LONG) for name in names))

    left, right = await asyncio.gather(claim("left"), claim("right"))
    assert all((one is None) != (other is None) for one, other in zip(left, right, strict=True))


async def test_a_name_swept_by_pruning_goes_on_with_higher_tokens_and_fences_late_owners_off(opened):
    async with opened() as stores:
        late = await stores.leases.acquire("name", "one", PAST)
        held = await stores.leases.acquire("held", "one", LONG)
        await stores.journal.prune(time.time())
        with pytest.raises(LeaseLost):
            await stores.journal.record("run", "a", "s", DONE, late)
        await stores.leases.renew(held, LONG)
        assert (await stores.leases.acquire("name", "two", LONG)).token > late.token
