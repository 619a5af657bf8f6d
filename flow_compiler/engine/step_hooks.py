"""What a shell around the engine (a command, a Dagster op, a server) hears of an item while it runs."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from flow_compiler.engine.outcomes import Failure, StepRecord
from flow_compiler.engine.stores import ItemPath


class StepHooks(Protocol):
    """What a shell around the engine wants to know and decide while an item runs."""

    async def gate(self, step_id: str) -> Failure | None:
        """Asked for each top-level step when its input is resolved, before it is called or replayed. A Failure
        refuses the step."""
        ...

    async def finished(self, step_id: str, record: StepRecord) -> None:
        """A top-level step has ended and its record is committed."""
        ...

    def progressed(self, item: ItemPath, step_id: str, record: StepRecord) -> None:
        """A leaf call ended, nested ones too. Must not block."""
        ...


@runtime_checkable
class HearsAdvance(Protocol):
    """Hooks that also want to know how far a long call is."""

    def advanced(self, item: ItemPath, step_id: str, done: int, total: int | None) -> None:
        """A component told its progress (``context.progress``), nested ones too. Called in any thread. Must not block."""
        ...
