"""The twelve scenarios of recovery (their names are the reference's), each with processes that are killed at a point that
was seen: finished steps are never called again, those in flight are called once more under the next number."""

from __future__ import annotations

import contextlib
import os
import signal

import pytest

from .runners import Line, Place, ref, step

pytestmark = pytest.mark.process

SEQUENTIAL: Line = {
    "steps": [step("a", 1), step("b", ref("a")), step("c", ref("b")), step("d", ref("c"))],
    "output": ref("d"),
}
PARALLEL: Line = {
    "steps": [*(step(name, name) for name in "abcd"), step("all", [ref(name) for name in "abcd"])],
    "output": ref("all"),
}
WORKER: Line = {
    "steps": [step("a", 1), step("b", ref("a"), "/t/in_worker"), step("c", ref("b"))],
    "output": ref("c"),
}
SUB_FLOW: Line = {
    "steps": [
        step("before"),
        step(
            "sub",
            {
                "items": [1, 2, ref("before")],
                "max_concurrency": 1,
                "workflow": {
                    "$literal": {
                        "steps": [step("x", {"$input": "$"}), step("y", ref("x"))],
                        "output": ref("y"),
                    }
                },
            },
            "/builtin/map",
        ),
        step("after", ref("sub")),
    ],
    "output": ref("after"),
}


@pytest.fixture
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("undisturbed")
    return Place(folder, f"sqlite:///{folder}/journal.db")


def test_restart_recovery_sequential(anywhere: Place, undisturbed: Place) -> None:
    with anywhere.runner(SEQUENTIAL, hold=["c"]) as runner:
        runner.until({"called": "c"})
        runner.kill()
    ended = anywhere.finish(SEQUENTIAL)
    assert anywhere.attempts == {"a": [1], "b": [1], "c": [1, 2], "d": [1]}
    assert {name: record["attempts"] for name, record in ended["records"].items()} == {"a": 1, "b": 1, "c": 2, "d": 1}
    assert {name for name, record in ended["records"].items() if record["reuse"] == "journal"} == {"a", "b"}
    assert ended["result"] == undisturbed.finish(SEQUENTIAL)["result"]


def test_restart_recovery_parallel(anywhere: Place, undisturbed: Place) -> None:
    with anywhere.runner(PARALLEL, hold=["c", "d"]) as runner:
        runner.until({"finished": "a"}, {"finished": "b"}, {"called": "c"}, {"called": "d"})
        runner.kill()
    ended = anywhere.finish(PARALLEL)
    assert anywhere.attempts == {"a": [1], "b": [1], "c": [1, 2], "d": [1, 2], "all": [1]}
    assert ended["result"] == undisturbed.finish(PARALLEL)["result"]


def test_failover_recovery_sequential(anywhere: Place, undisturbed: Place) -> None:
    """The survivor waits while the first one lives, and takes over when its lease has expired."""
    with anywhere.runner(SEQUENTIAL, hold=["b"]) as first:
        first.until({"called": "b"})
        with anywhere.runner(SEQUENTIAL) as second:
            second.until({"waiting": 1.0})
            assert anywhere.times == {"a": 1, "b": 1}
            first.kill()
            ended = second.end()
    assert anywhere.attempts == {"a": [1], "b": [1, 2], "c": [1], "d": [1]}
    assert ended["result"] == undisturbed.finish(SEQUENTIAL)["result"]


def test_failover_recovery_parallel(place: Place, undisturbed: Place) -> None:
    with place.runner(PARALLEL, hold=["b", "d"]) as first:
        first.until({"finished": "a"}, {"finished": "c"}, {"called": "b"}, {"called": "d"})
        with place.runner(PARALLEL) as second:
            second.until({"waiting": 1.0})
            first.kill()
            ended = second.end()
    assert place.attempts == {"a": [1], "b": [1, 2], "c": [1], "d": [1, 2], "all": [1]}
    assert ended["result"] == undisturbed.finish(PARALLEL)["result"]


def test_dual_failure_recovery(anywhere: Place, undisturbed: Place) -> None:
    """The survivor dies too, in the same step: the count of attempts outlives both."""
    with anywhere.runner(SEQUENTIAL, hold=["b"]) as first:
        first.until({"called": "b"})
        with anywhere.runner(SEQUENTIAL, hold=["b"]) as second:
            second.until({"waiting": 1.0})
            first.kill()
            second.until({"called": "b", "attempt": 2})
            second.kill()
    ended = anywhere.finish(SEQUENTIAL)
    assert anywhere.attempts == {"a": [1], "b": [1, 2, 3], "c": [1], "d": [1]}
    assert ended["records"]["b"] == {"attempts": 3, "reuse": "computed"}
    assert ended["result"] == undisturbed.finish(SEQUENTIAL)["result"]


def test_worker_crash_single_retry(place: Place, undisturbed: Place) -> None:
    """The process that computes a step dies: the step is tried again from a budget of its own, also without ``onError``."""
    ended = place.finish(WORKER, fail={"b": 1})
    assert place.attempts == {"a": [1], "b": [1, 2], "c": [1]}
    assert len({call["worker"] for call in place.calls if call["called"] == "b"}) == 2
    assert ended["records"]["b"] == {"attempts": 2, "reuse": "computed"}
    assert ended["result"] == undisturbed.finish(WORKER)["result"]


def test_worker_crash_exhausts_retries(place: Place) -> None:
    """Three retries (the reference's number), then the step has failed; what depends on it is not called."""
    ended = place.finish(WORKER, fail={"b": 99})
    assert place.attempts == {"a": [1], "b": [1, 2, 3, 4]}
    error = ended["result"]["error"]
    assert (error["code"], error["data"]["error"]) == ("UNREACHABLE", "component.worker_lost")
    assert ended["records"]["b"]["attempts"] == 4

    place.finish(WORKER)  # a person gives the same command again: the step is called anew, and counts on
    assert place.attempts == {"a": [1], "b": [1, 2, 3, 4, 5], "c": [1]}


def test_worker_and_orchestrator_crash(place: Place) -> None:
    """The worker dies, then the runner in the second attempt: retries used before stay used after it, and the attempt that
    the kill cut short uses none."""
    with place.runner(WORKER, fail={"b": 1}, hold=["b"]) as runner:
        call = runner.until({"called": "b", "attempt": 2})
        runner.kill()
    with contextlib.suppress(ProcessLookupError):  # it ends when its runner is gone
        os.kill(call["worker"], signal.SIGKILL)
    ended = place.finish(WORKER, fail={"b": 99})
    assert place.attempts == {"a": [1], "b": [1, 2, 3, 4, 5]}  # two retries were left
    assert ended["result"]["error"]["code"] == "UNREACHABLE"


def test_orchestrator_crash_worker_delivers_result(place: Place) -> None:
    """In the reference a worker that finished while the orchestrator was down delivers its result later, under the id of
    its task. Here a worker lives no longer than its runner; what outlives one is the memo, where a result waits under its
    content for whoever asks. So: another run computes what this one waits for, this run's runner dies, the result is
    delivered, and the run that goes on takes it and calls nothing."""
    flow: Line = {"steps": [step("a", 1), step("b", ref("a"), "/t/shared")], "output": ref("b")}
    with place.runner(flow, run_id="other", hold=["b"]) as computing:
        computing.until({"called": "b"})
        with place.runner(flow) as runner:
            runner.until({"finished": "a"})
            runner.kill()
        computing.go_on()
        delivered = computing.end()
    ended = place.finish(flow)
    assert place.times == {"a": 2, "b": 1}  # ``a`` has an effect: once in each run
    assert ended["records"]["b"] == {"attempts": 1, "reuse": "memo"}
    assert ended["result"] == delivered["result"]


def test_subflow_restart_recovery(anywhere: Place, undisturbed: Place) -> None:
    with anywhere.runner(SUB_FLOW, hold=["y"]) as runner:
        runner.until({"called": "y", "item": "item/sub[0]"})
        runner.go_on()
        runner.until({"called": "y", "item": "item/sub[1]"})
        runner.kill()
    ended = anywhere.finish(SUB_FLOW)
    assert anywhere.attempts == SUB_FLOW_ATTEMPTS
    assert {name: record["attempts"] for name, record in ended["records"].items()} == {
        "before": 1,
        "sub": 2,
        "after": 1,
    }
    assert ended["result"] == undisturbed.finish(SUB_FLOW)["result"]


SUB_FLOW_ATTEMPTS = {
    "before": [1],
    "sub[0]/x": [1],
    "sub[0]/y": [1],
    "sub[1]/x": [1],
    "sub[1]/y": [1, 2],
    "sub[2]/x": [1],
    "sub[2]/y": [1],
    "after": [1],
}


def test_subflow_failover_recovery(place: Place, undisturbed: Place) -> None:
    with place.runner(SUB_FLOW, hold=["y"]) as first:
        first.until({"called": "y", "item": "item/sub[0]"})
        first.go_on()
        first.until({"called": "y", "item": "item/sub[1]"})
        with place.runner(SUB_FLOW) as second:
            second.until({"waiting": 1.0})
            first.kill()
            ended = second.end()
    assert place.attempts == SUB_FLOW_ATTEMPTS
    assert ended["result"] == undisturbed.finish(SUB_FLOW)["result"]


def test_completed_subflow_not_restarted(place: Place, undisturbed: Place) -> None:
    with place.runner(SUB_FLOW, hold=["after"]) as runner:
        runner.until({"called": "after"})
        runner.kill()
    ended = place.finish(SUB_FLOW)
    assert place.times == {**dict.fromkeys(SUB_FLOW_ATTEMPTS, 1), "after": 2}
    assert ended["records"]["sub"] == {"attempts": 1, "reuse": "journal"}
    assert ended["result"] == undisturbed.finish(SUB_FLOW)["result"]
