"""Memory over 100,000 items beside 20,000: a batch whose results are written out as they end, and a map.

A batch must stay flat: neither its inputs nor its results are kept. A map holds its items and its results, which are values
of the flow; what is shown is what each more of them takes.
"""

from __future__ import annotations

from benchmarks.figures import Figure, plain
from benchmarks.steps import once

FEW, MANY = 20_000, 100_000
_GOAL = 1.15
_MIB = 1 << 20


def measure() -> list[Figure]:
    few, many = (once("batch", "sqlite", count) for count in (FEW, MANY))
    mapped_few, mapped_many = (once("map", "sqlite", count) for count in (FEW, MANY))
    each = (mapped_many["peak"] - mapped_few["peak"]) / (MANY - FEW)
    return [
        Figure(f"memory, batch of {MANY:,} inputs", many["peak"] / few["peak"], "×", _against(few, many), goal=_GOAL),
        Figure("CPU of an input of it", many["cpu"] / MANY * 1000, "ms CPU", f"wall {plain(many['wall'])} s in all"),
        Figure(f"memory of a map, each item to {MANY:,}", each, "bytes", _against(mapped_few, mapped_many)),
    ]


def _against(few: dict[str, float], many: dict[str, float]) -> str:
    return f"{plain(many['peak'] / _MIB)} MiB against {plain(few['peak'] / _MIB)} MiB of {FEW:,}"
