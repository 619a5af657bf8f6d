"""Calls of one provider: batches across documents, deadlines, limits, and what its failures mean for the pages."""

from __future__ import annotations

import asyncio
import threading

import pytest
from limits import HandClock, Server, text_of

from flow_compiler.errors import ResourceUnavailable
from stepflow_assets.errors import PageCrashed, ProviderBusy, ProviderError, ProviderTimeout, ProviderUnavailable
from stepflow_assets.ocr.asking import Asked, ProviderCalls
from stepflow_assets.ocr.collecting import Collector
from stepflow_assets.ocr.options import ProviderOptions
from stepflow_assets.ocr.protocol import Capabilities, Picture
from stepflow_assets.ocr.quality import QualityRules
from stepflow_assets.ocr.recognition import recognize_pages
from stepflow_assets.workers.pool import WorkerPool


class Ours:
    """An engine of our own, and in place of its worker pool one that calls it here, or dies."""

    name, profile = "ours", "ours-1"
    capabilities = Capabilities(frozenset({"Latn"}), 1.0)
    workers, deadline = 2, 60.0

    def __init__(self, error: Exception | None) -> None:
        self.error = error
        self.calls = 0

    async def run(self, function, *args, deadline=None):
        self.calls += 1
        if self.error is not None:
            raise self.error
        return recognize_pages(*args)

    def recognize(self, pictures):
        return Server().recognize(pictures)


def calls_of(server: Server, clock: HandClock | None = None, **options) -> ProviderCalls:
    pool = WorkerPool("ocr", workers=1)  # never started: this provider's calls run in threads
    return ProviderCalls(server, ProviderOptions(**options), QualityRules(), pool, clock or HandClock())


async def ask_all(calls: ProviderCalls, *names: str, alone: bool = True) -> list[Asked]:
    return await asyncio.gather(*(calls.ask(Picture(name), alone=alone) for name in names))


def asked(calls: ProviderCalls, *names: str, alone: bool = True) -> list[Asked]:
    return asyncio.run(ask_all(calls, *names, alone=alone))


def one_by_one(calls: ProviderCalls, number: int, *, alone: bool = True) -> list[str]:
    async def scenario():
        return [(await ask_all(calls, "page", alone=alone))[0] for _ in range(number)]

    return [said(item) for item in asyncio.run(scenario())]


def said(item: Asked) -> str:
    return item.error.code if item.error is not None else "ok"


NAMES = [f"{document}{number}" for number in range(1, 8) for document in "ab"]


def test_pages_of_several_documents_travel_together_and_each_gets_its_own_answer():
    server = Server(batch=4, concurrency=2)
    found = asked(calls_of(server), *NAMES)
    assert [text_of(item) for item in found] == NAMES
    assert sorted(len(call) for call in server.calls) == [2, 4, 4, 4]
    assert sorted(name for call in server.calls for name in call) == sorted(NAMES)


def test_the_configured_batch_counts_before_the_providers_own():
    server = Server(batch=4)
    asked(calls_of(server, batch=7), *NAMES)
    assert [len(call) for call in server.calls] == [7, 7]


def test_what_comes_while_all_places_are_taken_leaves_together():
    calls, began, go = [], asyncio.Event(), asyncio.Event()

    async def call(items):
        calls.append(list(items))
        began.set()
        await go.wait()
        return items

    async def scenario():
        collector = Collector(8, 1, 0.0, call)
        first = asyncio.create_task(collector.result(0))
        await began.wait()
        later = []
        for number in range(1, 6):
            later.append(asyncio.create_task(collector.result(number)))
            for _ in range(10):  # turns in which each would have left alone
                await asyncio.sleep(0)
        go.set()
        return await asyncio.gather(first, *later)

    assert asyncio.run(scenario()) == [0, 1, 2, 3, 4, 5]
    assert calls == [[0], [1, 2, 3, 4, 5]]


def test_calls_of_a_server_go_on_side_by_side_but_no_more_than_it_takes():
    at_once, lock, together = [0, 0], threading.Lock(), threading.Barrier(3, timeout=20)

    def busy(paths):
        with lock:
            at_once[0] += 1
            at_once[1] = max(at_once)
        together.wait()
        with lock:
            at_once[0] -= 1

    server = Server(busy, concurrency=3)
    assert all(item.answer for item in asked(calls_of(server), *NAMES[:9]))
    assert at_once[1] == 3


def test_when_a_call_fails_as_a_whole_only_the_bad_page_pays():
    server = Server(lambda paths: ProviderError("odd", retryable=False) if "a2" in paths else None, batch=4)
    found = asked(calls_of(server), "a1", "b1", "a2", "b2")
    assert [text_of(item) for item in found] == ["a1", "b1", None, "b2"]
    assert server.calls == [["a1", "b1", "a2", "b2"], ["a1"], ["b1"], ["a2"], ["b2"]]


def test_a_provider_that_answers_for_fewer_pages_is_asked_page_by_page():
    class Short(Server):
        def recognize(self, pictures):
            return super().recognize(pictures)[: 2 if len(pictures) > 2 else None]

    found = asked(calls_of(Short(batch=4)), *NAMES[:4])
    assert [text_of(item) for item in found] == NAMES[:4]


def test_a_server_that_is_away_is_not_asked_again_for_each_page_of_the_call():
    server = Server(lambda paths: ProviderUnavailable("gone"), batch=4)
    assert [said(item) for item in asked(calls_of(server), *NAMES[:4])] == ["provider.unavailable"] * 4
    assert len(server.calls) == 1


def test_a_page_whose_caller_was_stopped_leaves_the_others_of_its_call_in_peace():
    asked_it, go = threading.Event(), threading.Event()

    def wait(paths):
        asked_it.set()
        go.wait(20)

    server = Server(wait, batch=2)

    async def scenario():
        calls = calls_of(server)
        first, second = (asyncio.create_task(calls.ask(Picture(name))) for name in "ab")
        await asyncio.to_thread(asked_it.wait, 20)
        first.cancel()
        go.set()
        return await second

    assert text_of(asyncio.run(scenario())) == "b"


def test_a_server_that_hangs_is_given_up_after_the_deadline_and_holds_up_nobody():
    never = threading.Event()
    server = Server(lambda paths: None if "hangs" not in paths or never.wait() else None)
    found = asked(calls_of(server, deadline=0.2), "hangs", "fine")
    assert isinstance(found[0].error, ProviderTimeout)
    assert text_of(found[1]) == "fine"


def test_what_a_provider_raises_is_an_error_of_ours_without_its_words():
    (found,) = asked(calls_of(Server(lambda paths: ValueError("the text of the page"))), "a")
    assert isinstance(found.error, ProviderError)
    assert "ValueError" in found.error.message
    assert "the text of the page" not in found.error.message


def test_a_busy_provider_is_asked_again_when_it_said():
    clock, answers = HandClock(), iter([ProviderBusy("429", retry_after=7), ProviderBusy("429", retry_after=0.1), None])
    server = Server(lambda paths: next(answers))
    (found,) = asked(calls_of(server, clock), "a")
    assert text_of(found) == "a"
    assert clock.slept == [7, 1.0]  # a second refusal is met with a pause of its own


def test_a_provider_that_stays_busy_for_longer_than_a_page_waits_is_a_failure_at_once():
    clock = HandClock()
    server = Server(lambda paths: ProviderBusy("429", retry_after=31))
    calls = calls_of(server, clock, longest_wait=30)
    assert one_by_one(calls, 2) == ["provider.busy", "provider.skipped"]
    assert (len(server.calls), clock.slept) == (1, [])
    clock.time += 31
    assert one_by_one(calls, 1) == ["provider.busy"]


def test_a_provider_that_only_ever_says_busy_is_given_up():
    clock = HandClock()
    server = Server(lambda paths: ProviderBusy("429"))
    assert one_by_one(calls_of(server, clock, longest_wait=30), 1) == ["provider.busy"]
    assert sum(clock.slept) < 30
    assert len(server.calls) < 10


def test_no_more_calls_a_minute_than_configured():
    clock = HandClock()
    server = Server()
    assert one_by_one(calls_of(server, clock, requests_per_minute=2, longest_wait=1), 5) == ["ok"] * 5
    assert clock.slept == [60, 60]


def test_a_server_that_failed_several_times_in_a_row_is_not_asked_until_its_pause_is_over():
    clock, server = HandClock(), Server(lambda paths: ProviderUnavailable("gone"))
    calls = calls_of(server, clock, failures=2, pause=30)
    assert one_by_one(calls, 4) == ["provider.unavailable"] * 2 + ["provider.skipped"] * 2
    assert len(server.calls) == 2
    clock.time += 30
    assert one_by_one(calls, 2) == ["provider.unavailable", "provider.skipped"]
    clock.time += 30
    server._does = lambda paths: None
    assert one_by_one(calls, 3) == ["ok"] * 3


def test_a_page_that_cannot_be_read_says_nothing_about_its_provider():
    server = Server(lambda paths: ProviderError("no picture", retryable=False))
    assert one_by_one(calls_of(server, failures=2), 4) == ["provider.failed"] * 4


@pytest.mark.parametrize(("alone", "fourth"), [(True, "page.crashed"), (False, "provider.skipped")])
def test_an_engine_of_our_own_is_only_left_alone_where_another_provider_is_left(alone, fourth):
    engine = Ours(PageCrashed("gone"))
    calls = ProviderCalls(engine, ProviderOptions(failures=3), QualityRules(), engine, HandClock())
    assert one_by_one(calls, 4, alone=alone) == ["page.crashed"] * 3 + [fourth]


def test_a_closed_pool_is_nobodys_failure():
    engine = Ours(ResourceUnavailable("closed"))
    with pytest.raises(ResourceUnavailable):
        asked(ProviderCalls(engine, ProviderOptions(), QualityRules(), engine, HandClock()), "a")
