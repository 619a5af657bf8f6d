"""CPU and wall time of a command with everything it started, worker processes of fork servers included.

A fork server is not waited for by the process that started it, so its CPU time is in nobody's ``RUSAGE_CHILDREN``. This
process makes itself the reaper of orphans, then waits for every process of the command's session itself.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
REPOSITORY = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
# Modules are compiled once, as pip leaves them, whatever installed them here and whatever the environment says.
COMPILED = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(REPOSITORY / ".cache" / "bytecode")}
PLATFORM = str(BIN / "stepflow-assets")


class CommandFailed(Exception):
    """The measured command did not end as expected."""


@dataclass(frozen=True)
class Measured:
    """Seconds of CPU (user and system, all processes) and of wall clock, and what the command printed."""

    cpu: float
    wall: float
    code: int
    output: str


def run(
    command: Sequence[str], *, environment: Mapping[str, str] | None = None, accepted: Sequence[int] = (0,)
) -> Measured:
    """Run to the end and add up every process of it. Raises CommandFailed for an exit status not in ``accepted``."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env={**os.environ, **COMPILED, **(environment or {})},
            cwd=REPOSITORY,
            start_new_session=True,
        )
        code, wall, cpu = None, 0.0, 0.0
        while True:
            try:
                ended, status, used = os.wait4(-process.pid, 0)
            except ChildProcessError:
                break
            cpu += used.ru_utime + used.ru_stime
            if ended == process.pid:
                code = process.returncode = os.waitstatus_to_exitcode(status)
                wall = time.perf_counter() - began
        if code not in accepted:
            err.seek(0)
            raise CommandFailed(f"{Path(command[0]).name} ended with {code}: {err.read().decode()[-2000:]}")
        out.seek(0)
        return Measured(cpu, wall, code or 0, out.read().decode())


def ingest(home: Path, files: Sequence[Path], *options: str, accepted: Sequence[int] = (0,)) -> Measured:
    """One ``stepflow-assets ingest`` in a process of its own, as a user runs it; prints JSON lines."""
    command = [PLATFORM, "--home", str(home), *options, "ingest", "--json", *map(str, files)]
    return run(command, accepted=accepted)


def least(runs: Sequence[Measured]) -> Measured:
    """The run with the least CPU time: what others do on the machine only ever adds."""
    return min(runs, key=lambda measured: measured.cpu)
