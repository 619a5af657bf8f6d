"""Many single requests of one turn of the event loop become one request to a store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from flow_compiler.engine.stores import Memo, MemoEntry

_AT_MOST = 500


class MemoTraffic:
    """Reads and writes of a memo, coalesced. A read or write that returned has been answered by the store."""

    def __init__(self, memo: Memo) -> None:
        self._memo = memo
        self._reads: dict[str, asyncio.Future[MemoEntry | None]] = {}
        self._writes: list[tuple[MemoEntry, asyncio.Future[None]]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def get(self, key: str) -> MemoEntry | None:
        loop = asyncio.get_running_loop()
        waiting = self._reads.get(key)
        if waiting is None:
            if not self._reads:
                loop.call_soon(self._start, self._read)
            waiting = self._reads[key] = loop.create_future()
        return await asyncio.shield(waiting)

    async def put(self, entry: MemoEntry) -> None:
        loop = asyncio.get_running_loop()
        if not self._writes:
            loop.call_soon(self._start, self._write)
        done: asyncio.Future[None] = loop.create_future()
        self._writes.append((entry, done))
        await done

    async def close(self) -> None:
        """Let what is under way finish."""
        while self._tasks:
            await asyncio.wait(list(self._tasks))

    def _start(self, transfer: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.ensure_future(transfer())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read(self) -> None:
        waiting, self._reads = self._reads, {}
        keys = list(waiting)
        for start in range(0, len(keys), _AT_MOST):
            part = keys[start : start + _AT_MOST]
            try:
                found: Mapping[str, MemoEntry] = await self._memo.get(part)
            except Exception as error:  # noqa: BLE001  whoever asked gets it
                _fail([waiting[key] for key in part], error)
                continue
            for key in part:
                if not waiting[key].done():
                    waiting[key].set_result(found.get(key))

    async def _write(self) -> None:
        waiting, self._writes = self._writes, []
        for start in range(0, len(waiting), _AT_MOST):
            part = waiting[start : start + _AT_MOST]
            try:
                await self._memo.put([entry for entry, _ in part])
            except Exception as error:  # noqa: BLE001  whoever asked gets it
                _fail([done for _, done in part], error)
                continue
            for _, done in part:
                if not done.done():
                    done.set_result(None)


def _fail(
    waiting: Sequence[asyncio.Future[None]] | Sequence[asyncio.Future[MemoEntry | None]], error: Exception
) -> None:
    for future in waiting:
        if not future.done():
            future.set_exception(error)
