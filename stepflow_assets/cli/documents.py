"""``stepflow-assets documents``: the catalog."""

from __future__ import annotations

from typing import Any

import click

from stepflow_assets.cli.output import document_json, json_option, print_documents, print_json_lines


@click.command("documents")
@click.option(
    "--outcome",
    "outcomes",
    multiple=True,
    type=click.Choice(["indexed", "empty", "partial", "failed"]),
    help="Only these (may be given again).",
)
@click.option("--source", help="Only documents of this source.")
@json_option
@click.pass_obj
def command(flags: dict[str, Any], outcomes: tuple[str, ...], source: str | None, as_json: bool) -> None:
    """List documents with their outcome, and why those that failed did.

    \b
    Examples:
      stepflow-assets documents --outcome failed
      stepflow-assets documents --json | jq .document
    """
    from stepflow_assets.documents.chunk import Outcome
    from stepflow_assets.operations.workspace import Workspace
    from stepflow_assets.settings import Settings

    with Workspace(Settings.load(flags)) as workspace:
        chosen = [Outcome(name) for name in outcomes] or None
        rows = workspace.catalog.rows(outcomes=chosen, source=source)
    if as_json:
        print_json_lines(document_json(row) for row in rows)
    elif rows:
        print_documents(rows)
    elif outcomes or source:
        click.echo("no documents like that", err=True)
    else:
        click.echo("no documents yet: stepflow-assets ingest PATH", err=True)
