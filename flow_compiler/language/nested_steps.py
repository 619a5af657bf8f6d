"""Steps of flows that are written inside a step's input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flow_compiler.language.expressions import Json
from flow_compiler.language.source import Part


def nested_steps(value: Json) -> Iterator[Mapping[str, Json]]:
    """The steps of every sub-flow written anywhere in a step's input, outermost first."""
    for _, step in nested_steps_at(value):
        yield step


def nested_steps_at(value: Json, at: tuple[Part, ...] = ()) -> Iterator[tuple[tuple[Part, ...], Mapping[str, Json]]]:
    """:func:`nested_steps`, each with the keys and positions that lead to it; ``at`` leads to ``value``."""
    if isinstance(value, list):
        for index, member in enumerate(value):
            yield from nested_steps_at(member, (*at, index))
    elif isinstance(value, Mapping):
        steps = value.get("steps")
        for index, step in enumerate(steps if isinstance(steps, list) else []):
            if isinstance(step, Mapping) and isinstance(step.get("component"), str):
                yield (*at, "steps", index), step
        for key, member in value.items():
            yield from nested_steps_at(member, (*at, key))
