"""``stepflow-assets gc``: erase what no document uses."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from stepflow_assets.cli.output import json_option, print_json


@click.command("gc")
@click.option(
    "--min-age",
    default=3600.0,
    show_default=True,
    type=click.FloatRange(min=0),
    help="Seconds. Younger things stay: a run that is going on may need them.",
)
@json_option
@click.pass_obj
def command(flags: dict[str, Any], min_age: float, as_json: bool) -> None:
    """Erase memo entries and artifacts that no document uses, and index entries of unknown documents."""
    from stepflow_assets.operations.erasing import collect
    from stepflow_assets.operations.workspace import Workspace
    from stepflow_assets.settings import Settings

    with Workspace(Settings.load(flags)) as workspace:
        erased = asyncio.run(collect(workspace, min_age=min_age))
    if as_json:
        print_json(vars(erased))
        return
    click.echo(
        f"erased {erased.memo_entries} memo entries, {erased.artifacts} artifacts, "
        f"{erased.index_documents} index documents"
    )
