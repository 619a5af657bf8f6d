"""What the op of one segment tells the next: which items there are and what must not be tried again.

Results travel through the journal. Failures do not: the journal never replays one as a result, and a later op, perhaps
on a more expensive machine, must not repeat what has just failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flow_compiler.engine.outcomes import Failure, Json


@dataclass(frozen=True)
class Carried:
    """``refused``: item → why it could not be started. ``failures``: item → step → why it failed or may not run.
    ``counts``: item → asset → leaf calls computed and reused; replay would report all as reused."""

    keys: tuple[str, ...] = ()
    refresh: bool = False
    refused: Mapping[str, Failure] = field(default_factory=dict)
    failures: Mapping[str, Mapping[str, Failure]] = field(default_factory=dict)
    counts: Mapping[str, Mapping[str, tuple[int, int]]] = field(default_factory=dict)

    def to_json(self) -> Json:
        return {
            "keys": list(self.keys),
            "refresh": self.refresh,
            "refused": {key: failure.model_dump(mode="json") for key, failure in self.refused.items()},
            "failures": {
                key: {step: failure.model_dump(mode="json") for step, failure in by_step.items()}
                for key, by_step in self.failures.items()
            },
            "counts": {key: {asset: list(pair) for asset, pair in by.items()} for key, by in self.counts.items()},
        }

    @classmethod
    def from_json(cls, value: Json) -> Carried:
        return cls(
            keys=tuple(value["keys"]),
            refresh=value["refresh"],
            refused={key: Failure.model_validate(failure) for key, failure in value["refused"].items()},
            failures={
                key: {step: Failure.model_validate(failure) for step, failure in by_step.items()}
                for key, by_step in value["failures"].items()
            },
            counts={
                key: {asset: (pair[0], pair[1]) for asset, pair in by.items()} for key, by in value["counts"].items()
            },
        )
