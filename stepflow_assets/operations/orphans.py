"""Runs whose process is gone: closed with their reason, so that nothing stays "in progress" for ever."""

from __future__ import annotations

from pathlib import Path

from flow_compiler.assets import run_lock
from stepflow_assets.operations.history import open_instance
from stepflow_assets.operations.workspace import Workspace


def close_dead_runs(workspace: Workspace) -> None:
    """Dagster is imported only when a process died at its work, or the catalog says that a run has documents in hand."""
    settings = workspace.settings
    died = _died_at_work(settings.run_locks)
    if not died and not workspace.catalog.running():
        return
    from flow_compiler.assets.closing import close_orphans, let_go_of_items
    from stepflow_assets.assets.compiled import compile_documents

    with open_instance(settings) as instance:
        flows, close = [compile_documents(settings)], workspace.catalog.close_run
        close_orphans(instance, flows, settings.run_locks, close)
        in_hand = [row.run_id for row in workspace.catalog.running() if row.run_id]
        let_go_of_items(instance, flows, settings.run_locks, in_hand, close)
    for run_id in died:
        run_lock.remove(settings.run_locks, run_id)


def _died_at_work(locks: Path) -> list[str]:
    """Ids of runs whose process ended without letting go of the lock in order."""
    if not locks.exists():
        return []
    looks = {file.name: run_lock.look(locks, file.name) for file in locks.iterdir()}
    return [run_id for run_id, abandoned in looks.items() if abandoned is not None and abandoned.pid is not None]
