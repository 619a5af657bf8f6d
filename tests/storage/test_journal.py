"""The journal, the same in memory, SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from flow_compiler.engine.outcomes import Failure, Reuse, StepRecord, Success
from flow_compiler.engine.storage import memory_stores
from flow_compiler.engine.stores import Resumption, Trying, nested_path, outermost_map, root_of, root_path
from flow_compiler.errors import Category, LeaseLost

FULL = StepRecord(
    outcome=Success(result={"page_id": "p", "n": [1, 2.5, None, True]}),
    attempts=2,
    seconds=0.25,
    numbers={"pages": 1, "render_ms": 12.5},
    refs=("a" * 64, "b" * 64),
    memo_key="c" * 64,
    reuse=Reuse.WAITED,
    degraded=True,
    computed=3,
    reused=4,
)
FAILED = StepRecord(
    outcome=Failure(message="no", error="document.damaged", category=Category.SOURCE, retryable=True, next_step="mend"),
    attempts=3,
)


def success(result: object = 1, **fields: object) -> StepRecord:
    return StepRecord.model_validate({"outcome": Success(result=result), **fields})


async def test_a_record_comes_back_as_it_was_given_after_reopening(opened):
    async with opened() as stores:
        await stores.journal.record("run", "files:a.pdf", "pages", FULL)
        await stores.journal.record("run", "files:a.pdf", "chunks", FAILED)
    async with opened() as stores:
        loaded = await stores.journal.load("run", "files:a.pdf")
    assert loaded == {("files:a.pdf", "pages"): FULL, ("files:a.pdf", "chunks"): FAILED}


async def test_the_last_record_of_a_step_counts(opened):
    async with opened() as stores:
        await stores.journal.record("run", "a", "s", FAILED)
        await stores.journal.record("run", "a", "s", success(2))
        assert await stores.journal.load("run", "a") == {("a", "s"): success(2)}


async def test_loading_an_item_includes_what_is_nested_below_it_and_nothing_else(opened):
    page = nested_path("files:a", "pages", 1)
    word = nested_path(page, "words", 0)
    others = ["files:a.pdf", "files:a/b", "files:", nested_path("files:a", "pages", 10), nested_path("files:a", "p", 1)]
    async with opened() as stores:
        for item in ["files:a", page, word, *others]:
            await stores.journal.record("run", item, "s", success(item))
        await stores.journal.record("other run", "files:a", "s", success())
        whole = await stores.journal.load("run", "files:a")
        nested = await stores.journal.load("run", page)
    assert set(whole) == {(item, "s") for item in ["files:a", page, word, *others[3:]]}
    assert set(nested) == {(page, "s"), (word, "s")}


@pytest.mark.parametrize(
    "key",
    [
        "a%",
        "a_",
        "%",
        "a'b\"",
        "a/pages[3]",
        "a]/b[0]",
        "日本語",
        "a\nb",
        "a\x00b",
        "x\udcff",
        "\x1b0000",
        " ",
        "🙂/",
        "a%5Bb",
    ],
)
async def test_item_keys_hold_any_characters(opened, key):
    root, decoy = root_path(key), root_path(f"{key}x")
    page = nested_path(root, "map/with[odd%name", 7)
    async with opened() as stores:
        for item in (root, page, decoy):
            await stores.journal.record(f"run {key}", item, f"step {key}", success(key))
        loaded = await stores.journal.load(f"run {key}", root)
        assert loaded == {(item, f"step {key}"): success(key) for item in (root, page)}
        await stores.journal.forget(key)
        assert await stores.journal.load(f"run {key}", root) == {}
        assert len(await stores.journal.load(f"run {key}", decoy)) == 1
    assert outermost_map(root) is None
    assert outermost_map(nested_path(page, "inner", 0)) == ("map/with[odd%name", "7")
    assert outermost_map(nested_path(root, "a]b%5B", 1)) == ("a]b%5B", "1")


def test_the_root_of_a_nested_path_is_the_path_of_its_key():
    for key in ("a", "a/b", "a[1]", "a/pages[3]", "", "/", "%5B"):
        path = root_path(key)
        deeper = nested_path(nested_path(path, "m/x[", 0), "n", 12)
        assert root_of(path) == root_of(deeper) == path
    assert root_path("a[") != root_path("a%5B")


async def test_a_step_that_was_begun_and_has_not_ended_is_no_record_and_its_tries_are_known(opened):
    begun = Trying(2, retries=1, transport_retries=1)
    async with opened() as stores:
        await stores.journal.note("run", "a", "s", begun)
    async with opened() as stores:
        resumed = await stores.journal.resume("run", "a")
        assert resumed.records == await stores.journal.load("run", "a") == {}
        assert {name: replace(trying, age=0.0) for name, trying in resumed.trying.items()} == {("a", "s"): begun}
        await stores.journal.record("run", "a", "s", success(attempts=2))
        assert await stores.journal.resume("run", "a") == Resumption({("a", "s"): success(attempts=2)})


async def test_an_attempt_begun_after_a_failure_takes_its_place(opened):
    async with opened() as stores:
        await stores.journal.record("run", "a", "s", FAILED)
        await stores.journal.note("run", "a", "s", Trying(4))
        resumed = await stores.journal.resume("run", "a")
    assert resumed.records == {}
    assert resumed.trying["a", "s"].attempts == 4


async def test_a_note_that_comes_late_changes_nothing(opened):
    async with opened() as stores:
        await stores.journal.record("run", "ended", "s", success(attempts=2))
        await stores.journal.note("run", "ended", "s", Trying(2))
        await stores.journal.note("run", "going", "s", Trying(2))
        await stores.journal.note("run", "going", "s", Trying(1))
        assert await stores.journal.load("run", "ended") == {("ended", "s"): success(attempts=2)}
        assert (await stores.journal.resume("run", "going")).trying["going", "s"].attempts == 2


async def test_notes_and_records_given_at_once_come_out_as_one_after_the_other(opened):
    async with opened() as stores:
        journal = stores.journal
        await asyncio.gather(
            journal.note("run", "a", "s", Trying(1)),
            journal.record("run", "a", "s", success(attempts=1)),
            journal.record("run", "a", "t", FAILED),
            journal.note("run", "a", "t", Trying(FAILED.attempts)),
            journal.record("run", "a", "v", FAILED),
            journal.note("run", "a", "v", Trying(FAILED.attempts + 1)),
            journal.note("run", "a", "u", Trying(1)),
            journal.note("run", "a", "u", Trying(1, retries=1, pause=5.0)),
        )
        resumed = await journal.resume("run", "a")
    assert resumed.records == {("a", "s"): success(attempts=1), ("a", "t"): FAILED}
    assert (resumed.trying["a", "u"].retries, resumed.trying["a", "u"].pause) == (1, 5.0)
    assert resumed.trying["a", "v"].attempts == FAILED.attempts + 1


async def test_the_age_of_a_pause_goes_on_from_what_was_given_and_is_never_negative(opened):
    async with opened() as stores:
        await stores.journal.note("run", "a", "s", Trying(1, pause=30.0, age=20.0))
        await stores.journal.note("run", "a", "t", Trying(1, pause=30.0, age=-3600.0))  # the clock was set back
        trying = (await stores.journal.resume("run", "a")).trying
    assert 20.0 <= trying["a", "s"].age + 0.01 < 25.0
    assert trying["a", "t"].age == 0.0


async def test_a_note_under_a_lease_that_passed_on_is_refused_and_not_written(opened):
    async with opened() as stores:
        old = await stores.leases.acquire("run/a", "one", 60)
        await stores.leases.release(old)
        await stores.leases.acquire("run/a", "two", 60)
        with pytest.raises(LeaseLost):
            await stores.journal.note("run", "a", "s", Trying(1), old)
        assert await stores.journal.resume("run", "a") == Resumption()


async def test_a_record_under_a_lease_that_passed_on_is_refused_and_not_written(opened):
    async with opened() as stores:
        old = await stores.leases.acquire("run/a", "one", 60)
        await stores.leases.release(old)
        new = await stores.leases.acquire("run/a", "two", 60)
        with pytest.raises(LeaseLost):
            await stores.journal.record("run", "a", "s", success("old"), old)
        assert await stores.journal.load("run", "a") == {}
        await stores.journal.record("run", "a", "s", success("new"), new)
        assert await stores.journal.load("run", "a") == {("a", "s"): success("new")}


async def test_a_record_under_a_renewed_lease_is_accepted_with_either_form_of_it(opened):
    async with opened() as stores:
        lease = await stores.leases.acquire("run/a", "one", 60)
        renewed = await stores.leases.renew(lease, 120)
        await stores.journal.record("run", "a", "s", success(1), lease)
        await stores.journal.record("run", "a", "t", success(2), renewed)
        assert len(await stores.journal.load("run", "a")) == 2


async def test_the_numbers_of_a_run_are_those_of_its_top_level_steps(opened):
    async with opened() as stores:
        for key in ("a", "b"):
            await stores.journal.record("run", key, "pages", success(numbers={"pages": 2, "ms_max": len(key)}))
            nested = nested_path(key, "pages", 0)
            await stores.journal.record("run", nested, "page", success(numbers={"pages": 1}))
        await stores.journal.record("other", "a", "pages", success(numbers={"pages": 9}))
        assert await stores.journal.record_numbers("run") == {"pages": 4, "ms_max": 1}


async def test_forgetting_an_item_erases_it_in_all_runs_and_tells_what_it_named(opened):
    async with opened() as stores:
        for run in ("one", "two"):
            await stores.journal.record(run, "a", "s", success(refs=(run * 8,), memo_key=f"key {run}"))
            await stores.journal.record(run, nested_path("a", "m", 0), "s", success(refs=("r",)))
            await stores.journal.record(run, "ab", "s", success(refs=("kept",)))
        forgotten = await stores.journal.forget("a")
        assert forgotten == ({"key one", "key two"}, {"one" * 8, "two" * 8, "r"})
        assert await stores.journal.load("one", "a") == {}
        assert set(await stores.journal.load("two", "ab")) == {("ab", "s")}
        assert await stores.journal.used() == (frozenset(), {"kept"})
        assert await stores.journal.forget("a") == (frozenset(), frozenset())


async def test_what_runs_use_is_told_without_the_items_that_are_to_be_forgotten(opened):
    async with opened() as stores:
        await stores.journal.record("one", "a", "s", success(refs=("of a",), memo_key="key of a"))
        await stores.journal.record("one", nested_path(root_path("a["), "m", 0), "s", success(refs=("of a[",)))
        await stores.journal.record("one", "b", "s", success(refs=("of b",)))
        await stores.journal.record("two", "b", "s", success(refs=("of two",)))
        assert await stores.journal.used(["one"], besides=["a", "a["]) == (frozenset(), {"of b"})
        assert await stores.journal.used(["one"]) == ({"key of a"}, {"of a", "of a[", "of b"})


async def test_pruning_erases_runs_by_their_newest_record(opened):
    async with opened() as stores:
        await stores.journal.record("old", "a", "s", success())
        await stores.journal.cancel("old")
        border = time.time()
        await stores.journal.record("going on", "a", "s", success())
        assert await stores.journal.prune(border) == 1
        assert await stores.journal.load("old", "a") == {}
        assert not await stores.journal.is_cancelled("old")
        assert len(await stores.journal.load("going on", "a")) == 1


async def test_cancelling_is_seen_by_every_reader_and_only_for_that_run(opened):
    async with opened() as stores:
        await stores.journal.cancel("run")
        await stores.journal.cancel("run")
    async with opened() as stores:
        assert await stores.journal.is_cancelled("run")
        assert not await stores.journal.is_cancelled("run 2")


async def test_any_json_comes_back_equal(opened):
    value = {"text": "é\u2028\x00\udc80🙂", "deep": [[{"": None}]], "big": 2**70, "small": 1e-300, "no": -0.0}
    async with opened() as stores:
        await stores.journal.record("run", "a", "s", success(value))
        assert (await stores.journal.load("run", "a"))["a", "s"].outcome == Success(result=value)


class Watched(str):
    """An item's path that counts how often it is looked at."""

    looks = 0

    def find(self, *given) -> int:
        Watched.looks += 1
        return super().find(*given)

    def startswith(self, *given) -> bool:
        Watched.looks += 1
        return super().startswith(*given)


async def test_in_memory_an_item_is_read_without_a_look_at_the_others():
    journal = memory_stores().journal
    await journal.record("run", Watched("other"), "s", success())
    await journal.note("run", Watched("another"), "s", Trying(1))
    await journal.record("run", "a", "s", success())
    before = Watched.looks
    assert before > 0
    assert (await journal.resume("run", "a")).records == {("a", "s"): success()}
    assert Watched.looks == before
