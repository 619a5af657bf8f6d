"""One measured figure beside what it is compared with, and the table they are printed in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """``value`` in ``unit``; ``goal`` is the most it may be, or the least where ``at_least``; None: shown for comparison.

    ``against``: what it is compared with, in words and numbers. ``skipped``: why there is no value.
    """

    name: str
    value: float | None
    unit: str
    against: str = ""
    goal: float | None = None
    at_least: bool = False
    skipped: str = ""

    @property
    def met(self) -> bool | None:
        if self.goal is None or self.value is None:
            return None
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "met": self.met}


def skipped(name: str, reason: str) -> Figure:
    return Figure(name, None, "", skipped=reason)


def table(figures: Iterable[Figure]) -> str:
    """The figures as a Markdown table, readable as it is in a terminal."""
    rows = [("figure", "value", "goal", "", "compared with")]
    for figure in figures:
        rows.append((figure.name, _value(figure), _goal(figure), _mark(figure), figure.skipped or figure.against))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def plain(number: float) -> str:
    """Three significant digits, without an exponent."""
    return f"{number:.0f}" if abs(number) >= 100 else f"{number:.3g}"


def _value(figure: Figure) -> str:
    return "skipped" if figure.value is None else f"{plain(figure.value)} {figure.unit}"


def _goal(figure: Figure) -> str:
    if figure.goal is None:
        return ""
    return f"{'≥' if figure.at_least else '≤'} {plain(figure.goal)}"


def _mark(figure: Figure) -> str:
    return {None: "", True: "met", False: "missed"}[figure.met]
