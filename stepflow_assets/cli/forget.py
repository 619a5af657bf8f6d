"""``stepflow-assets forget``: erase documents."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from stepflow_assets.cli.output import json_option, print_json


@click.command("forget")
@click.argument("documents", nargs=-1, required=True)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def command(flags: dict[str, Any], documents: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Erase documents: catalog row, index, journal outcomes, history in Dagster, and memo entries and artifacts that only
    they used.

    What stays is the hash of each id and its last generation; by the hash Dagster's history names them where it tells of
    other documents too. The source file is not touched: ingesting it again makes it a new document. A command that was
    killed is finished by giving it again.

    \b
    Example:
      stepflow-assets forget files:data/contract.pdf
    """
    from stepflow_assets.operations.erasing import forget
    from stepflow_assets.operations.workspace import Workspace
    from stepflow_assets.settings import Settings

    if not yes and not as_json:
        click.confirm(f"Erase {len(documents)} document(s)?", abort=True, err=True)
    with Workspace(Settings.load(flags)) as workspace:
        erased = asyncio.run(forget(workspace, documents))
    if as_json:
        print_json(vars(erased))
        return
    click.echo(
        f"erased {erased.documents} document(s), {erased.memo_entries} memo entries, {erased.artifacts} artifacts"
    )
