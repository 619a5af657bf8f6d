"""Work on one thread, its events written on another."""

from __future__ import annotations

import asyncio
import threading

import pytest

from flow_compiler.assets.batch_events import BatchEvent, ItemFailed
from flow_compiler.assets.loop_thread import CrossingOutbox, run_beside
from flow_compiler.engine.outcomes import Failure


def event(key: str) -> ItemFailed:
    return ItemFailed(key, Failure(message="m"), ())


def keys(events: list[BatchEvent]) -> list[str]:
    return [found.key for found in events]


def idle() -> None:
    return


def test_events_are_written_in_order_on_the_callers_thread() -> None:
    written: list[tuple[str, int]] = []

    async def work(outbox: CrossingOutbox) -> str:
        for number in range(100):
            outbox.put(event(str(number)))
            if number % 7 == 0:
                await outbox.written()
                assert written[-1][0] == str(number)
        return "done"

    def write(events: list[BatchEvent]) -> None:
        written.extend((key, threading.get_ident()) for key in keys(events))

    assert run_beside(work, write, idle) == "done"
    assert written == [(str(number), threading.get_ident()) for number in range(100)]


def test_what_the_work_raises_is_raised_after_its_events_are_written() -> None:
    written: list[str] = []

    async def work(outbox: CrossingOutbox) -> None:
        outbox.put(event("last"))
        raise LookupError("here")

    with pytest.raises(LookupError, match="here"):
        run_beside(work, lambda events: written.extend(keys(events)), idle)
    assert written == ["last"]


def test_an_interrupt_cancels_the_work_and_writes_what_it_still_tells() -> None:
    written: list[str] = []

    async def work(outbox: CrossingOutbox) -> None:
        outbox.put(event("first"))
        try:
            await asyncio.Event().wait()
        finally:
            outbox.put(event("farewell"))
            await outbox.written()

    def write(events: list[BatchEvent]) -> None:
        written.extend(keys(events))
        if written == ["first"]:  # once
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_beside(work, write, idle)
    assert written == ["first", "first", "farewell"]  # what was interrupted is written again


def test_an_event_log_that_cannot_be_written_ends_the_work_and_claims_nothing() -> None:
    told: list[str] = []

    async def work(outbox: CrossingOutbox) -> None:
        outbox.put(event("first"))
        try:
            await outbox.written()
            told.append("written")
        finally:
            outbox.put(event("second"))
            with pytest.raises(asyncio.CancelledError):
                await outbox.written()

    def write(events: list[BatchEvent]) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        run_beside(work, write, idle)
    assert told == []


def test_an_interrupt_before_the_loop_runs_is_not_lost() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    async def work(outbox: CrossingOutbox) -> None:
        await asyncio.Event().wait()

    with pytest.raises(KeyboardInterrupt):
        run_beside(work, lambda events: None, interrupted, seconds=0.0001)
