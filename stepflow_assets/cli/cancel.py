"""``stepflow-assets cancel``: stop running ingestions."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from stepflow_assets.cli.output import json_option, print_json_lines


@click.command("cancel")
@click.argument("run_ids", nargs=-1)
@json_option
@click.pass_obj
def command(flags: dict[str, Any], run_ids: tuple[str, ...], as_json: bool) -> None:
    """Ask running ingestions to stop (none named: all). Finished pages and documents are kept."""
    from stepflow_assets.operations.cancelling import cancel_runs
    from stepflow_assets.operations.workspace import Workspace
    from stepflow_assets.settings import Settings

    with Workspace(Settings.load(flags)) as workspace:
        cancelled = asyncio.run(cancel_runs(workspace, run_ids))
    if as_json:
        print_json_lines({"run_id": run_id} for run_id in cancelled)
    else:
        click.echo("\n".join(f"run {run_id} was asked to stop" for run_id in cancelled) or "no run is going on")
