"""CPU seconds until a command line answers ``--help``: heavy things are imported where they are used."""

from __future__ import annotations

import sys

from benchmarks.figures import Figure, plain
from benchmarks.measuring import BIN, least, run

_RUNS = 5
_GOAL = 0.3


def measure() -> list[Figure]:
    bare = least([run([sys.executable, "-c", "pass"]) for _ in range(_RUNS)]).cpu
    dagster = least([run([sys.executable, "-c", "import dagster"]) for _ in range(3)]).cpu
    against = f"a bare interpreter {plain(bare)} s, importing Dagster {plain(dagster)} s"
    return [
        Figure(f"{name} --help, CPU", _help(name), "s", against, goal=_GOAL)
        for name in ("stepflow-assets", "flow-compiler")
    ]


def _help(name: str) -> float:
    return least([run([str(BIN / name), "--help"]) for _ in range(_RUNS)]).cpu
