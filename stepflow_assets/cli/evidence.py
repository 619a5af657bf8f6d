"""``stepflow-assets evidence``: the picture of a chunk's place."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click

from stepflow_assets.cli.output import json_option, plain, print_json
from stepflow_assets.cli.passwords import password_option
from stepflow_assets.cli.picture_file import write_picture


@click.command("evidence")
@click.argument("chunk")
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), required=True, help="PNG file to write."
)
@click.option("--place", type=click.IntRange(min=1), help="Only this one of the chunk's places, from 1; all otherwise.")
@click.option("--crop", is_flag=True, help="Only the place with a margin, not the whole page.")
@password_option
@json_option
@click.pass_obj
def command(flags: dict[str, Any], chunk: str, output: Path, place: int | None, crop: bool, as_json: bool) -> None:
    """Draw the place a chunk comes from, with the evidence box on it; the pages of a chunk on several, one below another.

    Pages are rendered from the pinned source bytes. Slides and sheets are drawings, labelled as such; flowing text is a
    crop of the text. CHUNK is an id as `search`, `show` and `export --what chunks` give it.

    \b
    Example:
      stepflow-assets evidence 5bd2ef4cc9a1-0000-a6bc38f5 -o place.png --crop
    """
    from stepflow_assets.operations.evidencing import draw_chunk
    from stepflow_assets.operations.workspace import Workspace
    from stepflow_assets.settings import Settings

    with Workspace(Settings.load(flags)) as workspace:
        drawn = asyncio.run(draw_chunk(workspace, chunk, crop=crop, only=place))
    write_picture(output, drawn.picture)
    if as_json:
        print_json({"chunk": chunk, "document": drawn.document_id, "place": drawn.place, "picture": str(output)})
        return
    click.echo(plain(f"{drawn.document_id}, {drawn.place}: {output}"))
