"""The same command again over documents that did not change, beside the first run: what is left is looking."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.figures import Figure, plain
from benchmarks.inputs import EXAMPLES, born_digital, corpus
from benchmarks.measuring import ingest, least

_REPEATS = 3
_SOME_FAIL = (0, 1)  # broken examples are part of the set


def measure() -> list[Figure]:
    files = corpus("born_digital", "html", "md", most=12) + corpus("scans", "scans_derived", most=10)
    files = files or [*born_digital(), *sorted(EXAMPLES.iterdir())]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        ingest(Path(folder) / "compiled", files[:1], accepted=_SOME_FAIL)
        first = ingest(home, files, accepted=_SOME_FAIL)
        again = least([ingest(home, files, accepted=_SOME_FAIL) for _ in range(_REPEATS)])
    what = f"{len(files)} documents, scans among them: first run {plain(first.cpu)} s CPU, {plain(first.wall)} s wall"
    return [
        Figure(
            "unchanged re-run, CPU ratio", first.cpu / again.cpu, "×", f"{what}; again {plain(again.cpu)} s", 100, True
        ),
        Figure("unchanged re-run, wall ratio", first.wall / again.wall, "×", f"again {plain(again.wall)} s wall"),
    ]
