"""What time has passed stays passed: a restart begins no sleep and no back-off anew. And who has it: a runner that was stopped
past its lease changes nothing when it wakes."""

from __future__ import annotations

import signal
import time

import pytest

from .runners import Line, Place, ref, step

pytestmark = pytest.mark.process

SLEEP: Line = {
    "steps": [step("s", {"duration_ms": 600_000, "passthrough": "kept"}, "/builtin/sleep"), step("after", ref("s"))],
    "output": ref("after"),
}
RETRIED: Line = {"steps": [step("r", 1, onError={"action": "retry", "maxRetries": 2})], "output": ref("r")}


def test_a_sleep_of_ten_minutes_with_ten_minutes_behind_it_is_over(anywhere: Place) -> None:
    with anywhere.runner(SLEEP) as runner:
        runner.until({"noted": "s"})
        runner.kill()
    anywhere.let_pass(599.9)
    began = time.monotonic()
    ended = anywhere.finish(SLEEP)
    assert time.monotonic() - began < 60
    assert ended["result"]["result"] == {"step": "after", "of": {"duration_ms": 600_000, "passthrough": "kept"}}
    assert ended["records"]["s"]["attempts"] == 2


def test_a_sleep_that_is_killed_again_and_again_counts_from_its_beginning(place: Place) -> None:
    for attempt in (1, 2, 3):
        with place.runner(SLEEP) as runner:
            runner.until({"noted": "s", "attempt": attempt})
            runner.kill()
        place.let_pass(200)
    assert place.finish(SLEEP)["records"]["s"]["attempts"] == 4


def test_a_sleep_is_never_longer_than_it_was_to_be_when_the_clock_was_set_back(place: Place) -> None:
    short: Line = {"steps": [step("s", {"duration_ms": 1000}, "/builtin/sleep")], "output": ref("s")}
    with place.runner(short) as runner:
        runner.until({"noted": "s"})
        runner.kill()
    place.let_pass(-86_400)
    began = time.monotonic()
    place.finish(short)
    assert 1 <= time.monotonic() - began < 60


def test_a_back_off_goes_on_where_it_was_and_its_retry_stays_used(anywhere: Place) -> None:
    patient = {"back_off": 600.0, "fail": {"r": 1}}
    with anywhere.runner(RETRIED, **patient) as runner:
        runner.until({"noted": "r", "attempt": 1, "pause": 600.0})
        runner.kill()
    with anywhere.runner(RETRIED, **patient) as runner:  # and is not begun anew by a second one either
        runner.until({"resumed": "item"})
        runner.kill()
    anywhere.let_pass(599.9)
    began = time.monotonic()
    ended = anywhere.finish(RETRIED, **patient)
    assert time.monotonic() - began < 60
    assert ended["records"]["r"] == {"attempts": 2, "reuse": "computed"}
    assert anywhere.attempts == {"r": [1, 2]}


def test_retries_used_before_a_kill_are_used_after_it_and_the_killed_attempt_uses_none(place: Place) -> None:
    with place.runner(RETRIED, fail={"r": 1}, hold=["r"]) as runner:
        runner.until({"called": "r", "attempt": 1})
        runner.go_on()
        runner.until({"called": "r", "attempt": 2})
        runner.kill()
    ended = place.finish(RETRIED, fail={"r": 99})
    assert place.attempts == {"r": [1, 2, 3, 4]}  # 1 failed, 2 was killed, 3 and 4 are the two retries
    assert ended["result"]["error"]["message"] == "attempt 4 fails"

    place.finish(RETRIED, fail={"r": 5})  # it had failed for good: given again, it has its retries again
    assert place.attempts == {"r": [1, 2, 3, 4, 5, 6]}


def test_a_runner_that_was_stopped_past_its_lease_is_refused_when_it_wakes(anywhere: Place) -> None:
    flow: Line = {"steps": [step("a"), step("b", ref("a")), step("c", ref("b"))], "output": ref("c")}
    with anywhere.runner(flow, hold=["b"]) as stopped:
        stopped.until({"called": "b"})
        stopped.signal(signal.SIGSTOP)
        ended = anywhere.finish(flow)
        stopped.go_on()
        stopped.signal(signal.SIGCONT)
        assert stopped.end() == {"lost": "store.lease_lost"}
        assert not [line for line in stopped.lines if "finished" in line and line["finished"] != "a"]
    assert anywhere.attempts == {"a": [1], "b": [1, 2], "c": [1]}
    assert anywhere.finish(flow)["result"] == ended["result"]
    assert anywhere.times == {"a": 1, "b": 2, "c": 1}  # all of it was replayed
