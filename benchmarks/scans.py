"""Scanned pages from bytes to indexed chunks, beside the bare RapidOCR engine on the same pictures in as many processes; and what
a second process brings. Steady: what further copies of the pages add, on both sides.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.figures import Figure, plain, skipped
from benchmarks.inputs import corpus, wider
from benchmarks.measuring import Measured, ingest, run

_COPIES = 3
_GOAL, _EFFICIENCY_GOAL = 95.0, 0.9
_UPRIGHT = (
    "paper_150_clean",
    "paper_200_skew0.8",
    "redbook_150_skew-2.5",
    "simple_300_clean",
    "ocr_test",
    "scanned_01",
)


def measure() -> list[Figure]:
    files = [file for file in corpus("scans", "scans_derived") if file.stem in _UPRIGHT and file.suffix == ".pdf"]
    if not files:
        return [skipped("scanned pages", "there are no scans")]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sets = [[wider(file, folder, copy=copy) for file in files] for copy in range(1, _COPIES + 1)]
        pictures = [_pictures(files, folder) for files in sets]
        more = sum(map(len, pictures[1:]))
        raw = {count: _steady(pictures, more, lambda given, count=count: _raw(count, given)) for count in (1, 2)}
        ours = {count: _steady(sets, more, lambda given, count=count: _platform(count, given)) for count in (1, 2)}
    figures = []
    for at, kind in enumerate(("CPU", "wall")):
        theirs, mine = raw[2][at], ours[2][at]
        against = f"the bare engine {plain(theirs)} s, platform {plain(mine)} s a page; {more} pages, two processes"
        name = f"scanned page, share of the bare engine, {kind}"
        figures.append(Figure(name, 100 * theirs / mine, "%", against, _GOAL, True))
    against = f"one {plain(ours[1][1])} s, two {plain(ours[2][1])} s a page; the bare engine {plain(_efficiency(raw))}"
    return [*figures, Figure("efficiency of two OCR processes", _efficiency(ours), "", against, _EFFICIENCY_GOAL, True)]


def _pictures(files: Sequence[Path], folder: Path) -> list[Path]:
    """What the platform gives recognition to read."""
    from stepflow_assets.pages.page_bytes import PageBytes
    from stepflow_assets.pages.reading import page_count, read_pages

    found = []
    for file in files:
        numbers = range(1, page_count(str(file), "pdf", ()) + 1)
        for page in read_pages(str(file), "pdf", numbers, ()):
            if isinstance(page, PageBytes) and page.picture is not None:
                found.append(folder / f"{file.stem}-{page.page}.jpg")
                found[-1].write_bytes(page.picture)
    return found


def _efficiency(by_processes: dict[int, tuple[float, float]]) -> float:
    return by_processes[1][1] / (2 * by_processes[2][1])


def _steady(
    sets: Sequence[Sequence[Path]], more: int, once: Callable[[Sequence[Path]], Measured]
) -> tuple[float, float]:
    """Seconds a page: (CPU, wall)."""
    first, everything = once(sets[0]), once([path for paths in sets for path in paths])
    return (everything.cpu - first.cpu) / more, (everything.wall - first.wall) / more


def _raw(processes: int, pictures: Sequence[Path]) -> Measured:
    return run([sys.executable, "-m", "benchmarks.raw_recognizer", str(processes), *map(str, pictures)])


def _platform(processes: int, files: Sequence[Path]) -> Measured:
    with tempfile.TemporaryDirectory() as home:
        return ingest(Path(home) / "home", files, "--ocr-workers", str(processes))
