"""How an engine behaves: leases, retries, batching, threads. Defaults are those of the reference where it has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Backoff:
    """Pause before each retry, in seconds (notes/stepflow 1.3)."""

    kind: Literal["fibonacci", "exponential", "constant"] = "fibonacci"
    min_seconds: float = 1.0
    max_seconds: float = 10.0
    factor: float = 2.0

    def delay(self, retry: int) -> float:
        """Seconds to wait before the ``retry``-th retry (from 1)."""
        if self.kind == "constant":
            return self.min_seconds
        if self.kind == "exponential":
            return min(self.min_seconds * self.factor ** (retry - 1), self.max_seconds)
        return min(self.min_seconds * next(islice(_fibonacci(), retry - 1, None)), self.max_seconds)


def _fibonacci() -> Iterator[int]:
    current, following = 1, 1
    while True:
        yield current
        current, following = following, current + following


@dataclass(frozen=True)
class EngineSettings:
    """Everything that is not the flow, the stores or the components."""

    backoff: Backoff = field(default_factory=Backoff)
    transport_retries: int = 3
    """Retries after the process that computed a step died; counted apart from the flow's own ``maxRetries``."""
    map_concurrency: int = 64
    """Items of one map in flight when the flow does not say ``max_concurrency``."""
    calls: int | None = None
    """Component calls at once, those of flows inside flows included; None: as many as are ready."""
    threads: int = 16
    """Threads for synchronous components."""
    batch_wait: float = 0.02
    """Seconds after which an incomplete batch leaves."""
    lease_ttl: float = 30.0
    """Seconds after which the work of a runner that no longer answers may be taken over."""
    enforce_schemas: bool = False
    """Hold inputs, variables, results and outputs against the schemas that flows declare, also where a flow does not ask."""
    working_directory: Path = field(default_factory=Path)
    """What relative paths of /builtin/load_file start from."""
