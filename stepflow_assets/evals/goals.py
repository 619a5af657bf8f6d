"""What the scores of a family have to reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stepflow_assets.evals.scores import Scores


@dataclass(frozen=True)
class Goal:
    """``figure`` of ``family`` (every family where that is None) is at most ``bound``, or at least with ``at_least``."""

    figure: str
    bound: float
    at_least: bool = False
    family: str | None = None

    def __str__(self) -> str:
        return f"{self.figure} {'≥' if self.at_least else '≤'} {self.bound:g}"


GOALS = (
    Goal("cer", 0.01, family="scans_clean"),
    Goal("cer", 0.03, family="scans_degraded"),
    Goal("recall", 0.98, at_least=True, family="born_digital"),
    Goal("precision", 0.98, at_least=True, family="born_digital"),
    Goal("wrongly_text", 0.0),
    Goal("evidence", 1.0, at_least=True),
)


@dataclass(frozen=True)
class Missed:
    """``value`` is None where the truth does not tell; ``unread``: how many documents or pages were not read at all."""

    goal: Goal
    family: str
    value: float | None
    unread: int = 0

    def __str__(self) -> str:
        if self.unread:
            return f"{self.family}: {self.goal} is not shown, {self.unread} not read"
        return f"{self.family}: {self.goal}, but it is {'unknown' if self.value is None else f'{self.value:.4f}'}"


def goals_of(family: str) -> list[Goal]:
    return [goal for goal in GOALS if goal.family in (None, family)]


def missed(scores: Mapping[str, Scores]) -> list[Missed]:
    """Goals not reached, family by family. What did not get through misses every goal of its family."""
    return [
        Missed(goal, family, value, len(found.failed))
        for family, found in scores.items()
        for goal in goals_of(family)
        if not _reached(goal, value := found.rates()[goal.figure], found)
    ]


def _reached(goal: Goal, value: float | None, scores: Scores) -> bool:
    if scores.failed:
        return False
    if value is None:
        return goal.family is None  # a family without pages has no routes, an empty one no chunks
    return value >= goal.bound if goal.at_least else value <= goal.bound
