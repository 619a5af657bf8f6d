"""When a provider is left alone, and how often it is asked: by a clock that the test moves."""

from __future__ import annotations

import asyncio

import pytest
from limits import HandClock

from stepflow_assets.ocr.breaker import Breaker
from stepflow_assets.ocr.rates import RateLimit


def broken(clock: HandClock, failures: int = 3) -> Breaker:
    breaker = Breaker(failures, 30, clock)
    for _ in range(failures):
        assert breaker.let_through()
        breaker.failed()
    return breaker


def test_a_provider_that_fails_several_times_in_a_row_is_left_alone_for_a_while():
    clock = HandClock()
    breaker = broken(clock)
    assert not breaker.let_through()
    clock.time += 29.9
    assert not breaker.let_through()
    clock.time += 0.1
    assert breaker.let_through()


def test_failures_with_a_success_between_them_are_not_in_a_row():
    breaker = Breaker(2, 30, HandClock())
    for _ in range(3):
        breaker.failed()
        breaker.succeeded()
    assert breaker.let_through()


@pytest.mark.parametrize("ended", ["succeeded", "failed", "undecided"])
def test_after_the_pause_one_call_finds_out_and_the_others_wait_for_it(ended):
    clock = HandClock()
    breaker = broken(clock)
    clock.time += 30
    assert [breaker.let_through() for _ in range(3)] == [True, False, False]
    getattr(breaker, ended)()
    assert [breaker.let_through() for _ in range(2)] == {
        "succeeded": [True, True],
        "failed": [False, False],  # for another pause
        "undecided": [True, False],  # the next one finds out
    }[ended]


def turns(limit: RateLimit, number: int, patience: float) -> list[bool]:
    async def one_after_the_other():
        return [await limit.turn(patience) for _ in range(number)]

    return asyncio.run(one_after_the_other())


def test_no_more_calls_begin_in_a_minute_than_allowed():
    clock = HandClock()
    assert turns(RateLimit(3, clock), 7, patience=0) == [True] * 7
    assert clock.slept == [60, 60]


def test_fewer_than_one_a_minute_are_spaced():
    clock = HandClock()
    assert turns(RateLimit(0.5, clock), 3, patience=0) == [True] * 3
    assert clock.slept == [120, 120]


def test_callers_at_the_same_time_get_turns_one_after_the_other():
    clock = HandClock()
    limit = RateLimit(1, clock)

    async def together():
        return await asyncio.gather(*(limit.turn(200) for _ in range(4)))

    assert asyncio.run(together()) == [True] * 4
    assert clock.slept == [60, 60, 60]


def test_who_would_wait_for_a_busy_provider_for_too_long_is_told_at_once():
    clock = HandClock()
    limit = RateLimit(1, clock)
    limit.hold(31)
    assert turns(limit, 2, patience=30) == [False, False]
    assert clock.slept == []


def test_a_turn_that_was_refused_is_left_to_others():
    clock = HandClock()
    limit = RateLimit(1, clock)
    limit.hold(31)
    assert turns(limit, 1, patience=30) == [False]
    assert turns(limit, 1, patience=40) == [True]
    assert clock.slept == [31]


def test_without_a_limit_nobody_waits_until_the_provider_asks_for_it():
    clock = HandClock()
    limit = RateLimit(None, clock)
    assert turns(limit, 5, patience=0) == [True] * 5
    limit.hold(7)
    limit.hold(2)  # an earlier moment changes nothing
    assert turns(limit, 2, patience=10) == [True, True]
    assert clock.slept == [7]
    limit.hold(11)
    assert turns(limit, 1, patience=10) == [False]


class _Ticking(HandClock):
    """Time goes on between two looks at the clock, as it does."""

    def now(self) -> float:
        self.time += 0.001
        return self.time


def test_without_patience_a_provider_that_is_free_is_asked_all_the_same():
    assert asyncio.run(RateLimit(None, _Ticking()).turn(patience=0.0))
