"""Workers that die, hang, talk nonsense or will not end: calls fail as they should, and no process is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from served import HERE, Python, Serve, each, one_step, program

from flow_compiler.engine.outcomes import TaskErrorCode
from flow_compiler.plugins.command import open_command
from flow_compiler.plugins.own_process import open_own_process

pytestmark = pytest.mark.process


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def ends(pid: int) -> bool:
    """Whether it does within a minute."""
    try:
        psutil.Process(pid).wait(60)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return gone(pid)
    return True


async def test_a_call_whose_worker_died_is_tried_again_by_a_new_one_as_attempt_two(serve: Serve) -> None:
    async with open_own_process("w", Python(["workshop"]), base=HERE) as components, serve(components) as ask:
        first = (await ask("/w/process"))["pid"]
        ended = await ask.flow(one_step("/w/dies_once"))
        second = (await ask("/w/process"))["pid"]
    assert ended.result.result == 2  # type: ignore[union-attr]
    assert ended.records["s"].attempts == 2
    assert first != second
    assert gone(first)
    assert gone(second)


async def test_a_worker_that_always_dies_uses_up_the_transport_budget(serve: Serve) -> None:
    async with (
        open_command("p", program("scripted.py", "dies"), base=HERE) as components,
        serve(components, transport_retries=2) as ask,
    ):
        ended = await ask.flow(one_step("/a"))
    failed = ended.result
    assert ended.records["s"].attempts == 3
    assert failed.code is TaskErrorCode.UNREACHABLE  # type: ignore[union-attr]
    assert failed.message == "plugin p: its process ended (signal SIGKILL)"  # type: ignore[union-attr]


async def test_a_worker_that_only_dies_is_not_started_for_ever(serve: Serve) -> None:
    async with (
        open_command("p", program("scripted.py", "dies"), base=HERE) as components,
        serve(components, transport_retries=1000) as ask,
    ):
        ended = await ask.flow(one_step("/a"))
    assert ended.records["s"].attempts == 7
    assert ended.result.error == "worker.keeps_dying"  # type: ignore[union-attr]


async def test_other_calls_of_the_dead_worker_are_tried_again_too(serve: Serve) -> None:
    async with open_own_process("w", Python(["workshop"]), base=HERE) as components, serve(components) as ask:
        ended = await ask.flow(each("/w/dies_once"), list(range(20)))
    assert [result["outcome"] for result in ended.result.result] == ["success"] * 20  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("noisy", "plugin p: its process wrote a line that is not JSON to standard output"),
        ("endless_line", "plugin p: its process wrote a line of more than 16777216 bytes to standard output"),
    ],
)
async def test_what_is_no_message_on_standard_output_ends_the_worker(serve: Serve, what: str, said: str) -> None:
    async with open_command("p", program("scripted.py", what), base=HERE) as components, serve(components) as ask:
        failed = await ask.failure("/a")
    assert (failed.error, failed.message) == ("worker.protocol", said)
    assert "standard error" in failed.next_step


async def test_a_program_that_comes_back_with_another_version_is_refused(serve: Serve) -> None:
    async with (
        open_command("p", program("scripted.py", "changes"), base=HERE) as components,
        serve(components, transport_retries=1) as ask,
    ):
        failed = await ask.failure("/a")
    assert failed.error == "worker.not_started"
    assert "serves other components, or versions" in failed.message


async def test_a_call_that_is_cancelled_is_cancelled_in_the_worker(serve: Serve, tmp_path: Path) -> None:
    told = tmp_path / "told"
    os.mkfifo(told)
    async with (
        open_command("p", program("scripted.py", "waits", str(told)), base=HERE) as components,
        serve(components) as ask,
    ):
        call = asyncio.create_task(ask("/a"))
        with await asyncio.to_thread(told.open) as pipe:
            assert await asyncio.to_thread(pipe.readline) == "call\n"
            call.cancel()
            await asyncio.wait([call])
            assert await asyncio.to_thread(pipe.readline) == "cancel\n"


async def test_a_python_component_sees_the_cancellation_of_its_call(serve: Serve, tmp_path: Path) -> None:
    told = tmp_path / "told"
    os.mkfifo(told)
    async with open_own_process("w", Python(["workshop"]), base=HERE) as components, serve(components) as ask:
        call = asyncio.create_task(ask("/w/waits", str(told)))
        with await asyncio.to_thread(told.open) as pipe:
            assert await asyncio.to_thread(pipe.readline) == "begun\n"
            call.cancel()
            await asyncio.wait([call])
            assert await asyncio.to_thread(pipe.readline) == "cancelled\n"


async def test_a_worker_that_will_not_end_is_killed_with_its_children(serve: Serve) -> None:
    async with open_command("p", program("scripted.py", "stubborn"), base=HERE) as components, serve(components) as ask:
        worker, child = await ask("/a")
    assert gone(worker)
    assert ends(child)


async def test_a_death_is_noticed_although_a_child_has_the_streams(serve: Serve) -> None:
    async with (
        open_command("p", program("scripted.py", "leaves_a_child"), base=HERE) as components,
        serve(components, transport_retries=0) as ask,
    ):
        assert (await ask.failure("/a")).code is TaskErrorCode.UNREACHABLE


ENGINE = """
import asyncio, sys
from pathlib import Path
from served import HERE, Python
from flow_compiler.plugins.own_process import open_own_process
from flow_compiler.engine.components import ComponentContext

async def main():
    async with open_own_process("w", Python(["workshop"]), base=HERE) as components:
        from flow_compiler.engine.engine import Engine
        from flow_compiler.engine.storage import memory_stores
        from served import Ask
        async with Engine(components, memory_stores()) as engine:
            print((await Ask(engine)("/w/process"))["pid"], flush=True)
            await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_the_engine(number: signal.Signals) -> None:
    """Neither when it is interrupted, nor when it has no time to end anything."""
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    engine = subprocess.Popen(
        [sys.executable, "-c", ENGINE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    )
    with engine:
        assert engine.stdout is not None
        worker = int(engine.stdout.readline())
        assert not gone(worker)
        engine.send_signal(number)
    assert ends(worker)
