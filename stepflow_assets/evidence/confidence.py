"""Confidence in steps, each with a colour, so that a glance finds what was read badly. One scale for every picture.

Red to blue, which people who see no difference of red and green tell apart; every step has a contrast of at least 3 to 1 on
white, and is never told by its colour alone.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """``least`` is the lowest confidence of the step. ``name`` is what style sheets call it."""

    name: str
    least: float
    colour: tuple[int, int, int]
    words: str


STEPS = (
    Step("sure", 0.95, (30, 90, 168), ".95 and more"),
    Step("good", 0.85, (15, 126, 148), ".85 to .95"),
    Step("fair", 0.7, (130, 112, 0), ".70 to .85"),
    Step("weak", 0.5, (201, 92, 0), ".50 to .70"),
    Step("poor", 0.0, (190, 24, 44), "below .50"),
)
UNTOLD = Step("untold", -1.0, (84, 92, 105), "none given")


def step_of(confidence: float | None) -> Step:
    """The step a confidence falls into; ``UNTOLD`` where there is none."""
    if confidence is None:
        return UNTOLD
    return next(step for step in STEPS if confidence >= step.least)


def shown(confidence: float | None) -> str:
    """With two decimals, cut: what is below 1 never reads 1.00."""
    return "" if confidence is None else f"{int(confidence * 100) / 100:.2f}".removeprefix("0")
