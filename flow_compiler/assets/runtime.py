"""What a compiled flow needs while it runs. Built anew by each op, in the process that runs it; nothing opens earlier."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from flow_compiler.assets.partitions import ItemEnd, PartitionInputs
from flow_compiler.engine.components import Resources
from flow_compiler.engine.engine import Engine
from flow_compiler.engine.outcomes import StepRecord
from flow_compiler.engine.stores import ItemPath, Stores


class Progress(Protocol):
    """Hears what happens while it happens, on the run's event loop. Must not block."""

    def started(self, key: str) -> None: ...

    def progressed(self, item: ItemPath, step_id: str, record: StepRecord) -> None:
        """A leaf call of a component ended, nested ones too."""
        ...

    def ended(self, end: ItemEnd) -> None: ...


class Silent:
    """Progress that nobody listens to."""

    def started(self, key: str) -> None:
        return

    def progressed(self, item: ItemPath, step_id: str, record: StepRecord) -> None:
        return

    def ended(self, end: ItemEnd) -> None:
        return


@dataclass(frozen=True)
class FlowRuntime:
    """An open engine with its stores and resources, and where partitions get their inputs from."""

    engine: Engine
    stores: Stores
    resources: Resources
    inputs: PartitionInputs
    progress: Progress = field(default_factory=Silent)


OpenRuntime = Callable[[], AbstractAsyncContextManager[FlowRuntime]]
"""Opens a runtime on the running event loop and closes everything at the end."""
