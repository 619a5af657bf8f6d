"""One runner of one run, in a process of its own: ``python runner.py JSON`` (see :class:`Order`), or ``serve``.

It tells on standard output what has happened, one JSON line each: ``called``, ``noted``, ``finished``, ``waiting``, and at
the end ``result`` or ``lost``. A call is also kept in FOLDER/calls, for all runners of the run. A step named in ``hold`` does
not return before a line comes on standard input.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flow_compiler.engine.components import ComponentContext, component
from flow_compiler.engine.engine import Engine, EngineSettings
from flow_compiler.engine.outcomes import StepRecord, to_json
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.engine.settings import Backoff
from flow_compiler.engine.storage import open_stores
from flow_compiler.engine.stores import Journal, Lease, Resumption, Stores, Trying
from flow_compiler.errors import ComponentError, LeaseLost, WorkerLost
from flow_compiler.language.reading import flow_from_json

WORKER = Path(__file__).with_name("worker.py")


@dataclass(frozen=True)
class Order:
    """What a runner is started with. ``kill_at`` is the number of its own calls and journal writes after which the process
    kills itself."""

    folder: str
    database: str
    flow: dict[str, Any]
    given: Any = None
    run_id: str = "run"
    hold: list[str] = field(default_factory=list)
    fail: dict[str, int] = field(default_factory=dict)  # step → how many of its first attempts fail
    back_off: float = 0.001
    ttl: float = 1.0
    kill_at: int = 0


class Told:
    def __init__(self, order: Order) -> None:
        self.order, self.points = order, 0

    def __call__(self, **line: Any) -> None:
        os.write(1, f"{json.dumps(line)}\n".encode())  # whole lines, whichever thread writes

    def called(self, context: ComponentContext, **more: Any) -> None:
        line = {"called": context.step_id, "item": context.item, "attempt": context.attempt, **more}
        with (Path(self.order.folder) / "calls").open("a") as calls:
            calls.write(f"{json.dumps(line)}\n")
        self(**line)
        self.point()

    def point(self) -> None:
        """A point at which the process may have to die."""
        self.points += 1
        if self.points == self.order.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


class ToldJournal:
    """The journal, which tells of its notes, and of points before and after each write."""

    def __init__(self, journal: Journal, tell: Told) -> None:
        self._journal, self._tell = journal, tell

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    async def resume(self, run_id: str, item: str) -> Resumption:
        left = await self._journal.resume(run_id, item)
        self._tell(resumed=item)
        return left

    async def note(self, run_id: str, item: str, step: str, trying: Trying, lease: Lease | None = None) -> None:
        self._tell.point()
        await self._journal.note(run_id, item, step, trying, lease)
        self._tell(noted=step, attempt=trying.attempts, pause=trying.pause)
        self._tell.point()

    async def record(self, run_id: str, item: str, step: str, record: StepRecord, lease: Lease | None = None) -> None:
        self._tell.point()
        await self._journal.record(run_id, item, step, record, lease)
        self._tell(recorded=step, item=item)
        self._tell.point()


class Hooks:
    def __init__(self, tell: Told) -> None:
        self._tell = tell

    async def gate(self, step_id: str) -> None:
        return None

    async def finished(self, step_id: str, record: StepRecord) -> None:
        self._tell(finished=step_id, attempts=record.attempts, reuse=record.reuse)

    def progressed(self, item: str, step_id: str, record: StepRecord) -> None: ...


def components(tell: Told) -> ComponentRegistry:
    order = tell.order

    def working(path: str, **declared: Any) -> Any:
        @component(path, **declared)
        async def work(given: Any, context: ComponentContext) -> Any:
            tell.called(context, path=path)
            if context.step_id in order.hold:
                await asyncio.to_thread(sys.stdin.readline)
            if context.attempt <= order.fail.get(context.step_id, 0):
                raise ComponentError(f"attempt {context.attempt} fails")
            return {"of": given} if declared else {"step": context.step_id, "of": given}

        return work

    @component("/t/in_worker")
    async def in_worker(given: Any, context: ComponentContext) -> Any:
        """Computed by a process of its own, which may die."""
        does = "hold" if context.step_id in order.hold else "answer"
        if context.attempt <= order.fail.get(context.step_id, 0):
            does = "die"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-S", WORKER, does, json.dumps(given), stdout=-1, stdin=-1
        )
        assert process.stdout is not None
        assert await process.stdout.readline() == b"begun\n"
        tell.called(context, worker=process.pid)
        answer = await process.stdout.read()
        if code := await process.wait():
            raise WorkerLost(f"the worker ended with {code}")
        return json.loads(answer)

    return ComponentRegistry.of(
        working("/t/work"),
        working("/t/pure", effect="pure"),
        working("/t/shared", effect="pure", lease=True),
        in_worker,
    )


async def main(order: Order) -> None:
    tell = Told(order)
    settings = EngineSettings(
        lease_ttl=order.ttl, backoff=Backoff(min_seconds=order.back_off, max_seconds=order.back_off)
    )
    async with open_stores(order.database, Path(order.folder) / "artifacts") as opened:
        journal: Any = ToldJournal(opened.journal, tell)
        stores = Stores(journal=journal, memo=opened.memo, leases=opened.leases, artifacts=opened.artifacts)
        async with Engine(components(tell), stores, settings=settings) as engine:
            item = engine.item(
                flow_from_json(order.flow),
                run_id=order.run_id,
                key="item",
                input=order.given,
                hooks=Hooks(tell),
                waiting=lambda seconds: tell(waiting=seconds),
            )
            try:
                ended = await item.evaluate()
            except LeaseLost as lost:
                tell(lost=lost.code)
            else:
                records = {
                    step: {"attempts": record.attempts, "reuse": record.reuse} for step, record in ended.records.items()
                }
                tell(result=to_json(ended.result), records=records, points=tell.points)
    os._exit(0)  # a thread may still wait for a line


def serve() -> None:
    """Runners without the start of a process each: forked off for every order on standard input. The line ``ended`` has the
    exit status."""
    import alembic.command  # noqa: F401  what every one of them would load anew
    import sqlalchemy.dialects.sqlite  # noqa: F401

    for line in sys.stdin:
        child = os.fork()
        if not child:
            try:
                asyncio.run(main(Order(**json.loads(line))))
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        os.write(1, f"{json.dumps({'ended': os.waitstatus_to_exitcode(status)})}\n".encode())


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        serve()
    else:
        asyncio.run(main(Order(**json.loads(sys.argv[1]))))
