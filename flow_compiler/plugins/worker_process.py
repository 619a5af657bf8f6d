"""The process of a plugin: started in a group of its own, its standard error in the log, and ended with all it started."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from asyncio.subprocess import PIPE, Process, SubprocessStreamProtocol
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from flow_compiler.errors import PluginFailed
from flow_compiler.worker.messages import MAX_LINE

GRACE = 2.0
"""Seconds for ending on its own, and again after SIGTERM."""
_LOG_LINE = 2000  # characters of one line of standard error that are logged
_LOG_LINES = 2000  # lines of one process that are logged
_LAST_LINES = 5  # kept to tell why it did not start


@dataclass(frozen=True)
class Program:
    """What to start. ``environment`` is all that it sees of any environment."""

    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path


class _Watched(SubprocessStreamProtocol):
    """Tells of the exit when it happens: waiting for the streams' end hangs on a grandchild that has them."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(limit=MAX_LINE, loop=loop)
        self.exited = asyncio.Event()

    def process_exited(self) -> None:
        super().process_exited()
        self.exited.set()


class WorkerProcess:
    """A running process: messages go through ``process.stdin`` and ``process.stdout``."""

    def __init__(self, name: str, process: Process, exited: asyncio.Event) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.name = name
        self.stdin, self.stdout = process.stdin, process.stdout
        self.exited = exited
        self._process = process
        self._said: deque[str] = deque(maxlen=_LAST_LINES)
        self._log = asyncio.create_task(self._log_errors())
        self._end = asyncio.create_task(self._end_group())

    @classmethod
    async def start(cls, name: str, program: Program) -> WorkerProcess:
        """Raises PluginFailed."""
        loop = asyncio.get_running_loop()
        try:
            transport, protocol = await loop.subprocess_exec(
                lambda: _Watched(loop),
                *program.command,
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                env=dict(program.environment),
                cwd=program.folder,
                start_new_session=True,  # Ctrl-C reaches this process only, which then ends the group
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise PluginFailed(
                f"plugin {name}: {program.command[0]} cannot be started in {program.folder}: {reason}",
                next_step="Correct the command and its working directory, or install the program.",
            ) from error
        return cls(name, Process(transport, protocol, loop), protocol.exited)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def status(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._process.returncode

    @property
    def last_words(self) -> str:
        """The end of its standard error, for a program that did not start. Later it may quote documents."""
        return " | ".join(self._said)

    async def stop(self, grace: float = GRACE) -> None:
        """Close its input, which tells it to end; then SIGTERM, then SIGKILL, to all of its group."""
        with suppress(OSError):
            self.stdin.close()
        if not await self._ends_within(grace):
            self._signal(signal.SIGTERM)
            if not await self._ends_within(grace):
                self._signal(signal.SIGKILL)
                await self._ends_within(grace)
        await self._end
        self._log.cancel()
        await asyncio.wait([self._log])

    def end_now(self) -> None:
        self._signal(signal.SIGKILL)

    async def kill(self) -> None:
        self.end_now()
        await self.stop(GRACE)

    async def _ends_within(self, seconds: float) -> bool:
        if seconds > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.exited.wait(), seconds)
        return self.exited.is_set()

    async def _end_group(self) -> None:
        """What it started ends with it."""
        await self.exited.wait()
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    async def _log_errors(self) -> None:
        """A line for a line; a flood is cut off, so that no worker fills a disk with our log."""
        log = logging.getLogger(f"flow_compiler.plugins.{self.name}")
        stream = self._process.stderr
        assert stream is not None
        count = 0
        while line := await _some_line(stream):
            text = line.decode("utf-8", "replace").rstrip()[:_LOG_LINE]
            self._said.append(text[:300])
            count += 1
            if count <= _LOG_LINES:
                log.info("%s", text)
            elif count == _LOG_LINES + 1:
                log.warning("what the process writes to its standard error from here on is left out")


async def _some_line(stream: asyncio.StreamReader) -> bytes:
    """The next line, or as much of a longer one as is there."""
    try:
        return await stream.readuntil(b"\n")
    except asyncio.IncompleteReadError as error:
        return error.partial
    except asyncio.LimitOverrunError as error:
        return await stream.readexactly(error.consumed)
