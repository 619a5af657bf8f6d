"""Scores as a table for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from stepflow_assets.evals.goals import Missed
from stepflow_assets.evals.scores import Scores

_COLUMNS = (
    "family", "docs", "pages", "CER %", "WER %", "order %", "recall", "precision", "tables", "TEDS", "evidence", "s",
)  # fmt: skip


def table(scores: Mapping[str, Scores], faults: Sequence[Missed]) -> str:
    """One row per family, routes below, then what is missed. A ``!`` stands behind a figure that misses its goal."""
    marked = {(fault.family, fault.goal.figure) for fault in faults}
    rows = [_COLUMNS, *(_row(family, found, marked) for family, found in scores.items())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    lines = ["| " + " | ".join(_cells(row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join([*lines, "", *_notes(scores), *(f"missed: {fault}" for fault in faults)])


def _row(family: str, found: Scores, marked: set[tuple[str, str]]) -> tuple[str, ...]:
    rates = found.rates()

    def shown(figure: str, digits: int, scale: float = 1.0) -> str:
        value = rates[figure]
        text = "–" if value is None else f"{value * scale:.{digits}f}"
        return text + ("!" if (family, figure) in marked else "")

    return (
        family,
        str(found.documents),
        str(found.pages) if found.pages else "–",
        shown("cer", 2, 100),
        shown("wer", 2, 100),
        shown("order_error", 2, 100),
        shown("recall", 3),
        shown("precision", 3),
        f"{found.tables.found} of {found.tables.true}" if found.tables.true else "–",
        shown("teds", 3),
        shown("evidence", 3),
        f"{found.seconds:.1f}",
    )


def _cells(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [
        cell.ljust(width) if column == 0 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]


def _notes(scores: Mapping[str, Scores]) -> list[str]:
    total = sum(scores.values(), Scores())
    notes = []
    for there, said in (("layer", "with a text layer"), ("picture", "that are pictures")):
        routes = Counter({route: count for (kind, route), count in total.routes.items() if kind == there})
        if routes:
            listed = ", ".join(f"{count} {route}" for route, count in routes.most_common())
            notes.append(f"pages {said}, by route: {listed}")
    if total.beside:
        notes.append(
            f"recognised words where the truth knows of no text (inside screenshots), not scored: {total.beside}"
        )
    if total.reference.true:
        notes.append(f"words of another engine's output (no truth) that were read too: {total.reference.recall:.3f}")
    if total.tables.extra:
        notes.append(f"tables that are no tables of the truth: {total.tables.extra}")
    notes += [f"not read: {reason}" for reason in total.failed]
    return notes
