"""Stopping a run: what is finished stays, what is under way is let go."""

from __future__ import annotations

import asyncio
import signal
import threading

import dagster as dg
from small_flow import World, world

from flow_compiler.engine.outcomes import Failure


def with_a_stuck_document(instance: dg.DagsterInstance) -> tuple[World, threading.Event]:
    """The event is set once one document has ended and the other cannot go on."""
    flow = world(instance, {"fine": "text", "stuck": "slow"}, documents_at_once=1)
    reached = threading.Event()
    happened: set[str] = set()

    def happens(what: str) -> None:  # always on the loop's thread
        happened.add(what)
        if happened == {"fine", "stuck"}:
            reached.set()

    flow.calls.reached = lambda: happens("stuck")
    flow.inputs.heard = happens
    return flow, reached


def test_a_cancelled_run_keeps_what_is_finished(instance: dg.DagsterInstance) -> None:
    flow, reached = with_a_stuck_document(instance)
    run_id = "0b1f2f8e-0000-4000-8000-000000000001"

    def cancel() -> None:
        assert reached.wait(30)
        asyncio.run(flow.stores.journal.cancel(run_id))

    canceller = threading.Thread(target=cancel)
    canceller.start()
    assert not flow.run(["fine", "stuck"], run_id=run_id).success
    canceller.join()

    run = instance.get_run_by_id(run_id)
    assert run is not None
    assert run.status is dg.DagsterRunStatus.CANCELED
    assert flow.materialized(run_id)["fine"] == {"document", "pages", "ocr_blocks", "chunks", "search_index"}
    left = {end.key: end for end in flow.inputs.ends}["stuck"]
    assert isinstance(left.result, Failure)
    assert (left.result.error, left.complete) == ("run.cancelled", False)
    assert flow.inputs.outcomes["fine"] == "ok"
    lease = asyncio.run(flow.stores.leases.acquire(f"item:{run_id}:stuck", "next", 1.0))
    assert lease is not None


def test_an_interrupt_stops_the_run_cleanly(instance: dg.DagsterInstance) -> None:
    flow, reached = with_a_stuck_document(instance)

    def interrupt() -> None:
        assert reached.wait(30)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    interrupter = threading.Thread(target=interrupt)
    interrupter.start()
    assert not flow.run(["fine", "stuck"]).success
    interrupter.join()
    assert {end.key: end.complete for end in flow.inputs.ends} == {"fine": True, "stuck": False}
    (run,) = instance.get_runs()
    assert run.status is dg.DagsterRunStatus.CANCELED


def test_a_cancelled_run_can_be_given_again(instance: dg.DagsterInstance) -> None:
    flow, reached = with_a_stuck_document(instance)
    run_id = "0b1f2f8e-0000-4000-8000-000000000002"
    asyncio.run(flow.stores.journal.cancel(run_id))
    assert not flow.run(["fine", "stuck"], run_id=run_id).success
    flow.inputs.by_key["stuck"] = "no longer"
    assert flow.run(["fine", "stuck"]).success


def test_a_document_that_is_being_taken_when_the_run_stops_is_let_go(instance: dg.DagsterInstance) -> None:
    flow = world(instance, {"late": "text"})
    taking, stopped = threading.Event(), threading.Event()

    def slowly() -> None:  # as a catalog whose disk is slow: on a thread, which nobody can stop
        taking.set()
        assert stopped.wait(30)

    def interrupt() -> None:
        assert taking.wait(30)
        assert flow.inputs.loop is not None
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        asyncio.run_coroutine_threadsafe(work_is_cancelled(), flow.inputs.loop).result(30)
        stopped.set()

    flow.inputs.before_taking = slowly
    interrupter = threading.Thread(target=interrupt)
    interrupter.start()
    assert not flow.run(["late"]).success
    interrupter.join()

    assert flow.inputs.taken == ["late"]
    assert flow.inputs.in_hand == set()
    assert {end.key: end.complete for end in flow.inputs.ends} == {"late": False}


async def work_is_cancelled() -> None:
    """Until the batch has cancelled its workers, beside itself."""
    while sum(task.cancelling() > 0 for task in asyncio.all_tasks()) < 2:  # noqa: ASYNC110  other tasks take turns
        await asyncio.sleep(0)
    await asyncio.sleep(0)
