"""Peak memory of a command over all its processes: ``python -m benchmarks.memory [--json] -- COMMAND…``.

PSS (proportional set size) shares out the pages that processes have in common, so the sum over a fork server and its
workers is what they really take. Read from ``/proc`` of every process of the command's session, ten times a second.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.figures import Figure, skipped
from benchmarks.inputs import EXAMPLES, born_digital, corpus, text_pages
from benchmarks.measuring import PLATFORM, REPOSITORY

_MIB = 1 << 20
_SECONDS_BETWEEN = 0.1
_GOAL_BORN_DIGITAL, _GOAL_SCANS = 600, 4096


@dataclass
class Peaks:
    """Bytes of PSS: the most at one moment over all processes, and the most of each process under its role."""

    total: int = 0
    by_process: dict[str, int] = field(default_factory=dict)
    code: int = 0

    def add(self, sample: dict[str, int]) -> None:
        self.total = max(self.total, sum(sample.values()))
        for process, size in sample.items():
            self.by_process[process] = max(self.by_process.get(process, 0), size)


def watch(command: Sequence[str], *, quiet: bool = False) -> Peaks:
    """Run the command to its end and sample it."""
    silent = subprocess.DEVNULL if quiet else None
    process = subprocess.Popen(
        command, start_new_session=True, cwd=REPOSITORY if quiet else None, stdout=silent, stderr=silent
    )
    peaks, over = Peaks(), threading.Event()

    def look() -> None:
        while not over.wait(_SECONDS_BETWEEN):
            peaks.add(sample(process.pid))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        peaks.code = process.wait()
    finally:
        over.set()
        looking.join()
    return peaks


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


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        copies = [text_pages(file, Path(name), copy=copy) for file in born_digital() for copy in range(1, 6)]
        figures = [_figure("peak PSS, born-digital documents", copies, _GOAL_BORN_DIGITAL, [])]
    scans = corpus("scans", "scans_derived", most=8) or sorted(EXAMPLES.glob("*scan*"))
    if not scans:
        return [*figures, skipped("peak PSS, scans", "there are no scans")]
    return [*figures, _figure("peak PSS, scans, two OCR processes", scans, _GOAL_SCANS, ["--ocr-workers", "2"])]


def _figure(name: str, files: Sequence[Path], goal: float, options: Sequence[str]) -> Figure:
    with tempfile.TemporaryDirectory() as home:
        command = [PLATFORM, "--home", str(Path(home) / "home"), *options, "ingest", "--quiet", *map(str, files)]
        peaks = watch(command, quiet=True)
    return Figure(name, peaks.total / _MIB, "MiB", f"{len(files)} documents; {_described(peaks)}", goal=goal)


def _described(peaks: Peaks) -> str:
    roles: dict[str, list[int]] = {}
    for process, size in peaks.by_process.items():
        roles.setdefault(process.partition(" ")[2], []).append(size // _MIB)
    return ", ".join(
        f"{role} {max(sizes)}" + (f" (of {len(sizes)})" if len(sizes) > 1 else "") for role, sizes in roles.items()
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.memory", description="Peak PSS of a command and what it starts.")
    parser.add_argument("--json", action="store_true", help="one JSON document on stderr instead of lines")
    parser.add_argument("command", nargs="+", help="-- COMMAND…")
    asked = parser.parse_args()
    peaks = watch(asked.command)
    if asked.json:
        print(json.dumps({"total": peaks.total, "by_process": peaks.by_process, "code": peaks.code}), file=sys.stderr)
    else:
        for process, size in sorted(peaks.by_process.items(), key=lambda found: -found[1]):
            print(f"{size / _MIB:8.0f} MiB  {process}", file=sys.stderr)
        print(f"{peaks.total / _MIB:8.0f} MiB  all together, at most at one moment", file=sys.stderr)
    return peaks.code


if __name__ == "__main__":
    sys.exit(main())
