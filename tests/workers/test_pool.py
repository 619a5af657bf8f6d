"""Worker pools: what a caller sees when a call ends well, fails, hangs, or takes its process down."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from flow_compiler.errors import Category, ComponentError, ResourceUnavailable
from stepflow_assets.errors import DocumentDamaged, PageCrashed, PageTimeout
from stepflow_assets.workers.pool import WorkerPool
from stepflow_assets.workers.pools import WorkerPools
from tests.workers import functions

pytestmark = pytest.mark.process


@contextlib.contextmanager
def pool(workers: int = 1, recycle_after: int = 0, deadline: float = 30.0, **options: object) -> Iterator[WorkerPool]:
    made = WorkerPool("test", workers=workers, recycle_after=recycle_after, deadline=deadline, **options)  # type: ignore[arg-type]
    try:
        yield made
    finally:
        made.close()


async def announced(file: Path) -> int:
    return await asyncio.to_thread(functions.announced, str(file))


def test_a_call_runs_in_another_process_and_returns_its_result() -> None:
    with pool() as workers:

        async def scenario() -> None:
            assert await workers.run(functions.add, 2, 3) == 5
            assert await workers.run(functions.pid) != os.getpid()

        asyncio.run(scenario())


def test_one_pool_serves_several_event_loops() -> None:
    with pool() as workers:
        first = asyncio.run(workers.run(functions.pid))
        assert asyncio.run(workers.run(functions.pid)) == first


def test_a_hung_call_is_killed_at_its_deadline_and_the_next_one_runs() -> None:
    with pool() as workers:

        async def scenario() -> None:
            with pytest.raises(PageTimeout) as caught:
                await workers.run(functions.hang, deadline=0.3)
            assert caught.value.retryable
            assert await workers.run(functions.add, 1, 1) == 2

        asyncio.run(scenario())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_a_died_worker_fails_its_own_call_only(number: signal.Signals, tmp_path: Path) -> None:
    with pool(workers=2) as workers:

        async def scenario() -> None:
            other = asyncio.create_task(workers.run(functions.wait_for, str(tmp_path / "go")))
            pid = await announced(tmp_path / "go")
            with pytest.raises(PageCrashed, match=f"signal {int(number)}"):
                await workers.run(functions.die, int(number))
            (tmp_path / "go").touch()
            assert await other == pid

        asyncio.run(scenario())


def test_an_idle_worker_that_was_killed_is_replaced_unnoticed() -> None:
    with pool() as workers:

        async def scenario() -> None:
            first = await workers.run(functions.pid)
            os.kill(first, signal.SIGKILL)
            assert await workers.run(functions.pid) != first

        asyncio.run(scenario())


def test_errors_of_the_tree_arrive_with_every_field() -> None:
    with pool() as workers, pytest.raises(DocumentDamaged) as caught:
        asyncio.run(workers.run(functions.damaged))
    assert (caught.value.code, caught.value.next_step) == ("document.damaged", "Fetch it again.")


@pytest.mark.parametrize("function", [functions.leak_text, functions.unpicklable])
def test_other_exceptions_arrive_as_ours_without_their_words(function: object) -> None:
    with pool() as workers, pytest.raises(ComponentError) as caught:
        asyncio.run(workers.run(function))  # type: ignore[arg-type]
    assert caught.value.code == "worker.unexpected"
    assert "functions.py" in caught.value.message
    assert "secret" not in str(caught.value)


def test_workers_are_recycled_after_their_number_of_calls() -> None:
    with pool(recycle_after=2) as workers:

        async def scenario() -> list[int]:
            return [await workers.run(functions.pid) for _ in range(6)]

        pids = asyncio.run(scenario())
    assert len(set(pids)) == 3


def test_cancelling_a_call_ends_its_worker(tmp_path: Path) -> None:
    with pool() as workers:

        async def scenario() -> None:
            call = asyncio.create_task(workers.run(functions.wait_for, str(tmp_path / "never")))
            pid = await announced(tmp_path / "never")
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            assert await workers.run(functions.pid) != pid
            assert not psutil.pid_exists(pid)

        asyncio.run(scenario())


def test_a_call_that_wants_more_memory_than_its_worker_may_have_fails_alone() -> None:
    with pool(memory=256 << 20) as workers:

        async def scenario() -> None:
            assert await workers.run(functions.take, 200 << 20) == 200 << 20
            with pytest.raises(ComponentError) as caught:
                await workers.run(functions.take, 300 << 20)
            assert (caught.value.code, caught.value.category) == ("worker.out_of_memory", Category.CAPACITY)
            assert await workers.run(functions.take, 200 << 20) == 200 << 20, "the same worker goes on"

        asyncio.run(scenario())


def test_numerics_are_single_threaded_and_ctrl_c_is_left_to_the_parent() -> None:
    with pool() as workers:
        assert asyncio.run(workers.run(functions.environment, "OMP_NUM_THREADS")) == "1"
        assert asyncio.run(workers.run(functions.sigint_is_ignored))


def test_workers_that_cannot_start_are_a_capacity_error() -> None:
    with pool(initializer=functions.fail_to_start) as workers, pytest.raises(ResourceUnavailable):
        asyncio.run(workers.run(functions.pid))


def test_a_closed_pool_refuses_and_its_processes_are_gone() -> None:
    with pool() as workers:
        pid = asyncio.run(workers.run(functions.pid))
    assert not psutil.pid_exists(pid)
    with pytest.raises(ResourceUnavailable, match="closed"):
        asyncio.run(workers.run(functions.pid))


def test_workers_die_with_their_owner_even_when_it_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "owner.py"
    script.write_text(
        textwrap.dedent("""
        import asyncio, sys
        from stepflow_assets.workers.pool import WorkerPool
        from tests.workers import functions

        if __name__ == "__main__":
            asyncio.run(WorkerPool("test", workers=1).run(functions.wait_for, sys.argv[1]))
        """)
    )
    root = Path(__file__).parents[2]
    owner = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "never")], env={**os.environ, "PYTHONPATH": str(root)}
    )
    worker = psutil.Process(functions.announced(str(tmp_path / "never")))
    owner.kill()
    owner.wait()
    worker.wait(timeout=10)


def test_the_owners_script_is_not_run_again_in_its_workers(tmp_path: Path) -> None:
    script = tmp_path / "unguarded.py"
    script.write_text(
        textwrap.dedent("""
        import asyncio
        from stepflow_assets.workers.pool import WorkerPool
        from tests.workers import functions

        pool = WorkerPool("test", workers=1)
        print(asyncio.run(pool.run(functions.add, 2, 3)))
        pool.close()
        """)
    )
    ended = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (ended.stdout, ended.stderr) == ("5\n", "")


def test_pools_start_nothing_until_used_and_close_what_was_used() -> None:
    pools = WorkerPools(pdf=1, ocr=1)
    pid = asyncio.run(pools.pdf.run(functions.pid))
    pools.close()
    assert not psutil.pid_exists(pid)
