"""Runs whose process is gone: closed with their reason, so that nothing stays "in progress" for ever."""

from __future__ import annotations

from pathlib import Path

from flow_compiler.assets import run_lock
from stepflow_assets.operations.history import open_instance
from stepflow_assets.operations.workspace import Workspace


def close_dead_runs(workspace: Workspace) -> None:
    """Dagster is imported only when a process died at its work, or the catalog says that a run has documents in hand."""
    if not workspace.catalog.running() and not _somebody_died(workspace.settings.run_locks):
        return
    from flow_compiler.assets.closing import close_orphans
    from stepflow_assets.assets.compiled import compile_documents

    settings = workspace.settings
    with open_instance(settings) as instance:
        close_orphans(instance, [compile_documents(settings)], settings.run_locks, workspace.catalog.close_run)


def _somebody_died(locks: Path) -> bool:
    if not locks.exists():
        return False
    looks = (run_lock.look(locks, file.name) for file in locks.iterdir())
    return any(look is not None and look.pid is not None for look in looks)
