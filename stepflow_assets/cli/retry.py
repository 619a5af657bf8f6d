"""``stepflow-assets retry``: failed and partial documents again."""

from __future__ import annotations

from typing import Any

import click

from stepflow_assets.cli.failing import exit_with
from stepflow_assets.cli.output import json_option
from stepflow_assets.cli.passwords import password_option


@click.command("retry")
@click.argument("documents", nargs=-1)
@click.option("--degraded", is_flag=True, help="Also documents whose result came from a fallback.")
@password_option
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@json_option
@click.pass_obj
def command(flags: dict[str, Any], documents: tuple[str, ...], degraded: bool, quiet: bool, as_json: bool) -> None:
    """Run failed and partial documents again (none named: all of them). Finished pages are not computed twice.

    \b
    Examples:
      stepflow-assets retry
      stepflow-assets retry contract.pdf --password-file passwords.txt
    """
    from stepflow_assets.cli.ingesting import Request, run_decisions
    from stepflow_assets.operations.ingesting import decide_retry
    from stepflow_assets.operations.workspace import Workspace
    from stepflow_assets.settings import Settings

    with Workspace(Settings.load(flags)) as workspace:
        decisions = decide_retry(workspace, documents, degraded=degraded)
        if not decisions:
            click.echo("nothing to retry", err=True)
            return
        all_well = run_decisions(workspace, decisions, Request(quiet=quiet, as_json=as_json))
    exit_with(0 if all_well else 1)
