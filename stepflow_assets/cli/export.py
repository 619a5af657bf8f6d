"""``stepflow-assets export``: what was made of a document."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from stepflow_assets.cli.output import json_option, plain, print_json_lines


@click.command("export")
@click.argument("document")
@click.option(
    "--what",
    type=click.Choice(["text", "pages", "blocks", "chunks", "docling", "segmented"]),
    default="text",
    show_default=True,
    help="text: as read; pages: route and geometry of each; blocks: with place and confidence; chunks: as indexed; docling: one DoclingDocument; "
    "segmented: docling's SegmentedPage, with the boxes of lines and words, for each page.",
)
@json_option
@click.pass_obj
def command(flags: dict[str, Any], document: str, what: str, as_json: bool) -> None:
    """Write what was made of a document to stdout. All but text are JSON lines.

    DOCUMENT is an id as `documents` shows it, or the end of its path when only one document ends so.

    \b
    Examples:
      stepflow-assets export report.pdf > report.txt
      stepflow-assets export report.pdf --what chunks | jq .place
      stepflow-assets export report.pdf --what docling > report.json
    """
    from stepflow_assets.operations.exporting import export
    from stepflow_assets.operations.lookup import known_document
    from stepflow_assets.operations.workspace import Workspace
    from stepflow_assets.settings import Settings

    with Workspace(Settings.load(flags)) as workspace:
        row = known_document(workspace, document)
        items = asyncio.run(export(workspace, row, what))
    if what == "text" and not as_json:
        click.echo(plain("\n\n".join(str(item["text"]) for item in items)))
        return
    print_json_lines(items)
