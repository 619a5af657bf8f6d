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
from typing import Any, Generic, TypeVar

from flow_compiler.assets.batch_events import BatchEvent

T = TypeVar("T")

_Message = BatchEvent | Future[None] | None  # None: the loop has ended


class CrossingOutbox:
    """An Outbox whose events are written by another thread."""

    def __init__(self) -> None:
        self._messages: queue.SimpleQueue[_Message] = queue.SimpleQueue()

    def put(self, event: BatchEvent) -> None:
        self._messages.put(event)

    async def written(self) -> None:
        mark: Future[None] = Future()
        self._messages.put(mark)
        await asyncio.wrap_future(mark)

    def close(self) -> None:
        self._messages.put(None)

    def deliver(self, write: Callable[[list[BatchEvent]], None], idle: Callable[[], None], seconds: float) -> bool:
        """Wait for messages, at most ``seconds``; write those that are there, then answer who waits for them. ``idle``
        when none came. False when there will be no more."""
        try:
            found = [self._messages.get(timeout=seconds)]
        except queue.Empty:
            idle()
            return True
        while not self._messages.empty():
            found.append(self._messages.get())
        write([message for message in found if message is not None and not isinstance(message, Future)])
        for message in found:
            if isinstance(message, Future) and not message.cancelled():
                message.set_result(None)
        return found[-1] is not None


class LoopThread(Generic[T]):
    """One coroutine on a fresh event loop in a fresh thread."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, T]], ended: Callable[[], None]) -> None:
        """``ended`` is called on the loop's thread when the coroutine is over, however it went."""
        self._work = work
        self._ended = ended
        self._outcome: Future[T] = Future()
        self._task: asyncio.Task[T] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="flow-items", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Cancel the coroutine and wait for its end."""
        loop, task = self._loop, self._task
        if loop is not None and task is not None and not loop.is_closed():
            loop.call_soon_threadsafe(task.cancel)

    def result(self) -> T:
        """Waits for the end. Raises what the coroutine raised."""
        self._thread.join()
        return self._outcome.result()

    def _run(self) -> None:
        try:
            self._outcome.set_result(asyncio.run(self._remember(self._work())))
        except BaseException as error:  # noqa: BLE001  raised by result(), on the thread that asked
            self._outcome.set_exception(error)
        finally:
            self._ended()

    async def _remember(self, work: Coroutine[Any, Any, T]) -> T:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(work)
        return await self._task


def run_beside(
    work: Callable[[CrossingOutbox], Coroutine[Any, Any, T]],
    write: Callable[[list[BatchEvent]], None],
    idle: Callable[[], None],
    seconds: float = 0.5,
) -> T:
    """Run ``work`` on its own thread and write its events on this one until it is over.

    Whatever interrupts this thread (Ctrl-C, a terminated run) cancels the work, waits for its end, writes what it had
    told until then, and goes on.
    """
    outbox = CrossingOutbox()
    thread = LoopThread(lambda: work(outbox), ended=outbox.close)
    thread.start()
    try:
        while outbox.deliver(write, idle, seconds):
            pass
    except BaseException:
        thread.stop()
        while outbox.deliver(write, idle, seconds):
            pass
        raise
    return thread.result()
