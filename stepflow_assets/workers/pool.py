"""One pool of worker processes: ``await pool.run(function, *args)`` with a hard deadline.

Processes come from multiprocessing's fork server (measured: 30 ms each, against 170 ms for ``spawn``): it has no
threads, so forking it is safe, and it lives exactly as long as the process that owns the pool.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
import weakref
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessPool

from flow_compiler.errors import ResourceUnavailable
from stepflow_assets.errors import PageCrashed, PageTimeout
from stepflow_assets.workers.process import call, prepare_worker
from stepflow_assets.workers.start import worker_context

T = TypeVar("T")
_IN_FLIGHT_PER_WORKER = 2  # one that runs, and one waiting so that the worker never does
_FRESH_POOLS = 3


class WorkerPool:
    """Runs module-level functions in processes that are started at first use.

    ``deadline`` (seconds) is per call and counts from when a worker takes it. ``recycle_after`` calls a worker is replaced
    by a fresh one. ``memory`` (bytes) is what each may take beyond what it starts with. ``initializer`` runs once in each
    worker. Usable from several event loops and threads.
    """

    def __init__(
        self,
        name: str,
        *,
        workers: int,
        recycle_after: int = 0,
        deadline: float = 60.0,
        memory: int | None = None,
        initializer: Callable[[], None] | None = None,
    ) -> None:
        self.name, self.workers, self.deadline = name, workers, deadline
        self._recycle_after, self._memory, self._initializer = recycle_after, memory, initializer
        self._pool: ProcessPool | None = None
        self._closed = False
        self._lock = threading.Lock()
        self._rooms: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = (
            weakref.WeakKeyDictionary()
        )

    async def run(self, function: Callable[..., T], *args: Any, deadline: float | None = None) -> T:
        """The function's result, computed in a worker. Cancelling the task ends the worker that runs it.

        Raises PageTimeout (deadline passed, worker killed), PageCrashed (the worker died in this call), what the function
        raised where that is an error of our trees, ComponentError ``worker.unexpected`` where it is not, and
        ResourceUnavailable when workers cannot be started or the pool is closed.
        """
        seconds = self.deadline if deadline is None else deadline
        async with self._room():
            for _ in range(_FRESH_POOLS):
                pool = self._started()
                try:
                    return await asyncio.wrap_future(self._schedule(pool, function, args, seconds))
                except (concurrent.futures.TimeoutError, TimeoutError):
                    raise PageTimeout(f"no answer within {seconds:g} s: its worker process was ended") from None
                except ProcessExpired as error:
                    raise PageCrashed(f"its worker process died ({_ending(error.exitcode)})") from None
                except BrokenProcessPool:
                    # A worker died while it was idle or starting. The call itself did not run: a fresh pool takes it.
                    self._discard(pool)
        raise ResourceUnavailable(
            f"the {self.name} workers end before they take a call",
            code="worker.unavailable",
            next_step="Check memory and process limits; the extras a worker needs may be missing.",
        )

    def close(self) -> None:
        """End all workers now; running calls are lost (PageCrashed or cancelled). Further calls are refused."""
        with self._lock:
            self._closed = True
            pool, self._pool = self._pool, None
        if pool is not None:
            _end(pool)

    def _schedule(
        self, pool: ProcessPool, function: Callable[..., T], args: tuple[Any, ...], seconds: float
    ) -> concurrent.futures.Future[T]:
        try:
            future: concurrent.futures.Future[T] = pool.schedule(call, args=(function, args), timeout=seconds)
        except RuntimeError as error:  # pebble: the pool broke or was closed since it was looked up
            raise BrokenProcessPool(str(error)) from None
        return future

    def _room(self) -> asyncio.Semaphore:
        """Bounds the calls in flight per event loop; the rest waits here, where cancelling costs nothing."""
        loop = asyncio.get_running_loop()
        with self._lock:
            return self._rooms.setdefault(loop, asyncio.Semaphore(self.workers * _IN_FLIGHT_PER_WORKER))

    def _started(self) -> ProcessPool:
        with self._lock:
            if self._closed:
                raise ResourceUnavailable(f"the {self.name} workers are closed", code="worker.closed")
            if self._pool is None:
                self._pool = ProcessPool(
                    max_workers=self.workers,
                    max_tasks=self._recycle_after,
                    initializer=prepare_worker,
                    initargs=(self._initializer, self._memory),
                    context=worker_context(),
                )
            return self._pool

    def _discard(self, pool: ProcessPool) -> None:
        with self._lock:
            if self._pool is pool:
                self._pool = None
        _end(pool)


def _end(pool: ProcessPool) -> None:
    pool.stop()
    pool.join()


def _ending(exitcode: int | None) -> str:
    if exitcode is None:
        return "unknown exit"
    return f"signal {-exitcode}" if exitcode < 0 else f"exit status {exitcode}"
