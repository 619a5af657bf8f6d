"""Reciprocal rank fusion: one ranking out of several whose scores cannot be compared (Cormack et al., SIGIR 2009)."""

from __future__ import annotations

from collections.abc import Sequence

SMOOTHING = 60


def fused(*rankings: Sequence[int]) -> dict[int, float]:
    """Key → score, best first; ties by key, so that the order is always the same."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, key in enumerate(ranking, start=1):
            scores[key] = scores.get(key, 0.0) + 1.0 / (SMOOTHING + rank)
    return dict(sorted(scores.items(), key=lambda item: (-item[1], item[0])))
