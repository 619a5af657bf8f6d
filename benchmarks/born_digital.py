"""Born-digital pages from bytes to indexed chunks, with Dagster and all checks, beside what else reads the same pages:
docling's StandardPdfPipeline and docling-serve (both with a weightless layout, without OCR and tables: they convert only), and
a bare loop, which is the least that reading them can cost.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks import sides
from benchmarks.figures import Figure, plain, skipped
from benchmarks.inputs import born_digital, text_pages
from benchmarks.measuring import PLATFORM, ingest, run
from benchmarks.sides import Copies, Side

_COPIES = 5
_DOCLING_GOAL, _SERVE_GOAL, _LIMIT_GOAL, _FRAMEWORK_GOAL = 3.0, 7.0, 50.0, 5.0
_WORD = re.compile(r"\w+")


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sets = [[text_pages(file, folder, copy=copy) for file in born_digital()] for copy in range(1, _COPIES + 1)]
        copies = Copies(sets, sum(map(_pages, sets[0])))
        ours = sides.platform(copies, folder)
        words = _words_of_chunks(copies.first, folder)
        return [
            *_own(ours, copies),
            *_limits(ours, copies),
            *_parts(ours, copies, folder),
            *_docling(ours, copies, words),
            *_docling_serve(ours, copies, words),
        ]


def _own(ours: Side, copies: Copies) -> list[Figure]:
    whole = f"{copies.pages} pages; wall {plain(ours.whole_wall)} ms"
    steady = f"{copies.more} pages more; {plain(1000 / ours.steady_wall)} pages/s"
    return [
        Figure("born-digital page, whole, CPU", ours.whole_cpu, "ms", whole),
        Figure("born-digital page, steady, CPU", ours.steady_cpu, "ms", steady),
    ]


def _limits(ours: Side, copies: Copies) -> list[Figure]:
    """As routed is the harder one: the loop is told which photographs the route does not need."""
    figures = []
    for as_drawn, how in ((True, "photographs drawn"), (False, "photographs left out")):
        least = sides.limit(copies, as_drawn=as_drawn)
        for kind, theirs, mine in (
            ("CPU", least.steady_cpu, ours.steady_cpu),
            ("wall", least.steady_wall, ours.steady_wall),
        ):
            against = f"a bare loop over two processes {plain(theirs)} ms, platform {plain(mine)} ms a page"
            name = f"share of the limit, {how}, {kind}"
            figures.append(Figure(name, 100 * theirs / mine, "%", against, _LIMIT_GOAL, True))
    return figures


def _parts(ours: Side, copies: Copies, folder: Path) -> list[Figure]:
    parts = sides.parts(copies, folder)
    shares = ", ".join(f"{part} {plain(milliseconds)}" for part, milliseconds in parts.items())
    framework = ours.steady_cpu - sum(parts.values())
    against = f"of {plain(ours.steady_cpu)} ms; by themselves: {shares}"
    return [Figure("framework of a born-digital page, CPU", framework, "ms", against, _FRAMEWORK_GOAL)]


def _docling(ours: Side, copies: Copies, words: Counter[str]) -> list[Figure]:
    if not sides.DOCLING.exists():
        reason = "no environment: python -m benchmarks.docling_standard.environment makes it"
        return [skipped("docling / platform", reason)]
    docling = sides.docling(copies)
    figures = []
    for kind in ("steady_cpu", "steady_wall", "whole_cpu", "whole_wall"):
        goal = _DOCLING_GOAL if kind.startswith("steady") else None
        figures.append(_ratio("docling", kind, getattr(docling, kind), getattr(ours, kind), goal))
    lines = run([str(sides.DOCLING), str(sides.CONVERT), *map(str, copies.first)]).output.splitlines()
    return [*figures, _shared("docling", (json.loads(line)["text"] for line in lines), words)]


def _docling_serve(ours: Side, copies: Copies, words: Counter[str]) -> list[Figure]:
    if not sides.DOCLING_SERVE.exists():
        reason = "no environment: python -m benchmarks.docling_serve.environment makes it"
        return [skipped("docling-serve / platform", reason)]
    serve, texts = sides.docling_serve(copies)
    ratios = [
        _ratio("docling-serve", kind, getattr(serve, kind), getattr(ours, kind), _SERVE_GOAL)
        for kind in ("steady_cpu", "steady_wall")
    ]
    return [*ratios, _shared("docling-serve", texts, words)]


def _ratio(name: str, kind: str, theirs: float, mine: float, goal: float | None) -> Figure:
    against = f"{name} {plain(theirs)} ms, platform {plain(mine)} ms a page"
    return Figure(
        f"{name} / platform, {kind.replace('_', ', ').replace('cpu', 'CPU')}", theirs / mine, "×", against, goal, True
    )


def _shared(name: str, texts: Iterable[str], ours: Counter[str]) -> Figure:
    """Share of their words that are in our chunks, counted with repeats."""
    theirs = Counter(word for text in texts for word in _WORD.findall(text))
    shared = 100 * sum((ours & theirs).values()) / sum(theirs.values())
    return Figure(f"words of {name} found in our chunks", shared, "%", "same files, bags of words")


def _words_of_chunks(files: Sequence[Path], folder: Path) -> Counter[str]:
    home = folder / "words"
    documents = [json.loads(line)["document"] for line in ingest(home, files).output.splitlines()]
    ours: Counter[str] = Counter()
    for document in documents:
        exported = run([PLATFORM, "--home", str(home), "export", document, "--what", "chunks", "--json"]).output
        for line in exported.splitlines():
            chunk = json.loads(line)
            ours.update(_WORD.findall(" ".join([chunk["text"], *chunk["headings"]])))
    return ours


def _pages(file: Path) -> int:
    import pypdfium2

    with pypdfium2.PdfDocument(file) as document:
        return len(document)
