"""An event loop on a thread of its own, beside the op's thread, which writes what the loop tells it.

Dagster's calls block for milliseconds and want the op's thread (interrupts arrive there); the interpreter wants a loop
that nothing blocks. So work runs here, and events cross over through an outbox, in order.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Generic, TypeVar

from flow_compiler.assets.batch_events import BatchEvent

T = TypeVar("T")

Write = Callable[[list[BatchEvent]], None]
_Message = BatchEvent | Future[None] | None  # None: the loop has ended


class EventsRefused(Exception):
    """The event log could not be written before, so nothing more is tried."""


class CrossingOutbox:
    """An Outbox whose events are written by another thread."""

    def __init__(self) -> None:
        self._messages: queue.SimpleQueue[_Message] = queue.SimpleQueue()
        self._taken: list[_Message] = []
        self._over = False

    def put(self, event: BatchEvent) -> None:
        self._messages.put(event)

    async def written(self) -> None:
        mark: Future[None] = Future()
        self._messages.put(mark)
        await asyncio.wrap_future(mark)

    def close(self) -> None:
        self._messages.put(None)

    def deliver(self, write: Write, idle: Callable[[], None], seconds: float) -> bool:
        """Wait for messages, at most ``seconds``; write those that are there, then answer who waits for them. ``idle``
        when none came. False when there will be no more. What ``write`` raises, this raises, and nobody is told that his
        events were written; after an interrupt the next call writes them again, perhaps some twice."""
        if not self._taken:
            try:
                self._taken.append(self._messages.get(timeout=seconds))
            except queue.Empty:
                idle()
                return True
        while not self._messages.empty():
            self._taken.append(self._messages.get())
        marks = [message for message in self._taken if isinstance(message, Future)]
        self._over = self._taken[-1] is None
        try:
            write([message for message in self._taken if message is not None and not isinstance(message, Future)])
        except Exception:
            self._taken.clear()
            for mark in marks:
                mark.cancel()
            raise
        self._taken.clear()
        for mark in marks:
            if mark.set_running_or_notify_cancel():
                mark.set_result(None)
        return not self._over

    def drain(self, write: Write, seconds: float) -> None:
        """Write what still comes until the loop has ended; once that fails, only refuse."""
        while self._taken or not self._over:
            try:
                self.deliver(write, _nothing, seconds)
            except Exception:  # noqa: BLE001  the first failure is on its way already
                write = _refuse


class LoopThread(Generic[T]):
    """One coroutine on a fresh event loop in a fresh thread."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, T]], ended: Callable[[], None]) -> None:
        """``ended`` is called on the loop's thread when the coroutine is over, however it went."""
        self._work = work
        self._ended = ended
        self._outcome: Future[T] = Future()
        self._task: asyncio.Task[T] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop_asked = False
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._run, name="flow-items", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Cancel the coroutine, also when it has not begun yet."""
        self._stop_asked = True
        if self._loop is not None and self._task is not None:
            with suppress(RuntimeError):  # the loop has just closed: the coroutine is over
                self._loop.call_soon_threadsafe(self._task.cancel)

    def has_begun(self) -> bool:
        """Asked after an interrupted start: a thread that will run does so within a second."""
        return self._begun.wait(1.0)

    def wait(self) -> None:
        self._thread.join()

    def result(self) -> T:
        """Waits for the end. Raises what the coroutine raised."""
        self.wait()
        return self._outcome.result()

    def _run(self) -> None:
        self._begun.set()
        try:
            self._outcome.set_result(asyncio.run(self._remember(self._work())))
        except BaseException as error:  # noqa: BLE001  raised by result(), on the thread that asked
            self._outcome.set_exception(error)
        finally:
            self._ended()

    async def _remember(self, work: Coroutine[Any, Any, T]) -> T:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(work)
        if self._stop_asked:
            self._task.cancel()
        return await self._task


def run_beside(
    work: Callable[[CrossingOutbox], Coroutine[Any, Any, T]],
    write: Write,
    idle: Callable[[], None],
    seconds: float = 0.5,
) -> T:
    """Run ``work`` on its own thread and write its events on this one until it is over.

    What interrupts this thread (Ctrl-C, a terminated run) cancels the work, waits for its end, and writes what it tells
    until then; so does a failure to write, but then nothing more is written.
    """
    outbox = CrossingOutbox()
    thread = LoopThread(lambda: work(outbox), ended=outbox.close)
    try:
        thread.start()
        while outbox.deliver(write, idle, seconds):
            pass
    except BaseException as error:
        thread.stop()
        if thread.has_begun():
            outbox.drain(_refuse if isinstance(error, Exception) else write, seconds)
            thread.wait()
        raise
    return thread.result()


def _nothing() -> None:
    return


def _refuse(_events: list[BatchEvent]) -> None:
    raise EventsRefused
