"""Memory of a process and all it starts: PSS, sampled while they run (Linux).

PSS (proportional set size) shares out the pages that processes have in common, so the sum over a fork server and its
workers is what they really take. Read from ``/proc`` of every process of a session, ten times a second.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_SECONDS_BETWEEN = 0.1


@dataclass
class Peaks:
    """Bytes of PSS: the most at one moment over all processes, and the most of each process under its role."""

    total: int = 0
    by_process: dict[str, int] = field(default_factory=dict)

    def add(self, sample: dict[str, int]) -> None:
        self.total = max(self.total, sum(sample.values()))
        for process, size in sample.items():
            self.by_process[process] = max(self.by_process.get(process, 0), size)


@contextmanager
def watching(session: int) -> Iterator[Peaks]:
    """Sample the processes of a session (the id of the process that leads it) until the block ends."""
    peaks, over = Peaks(), threading.Event()

    def look() -> None:
        while not over.wait(_SECONDS_BETWEEN):
            peaks.add(sample(session))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield peaks
    finally:
        over.set()
        looking.join()


def sample(session: int) -> dict[str, int]:
    """PSS in bytes of each live process of the session, named ``pid role``."""
    found: dict[str, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            size = _pss(folder, session)
            if size:
                found[f"{folder.name} {_role(folder)}"] = size
    return found


def _pss(folder: Path, session: int) -> int:
    try:
        if os.getsid(int(folder.name)) != session:
            return 0
        lines = (folder / "smaps_rollup").read_text().splitlines()
    except (OSError, ProcessLookupError):  # it has just ended, or belongs to someone else
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def _role(folder: Path) -> str:
    """Workers look like their fork server, which is the process whose parent is not one."""
    try:
        command = (folder / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
        parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
        above = (Path("/proc") / parent / "cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return "ended"
    if "forkserver" in command:
        return "worker" if "forkserver" in above else "fork server"
    return "other" if "resource_tracker" in command or "watch_orphans" in command else "main"
