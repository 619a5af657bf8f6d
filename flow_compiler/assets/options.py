"""How a flow is compiled: where it runs, what it is checked for, and how much at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from flow_compiler.assets.checks import StepCheck
from flow_compiler.assets.code_versions import Setting
from flow_compiler.assets.pools import PoolSettings
from flow_compiler.assets.runtime import OpenRuntime
from flow_compiler.engine.registry import Components

if TYPE_CHECKING:
    from dagster import ExecutorDefinition

ITEMS_AT_ONCE = 8
PARTITIONS_PER_RUN = 100


@dataclass(frozen=True)
class CompileOptions:
    """``registry`` gives versions and pools only: a component it lacks stops nothing before the run.

    ``name``: Dagster name of the flow (default: its own name, else that of its file). ``pools``: settings of the pools
    that are places of their own. ``setting``: what decides results besides flow and components; Dagster shows what a
    change of it makes stale. ``routes``: component prefix → pool. ``run_locks``: folder in which each op shows that
    it lives (see :mod:`run_lock`). ``partitions_per_run``: size of the runs of a backfill. ``log_passed_checks``: off in
    big backfills, scores stay on the materializations. ``partitioned_checks``: the UI shows the status of checks per
    partition; for instances whose event log storage is one of :mod:`event_storage` (with Dagster's own, its page of such
    a check ends in an error). Evaluations are of one partition either way. ``links``: by asset, from a partition key to the
    address of a page about it, shown as ``viewer`` on its materializations; no part of any version.
    """

    runtime: OpenRuntime
    registry: Components
    name: str | None = None
    checks: Sequence[StepCheck] = ()
    pools: Mapping[str, PoolSettings] = field(default_factory=dict)
    routes: Mapping[str, str] = field(default_factory=dict)
    documents_at_once: int = ITEMS_AT_ONCE
    partitions_per_run: int = PARTITIONS_PER_RUN
    log_passed_checks: bool = True
    partitioned_checks: bool = False
    links: Mapping[str, Callable[[str], str]] = field(default_factory=dict)
    setting: Setting = Setting()
    run_locks: Path | None = None
    executor_def: ExecutorDefinition | None = None
