"""Which steps run together in one Dagster op (design, idea 4).

A step joins the segment of what it depends on as long as the pool is the same; else it goes into the next segment of its
pool. So consecutive steps of one pool are one op, and ops are few: a Dagster step costs tens of milliseconds in process
and seconds in a pod.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flow_compiler.assets.pools import DEFAULT_POOL


@dataclass(frozen=True)
class Segment:
    """Steps of one op, in the flow's order. ``number`` counts the ops of the flow from 0."""

    number: int
    pool: str
    steps: tuple[str, ...]


def segments_of(needed: Mapping[str, tuple[str, ...]], pools: Mapping[str, str | None]) -> tuple[Segment, ...]:
    """Segments in an order in which each step comes after everything it refers to.

    ``needed``: steps in the flow's order with what each refers to. ``pools``: the place of each; None for glue, which
    runs wherever its latest input comes from.
    """
    place: dict[str, tuple[int, str]] = {}
    for step, refers_to in needed.items():
        pool = pools.get(step) or _pool_of_latest(refers_to, place)
        # Ops run in a row, ordered by level and then by pool: a step goes into the first op of its pool from there on.
        level = max((place[dep][0] + (place[dep][1] > pool) for dep in refers_to), default=0)
        place[step] = (level, pool)
    groups: dict[tuple[int, str], list[str]] = {}
    for step, where in place.items():
        groups.setdefault(where, []).append(step)
    ordered = sorted(groups) or [(0, DEFAULT_POOL)]
    return tuple(
        Segment(number, pool, tuple(groups.get((level, pool), ()))) for number, (level, pool) in enumerate(ordered)
    )


def _pool_of_latest(refers_to: tuple[str, ...], place: Mapping[str, tuple[int, str]]) -> str:
    return max((place[dep] for dep in refers_to), default=(0, DEFAULT_POOL))[1]  # glue alone: anywhere will do
