"""Born-digital pages from bytes to indexed chunks, with Dagster and all checks, beside docling's StandardPdfPipeline.

docling converts to its document only (weightless layout, no OCR, no tables; benchmarks/docling_standard). Both sides get
the same pages. Whole: everything a process needs, imports and pools included. Steady: what further copies add to it.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Figure, plain, skipped
from benchmarks.inputs import born_digital, text_pages
from benchmarks.measuring import PLATFORM, REPOSITORY, Measured, ingest, least, run

_COPIES = 5
_RUNS = 2
_GOAL = 2.0
_DOCLING = REPOSITORY / ".cache" / "docling-bench" / "bin" / "python"
_CONVERT = REPOSITORY / "benchmarks" / "docling_standard" / "convert.py"
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class _Side:
    """Milliseconds a page."""

    whole_cpu: float
    whole_wall: float
    steady_cpu: float
    steady_wall: float


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copies = [[text_pages(file, folder, copy=copy) for file in born_digital()] for copy in range(1, _COPIES + 1)]
        pages = _pages(copies[0])
        ours = _platform(copies, pages, folder)
        figures = [
            Figure(
                "born-digital page, whole, CPU",
                ours.whole_cpu,
                "ms",
                f"{pages} pages; wall {plain(ours.whole_wall)} ms",
            ),
            Figure(
                "born-digital page, steady, CPU",
                ours.steady_cpu,
                "ms",
                f"{(_COPIES - 1) * pages} pages more; {plain(1000 / ours.steady_wall)} pages/s",
            ),
        ]
        if not _DOCLING.exists():
            reason = "no environment: python -m benchmarks.docling_standard.environment makes it"
            return [*figures, skipped("docling / platform", reason)]
        docling = _docling(copies, pages)
        shared = _shared_words(copies[0], folder)
    for kind in ("steady_cpu", "steady_wall", "whole_cpu", "whole_wall"):
        theirs, mine = getattr(docling, kind), getattr(ours, kind)
        against = f"docling {plain(theirs)} ms, platform {plain(mine)} ms a page"
        name = "docling / platform, " + kind.replace("_", ", ").replace("cpu", "CPU")
        figures.append(
            Figure(name, theirs / mine, "×", against, goal=_GOAL if kind.startswith("steady") else None, at_least=True)
        )
    return [*figures, Figure("words of docling found in our chunks", 100 * shared, "%", "same files, bags of words")]


def _pages(files: list[Path]) -> int:
    import pypdfium2

    total = 0
    for file in files:
        with pypdfium2.PdfDocument(file) as document:
            total += len(document)
    return total


def _platform(copies: list[list[Path]], pages: int, folder: Path) -> _Side:
    def once(sets: list[list[Path]]) -> Measured:
        with tempfile.TemporaryDirectory(dir=folder) as home:
            return ingest(Path(home) / "home", [file for files in sets for file in files])

    return _side(least([once(copies[:1]) for _ in range(_RUNS)]), least([once(copies) for _ in range(_RUNS)]), pages)


def _docling(copies: list[list[Path]], pages: int) -> _Side:
    def once(sets: list[list[Path]]) -> Measured:
        return run([str(_DOCLING), str(_CONVERT), *(str(file) for files in sets for file in files)])

    return _side(least([once(copies[:1]) for _ in range(_RUNS)]), least([once(copies) for _ in range(_RUNS)]), pages)


def _side(one: Measured, all_copies: Measured, pages: int) -> _Side:
    more = (_COPIES - 1) * pages / 1000
    return _Side(
        one.cpu / pages * 1000,
        one.wall / pages * 1000,
        (all_copies.cpu - one.cpu) / more,
        (all_copies.wall - one.wall) / more,
    )


def _shared_words(files: list[Path], folder: Path) -> float:
    """Share of docling's words that are in our chunks, counted with repeats."""
    home = folder / "words"
    documents = [json.loads(line)["document"] for line in ingest(home, files).output.splitlines()]
    ours: Counter[str] = Counter()
    for document in documents:
        exported = run([PLATFORM, "--home", str(home), "export", document, "--what", "chunks", "--json"]).output
        for line in exported.splitlines():
            chunk = json.loads(line)
            ours.update(_WORD.findall(" ".join([chunk["text"], *chunk["headings"]])))
    lines = run([str(_DOCLING), str(_CONVERT), *map(str, files)]).output.splitlines()
    theirs = Counter(word for line in lines for word in _WORD.findall(json.loads(line)["text"]))
    return sum((ours & theirs).values()) / sum(theirs.values())
