"""What happens to the items of a batch, as the op's thread is told to write it to Dagster's event log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flow_compiler.assets.checks import CheckOutcome, StepCheck
from flow_compiler.assets.partitions import AssetReport
from flow_compiler.engine.outcomes import Failure


@dataclass(frozen=True)
class AssetDone:
    """An asset of one item is there. ``came_from``: data versions of its parents, None for one that was left out."""

    key: str
    report: AssetReport
    came_from: Mapping[str, str | None]


@dataclass(frozen=True)
class CheckDone:
    key: str
    check: StepCheck
    outcome: CheckOutcome


@dataclass(frozen=True)
class ItemFailed:
    """The item ended badly; ``unreached`` are the assets it should have reached in this run."""

    key: str
    failure: Failure
    unreached: tuple[str, ...]


@dataclass(frozen=True)
class ItemEnded:
    """Nothing more comes of the item. Whoever waits for what was put before is about to call it finished."""

    key: str


BatchEvent = AssetDone | CheckDone | ItemFailed | ItemEnded
