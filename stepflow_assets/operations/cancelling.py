"""Stopping runs: the request is written to the journal, where the run's process looks for it twice a second."""

from __future__ import annotations

from collections.abc import Sequence

from stepflow_assets.errors import UnknownDocument
from stepflow_assets.operations.workspace import Workspace


async def cancel_runs(workspace: Workspace, run_ids: Sequence[str] = ()) -> list[str]:
    """Ask runs to stop (none named: every run that has a document in hand). Raises UnknownDocument for other names."""
    going = {row.run_id for row in workspace.catalog.running() if row.run_id}
    unknown = sorted(set(run_ids) - going)
    if unknown:
        raise UnknownDocument(
            f"no run {unknown[0]!r} is going on",
            code="run.unknown",
            next_step="`stepflow-assets documents` shows which documents are running.",
        )
    chosen = sorted(set(run_ids) or going)
    async with workspace.stores() as stores:
        for run_id in chosen:
            await stores.journal.cancel(run_id)
    return chosen
