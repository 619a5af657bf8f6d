"""The sides that born-digital pages are compared between: each converts the same copies of the same files.

*Whole* is everything a process needs for the first copies, imports and pools included; *steady* is what further copies add.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import REPOSITORY, Measured, ingest, least, run

RUNS = 2
_CACHE, _BENCHMARKS = REPOSITORY / ".cache", REPOSITORY / "benchmarks"
DOCLING = _CACHE / "docling-bench" / "bin" / "python"
DOCLING_SERVE = _CACHE / "docling-serve" / "bin" / "python"
CONVERT = _BENCHMARKS / "docling_standard" / "convert.py"
_DRIVE = _BENCHMARKS / "docling_serve" / "drive.py"


@dataclass(frozen=True)
class Side:
    """Milliseconds a page."""

    whole_cpu: float
    whole_wall: float
    steady_cpu: float
    steady_wall: float


@dataclass(frozen=True)
class Copies:
    """``sets`` are copies of the same files, ``pages`` the pages of one set."""

    sets: Sequence[Sequence[Path]]
    pages: int

    @property
    def first(self) -> Sequence[Path]:
        return self.sets[0]

    @property
    def files(self) -> list[Path]:
        return [file for files in self.sets for file in files]

    @property
    def more(self) -> int:
        """Pages of all sets but the first."""
        return (len(self.sets) - 1) * self.pages


def platform(copies: Copies, folder: Path, *options: str) -> Side:
    def once(files: Sequence[Path]) -> Measured:
        with tempfile.TemporaryDirectory(dir=folder) as home:
            return ingest(Path(home) / "home", files, *options)

    return _side(copies, once)


def docling(copies: Copies) -> Side:
    return _side(copies, lambda files: run([str(DOCLING), str(CONVERT), *map(str, files)]))


def limit(copies: Copies, *, as_drawn: bool) -> Side:
    how = "--as-drawn" if as_drawn else "--as-routed"
    return _side(copies, lambda files: run([sys.executable, "-m", "benchmarks.limit", how, *map(str, files)]))


def docling_serve(copies: Copies) -> tuple[Side, list[str]]:
    """A warm server: nothing of it is whole. With the texts of the first copies."""
    command = [str(DOCLING_SERVE), str(_DRIVE), str(len(copies.first)), *map(str, copies.files)]
    found = [json.loads(run(command).output.splitlines()[-1]) for _ in range(RUNS)]
    best = min(found, key=lambda each: float(each["cpu"]))
    per_page = 1000 / copies.more
    return Side(0.0, 0.0, best["cpu"] * per_page, best["wall"] * per_page), best["texts"]


def parts(copies: Copies, folder: Path) -> dict[str, float]:
    """Milliseconds of CPU a page of each part by itself (benchmarks.parts)."""
    command = [sys.executable, "-m", "benchmarks.parts"]
    found = []
    for number in range(RUNS):
        place = folder / f"parts-{number}"
        place.mkdir()
        measured = json.loads(run([*command, str(place), *map(str, copies.files)]).output)
        pages = measured.pop("pages")
        found.append({part: milliseconds / pages for part, milliseconds in measured.items()})
    return min(found, key=lambda each: sum(each.values()))


def _side(copies: Copies, once: Callable[[Sequence[Path]], Measured]) -> Side:
    first = least([once(copies.first) for _ in range(RUNS)])
    everything = least([once(copies.files) for _ in range(RUNS)])
    more = copies.more / 1000
    return Side(
        first.cpu / copies.pages * 1000,
        first.wall / copies.pages * 1000,
        (everything.cpu - first.cpu) / more,
        (everything.wall - first.wall) / more,
    )
