"""Where a compiled flow's partitions get their inputs from, and who is told how they ended.

flow_compiler knows nothing about documents: the catalog of a document flow and the input table of any other flow
are two implementations of :class:`PartitionInputs`. One code path serves both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from flow_compiler.engine.outcomes import Failure, FlowResult, Json


@dataclass(frozen=True)
class ItemInput:
    """One partition taken in hand: what the flow is run with."""

    key: str
    input: Json
    variables: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class ItemRefusal:
    """A partition that cannot even be started, with the reason."""

    key: str
    failure: Failure


@dataclass(frozen=True)
class AssetReport:
    """How one asset of one partition came out, as it is shown in Dagster."""

    asset: str
    step_id: str
    data_version: str
    seconds: float
    computed: int  # leaf component calls that ran
    reused: int  # leaf component calls answered by journal or memo
    numbers: Mapping[str, float | int]
    degraded: bool = False


@dataclass(frozen=True)
class ItemEnd:
    """How one partition ended in a run."""

    key: str
    result: FlowResult
    seconds: float
    assets: Sequence[AssetReport]
    memo_keys: frozenset[str]  # every memo entry this item used
    artifacts: frozenset[str]  # every artifact its outcomes refer to
    complete: bool = True
    """False when the selected assets leave out a step of the flow: this run does not decide the item's overall state."""


class PartitionInputs(Protocol):
    """Calls come from the run's event loop; do blocking work in a thread."""

    async def take(self, run_id: str, keys: Sequence[str]) -> Sequence[ItemInput | ItemRefusal]:
        """Take the partitions in hand for this run, in order. Idempotent per run: a resumed run gets the same inputs."""
        ...

    async def ended(self, run_id: str, end: ItemEnd) -> None:
        """Called once per partition, after its outcome is committed in the journal. Idempotent."""
        ...
