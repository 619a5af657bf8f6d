"""The memo, the same in memory, SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import time

import pytest

from flow_compiler.engine.outcomes import Failure, StepRecord, Success
from flow_compiler.engine.stores import MemoEntry


def entry(key: str, result: object = 1, *, degraded: bool = False, refs: tuple[str, ...] = ()) -> MemoEntry:
    return MemoEntry(key, "/ocr/recognize", StepRecord(outcome=Success(result=result), degraded=degraded, refs=refs))


async def test_an_entry_comes_back_as_it_was_put_after_reopening(opened):
    async with opened() as stores:
        await stores.memo.put([entry("a"), entry("b", {"text": "é"}, refs=("r",))])
    async with opened() as stores:
        assert await stores.memo.get(["a", "b", "c"]) == {"a": entry("a"), "b": entry("b", {"text": "é"}, refs=("r",))}
        assert await stores.memo.get([]) == {}


@pytest.mark.parametrize(
    ("first", "second", "stays"),
    [
        (entry("k", 1), entry("k", 2), 1),
        (entry("k", 1), entry("k", 2, degraded=True), 1),
        (entry("k", 1, degraded=True), entry("k", 2), 2),
        (entry("k", 1, degraded=True), entry("k", 2, degraded=True), 2),
    ],
    ids=["first stays", "worse changes nothing", "better replaces", "degraded replaces degraded"],
)
@pytest.mark.parametrize("together", [False, True], ids=["one after the other", "in one call"])
async def test_which_of_two_entries_stays(opened, first, second, stays, together):
    async with opened() as stores:
        for group in [[first, second]] if together else [[first], [second]]:
            await stores.memo.put(group)
        assert (await stores.memo.get(["k"]))["k"].record.outcome == Success(result=stays)


async def test_failures_are_never_remembered(opened):
    async with opened() as stores:
        with pytest.raises(ValueError, match="never remembered"):
            await stores.memo.put([entry("a"), MemoEntry("b", "/x", StepRecord(outcome=Failure(message="no")))])
        assert await stores.memo.get(["a", "b"]) == {}


async def test_deleted_entries_are_gone_and_counted(opened):
    async with opened() as stores:
        await stores.memo.put([entry("a"), entry("b")])
        assert await stores.memo.delete(["a", "a", "z"]) == 1
        assert await stores.memo.delete([]) == 0
        assert set(await stores.memo.get(["a", "b"])) == {"b"}


async def test_entries_are_found_by_age_oldest_first(opened):
    async with opened() as stores:
        await stores.memo.put([entry("z")])
        await stores.memo.put([entry("a")])
        border = time.time()
        await stores.memo.put([entry("new")])
        assert list(await stores.memo.keys_older_than(border)) == ["z", "a"]


async def test_refs_are_those_of_the_named_entries(opened):
    async with opened() as stores:
        await stores.memo.put([entry("a", refs=("1", "2")), entry("b", refs=("2", "3")), entry("c", refs=("4",))])
        assert await stores.memo.refs(["a", "b", "missing"]) == {"1", "2", "3"}
        assert await stores.memo.refs([]) == frozenset()
        assert await stores.memo.refs_all() == {"1", "2", "3", "4"}


async def test_thousands_of_keys_in_one_call_and_in_many_at_once(opened):
    keys = [f"key {number:05}" for number in range(1500)]
    async with opened() as stores:
        await asyncio.gather(*(stores.memo.put([entry(key, key)]) for key in keys))
        found = await stores.memo.get(keys)
        assert [found[key].record.outcome.result for key in keys] == keys
        single = await asyncio.gather(*(stores.memo.get([key]) for key in keys))
        assert [set(answer) for answer in single] == [{key} for key in keys]
        assert await stores.memo.delete(keys) == len(keys)
