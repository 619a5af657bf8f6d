"""Peak memory of a command over all its processes: ``python -m benchmarks.memory [--json] -- COMMAND…``."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Figure, plain, skipped
from benchmarks.inputs import EXAMPLES, born_digital, corpus, large, text_pages
from benchmarks.measuring import PLATFORM, REPOSITORY
from benchmarks.pss import Peaks, watching

_MIB = 1 << 20
_GOAL_BORN_DIGITAL, _GOAL_SCANS, _GOAL_GROWTH, _GOAL_LARGE = 600, 4096, 1.15, 300


def watch(command: Sequence[str], *, quiet: bool = False) -> tuple[Peaks, int]:
    """Run the command to its end and sample it: (peaks, exit status)."""
    silent = subprocess.DEVNULL if quiet else None
    process = subprocess.Popen(
        command, start_new_session=True, cwd=REPOSITORY if quiet else None, stdout=silent, stderr=silent
    )
    with watching(process.pid) as peaks:
        code = process.wait()
    return peaks, code


def measure() -> list[Figure]:
    return [*_born_digital(), _large(), _scans()]


def _born_digital() -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        few, many = (
            _ingested([text_pages(file, Path(name), copy=copy) for file in born_digital() for copy in range(*copies)])
            for copies in ((1, 21), (21, 81))
        )
    growth = many.peaks.total / few.peaks.total
    against = f"{many.described} against {few.documents} documents"
    return [
        few.figure("peak PSS, born-digital documents", _GOAL_BORN_DIGITAL),
        Figure("peak PSS, three times the documents", growth, "×", against, goal=_GOAL_GROWTH),
    ]


def _large() -> Figure:
    """One document of 1,000 pages beside one of 10."""
    with tempfile.TemporaryDirectory() as name:
        source = text_pages(born_digital()[0], Path(name), copy=1)
        ten, thousand = (_ingested([large(source, Path(name), pages)]) for pages in (10, 1000))
    more = (thousand.peaks.total - ten.peaks.total) / _MIB
    against = f"{plain(thousand.peaks.total / _MIB)} and {plain(ten.peaks.total / _MIB)} MiB; {thousand.described}"
    return Figure("peak PSS, 1,000 pages more than 10", more, "MiB", against, goal=_GOAL_LARGE)


def _scans() -> Figure:
    scans = corpus("scans", "scans_derived", most=8) or sorted(EXAMPLES.glob("*scan*"))
    if not scans:
        return skipped("peak PSS, scans", "there are no scans")
    return _ingested(scans, "--ocr-workers", "2").figure("peak PSS, scans, two OCR processes", _GOAL_SCANS)


@dataclass(frozen=True)
class _Ingested:
    documents: int
    peaks: Peaks

    @property
    def described(self) -> str:
        roles: dict[str, list[int]] = {}
        for process, size in self.peaks.by_process.items():
            roles.setdefault(process.partition(" ")[2], []).append(size // _MIB)
        shares = (
            f"{role} {max(sizes)}" + (f" (of {len(sizes)})" if len(sizes) > 1 else "") for role, sizes in roles.items()
        )
        return f"{self.documents} documents; {', '.join(shares)}"

    def figure(self, name: str, goal: float) -> Figure:
        return Figure(name, self.peaks.total / _MIB, "MiB", self.described, goal=goal)


def _ingested(files: Sequence[Path], *options: str) -> _Ingested:
    with tempfile.TemporaryDirectory() as home:
        command = [PLATFORM, "--home", str(Path(home) / "home"), *options, "ingest", "--quiet", *map(str, files)]
        peaks, _ = watch(command, quiet=True)
    return _Ingested(len(files), peaks)


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.memory", description="Peak PSS of a command and what it starts.")
    parser.add_argument("--json", action="store_true", help="one JSON document on stderr instead of lines")
    parser.add_argument("command", nargs="+", help="-- COMMAND…")
    asked = parser.parse_args()
    peaks, code = watch(asked.command)
    if asked.json:
        print(json.dumps({"total": peaks.total, "by_process": peaks.by_process, "code": code}), file=sys.stderr)
    else:
        for process, size in sorted(peaks.by_process.items(), key=lambda found: -found[1]):
            print(f"{size / _MIB:8.0f} MiB  {process}", file=sys.stderr)
        print(f"{peaks.total / _MIB:8.0f} MiB  all together, at most at one moment", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
