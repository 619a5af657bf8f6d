"""Outcomes beyond 64 KiB live in the artifact store; one that can no longer be read counts as never finished."""

from __future__ import annotations

import pytest

from flow_compiler.engine.outcomes import StepRecord, Success
from flow_compiler.engine.storage import open_stores
from flow_compiler.engine.storage.record_rows import INLINE_BYTES
from flow_compiler.engine.stores import MemoEntry

BIG = StepRecord(outcome=Success(result="x" * 2 * INLINE_BYTES), refs=("a" * 64,), memo_key="k")
SMALL = StepRecord(outcome=Success(result="x" * 1000))


@pytest.fixture
def opened(database_url, tmp_path):
    return lambda: open_stores(database_url, tmp_path / "artifacts")


async def test_a_large_outcome_is_an_artifact_and_a_small_one_is_not(opened):
    async with opened() as stores:
        await stores.journal.record("run", "a", "s", SMALL)
        assert await stores.artifacts.list() == []
        await stores.journal.record("run", "b", "s", BIG)
        [(digest, size, _)] = await stores.artifacts.list()
        assert size > INLINE_BYTES
        assert await stores.journal.load("run", "b") == {("b", "s"): BIG}
        assert (await stores.journal.used())[1] == {"a" * 64, digest}
        assert await stores.journal.forget("b") == ({"k"}, {"a" * 64, digest})


async def test_a_memo_entry_names_the_artifact_of_its_large_outcome(opened):
    async with opened() as stores:
        await stores.memo.put([MemoEntry("k", "/x", BIG)])
        [(digest, _, _)] = await stores.artifacts.list()
        assert await stores.memo.refs(["k"]) == await stores.memo.refs_all() == {"a" * 64, digest}
        assert (await stores.memo.get(["k"]))["k"].record == BIG


async def test_a_record_whose_large_outcome_is_gone_counts_as_never_finished(opened):
    async with opened() as stores:
        await stores.journal.record("run", "a", "s", BIG)
        await stores.journal.record("run", "a", "t", SMALL)
        await stores.artifacts.delete([digest for digest, _, _ in await stores.artifacts.list()])
        assert await stores.journal.load("run", "a") == {("a", "t"): SMALL}


async def test_a_memo_entry_whose_large_outcome_is_gone_makes_room_for_its_successor(opened):
    async with opened() as stores:
        await stores.memo.put([MemoEntry("k", "/x", BIG)])
        await stores.artifacts.delete([digest for digest, _, _ in await stores.artifacts.list()])
        assert await stores.memo.get(["k"]) == {}
        await stores.memo.put([MemoEntry("k", "/x", SMALL)])
        assert (await stores.memo.get(["k"]))["k"].record == SMALL
