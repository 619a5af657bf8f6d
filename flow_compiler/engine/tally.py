"""Counting what happened below a step: leaf calls that ran, leaf calls that were remembered, numbers for people."""

from __future__ import annotations

from dataclasses import dataclass, field

from flow_compiler.engine.outcomes import Json, StepRecord, merge_numbers


@dataclass
class Tally:
    """Grows while a step runs; a map's tally is the sum over its items."""

    computed: int = 0
    reused: int = 0
    degraded: bool = False
    numbers: dict[str, float | int] = field(default_factory=dict)

    def add(self, record: StepRecord) -> None:
        self.computed += record.computed
        self.reused += record.reused
        self.degraded = self.degraded or record.degraded
        if record.numbers:
            self.report(**record.numbers)

    def report(self, **numbers: float | int) -> None:
        self.numbers = merge_numbers([self.numbers, numbers]) if self.numbers else dict(numbers)

    def mark_degraded(self) -> None:
        self.degraded = True


def artifact_refs(value: Json) -> tuple[str, ...]:
    """The ids of all ``{"$blob": id}`` references in a JSON value, each once, sorted."""
    found: dict[str, None] = {}
    left = [value]
    while left:
        part = left.pop()
        if isinstance(part, dict):
            if isinstance(reference := part.get("$blob"), str):
                found[reference] = None
            left.extend(part.values())
        elif isinstance(part, list):
            left.extend(part)
    return tuple(sorted(found))
