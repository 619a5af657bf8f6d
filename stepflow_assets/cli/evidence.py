"""``stepflow-assets evidence``: the picture of a chunk's place, or of a page with its blocks."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stepflow_assets.cli.output import json_option, plain, print_json
from stepflow_assets.cli.passwords import password_option
from stepflow_assets.cli.picture_file import write_picture

if TYPE_CHECKING:
    from stepflow_assets.operations.evidencing import DrawnPage


@click.command("evidence")
@click.argument("chunk", required=False)
@click.option("--document", help="Draw a page of this document instead of a chunk: an id, or the end of its path.")
@click.option("--page", type=click.IntRange(min=1), help="The page, from 1.")
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), required=True, help="PNG file to write."
)
@click.option("--place", type=click.IntRange(min=1), help="Only this one of the chunk's places, from 1; all otherwise.")
@click.option("--crop", is_flag=True, help="Only the chunk's place with a margin, not the whole page.")
@password_option
@json_option
@click.pass_obj
def command(
    flags: dict[str, Any],
    chunk: str | None,
    document: str | None,
    page: int | None,
    output: Path,
    place: int | None,
    crop: bool,
    as_json: bool,
) -> None:
    """Draw the place a chunk comes from, with the evidence box on it; the pages of a chunk on several, one below another.
    Or, with --document and --page, a page with its blocks: number in reading order, kind, confidence as colour.

    Pages are rendered from the pinned source bytes. Slides and sheets are drawings, labelled as such; flowing text is a
    crop of the text. CHUNK is an id as `search`, `show` and `export --what chunks` give it.

    \b
    Examples:
      stepflow-assets evidence 5bd2ef4cc9a1-0000-a6bc38f5 -o place.png --crop
      stepflow-assets evidence --document report.pdf --page 2 -o page.png
    """
    from stepflow_assets.operations.evidencing import draw_chunk, draw_page
    from stepflow_assets.operations.workspace import Workspace
    from stepflow_assets.settings import Settings

    _exactly_one(chunk, document, page, of_a_chunk=place is not None or crop)
    with Workspace(Settings.load(flags)) as workspace:
        if chunk is None:
            assert document is not None and page is not None
            of_page = asyncio.run(draw_page(workspace, document, page))
            write_picture(output, of_page.picture)
            _tell_page(of_page, output, as_json=as_json)
            return
        drawn = asyncio.run(draw_chunk(workspace, chunk, crop=crop, only=place))
    write_picture(output, drawn.picture)
    if as_json:
        print_json({"chunk": chunk, "document": drawn.document_id, "place": drawn.place, "picture": str(output)})
        return
    click.echo(plain(f"{drawn.document_id}, {drawn.place}: {output}"))


def _exactly_one(chunk: str | None, document: str | None, page: int | None, *, of_a_chunk: bool) -> None:
    of_a_page = document is not None or page is not None
    if chunk is None and not of_a_page:
        raise click.UsageError("say what to draw: CHUNK, or --document with --page")
    if chunk is not None and of_a_page:
        raise click.UsageError("give CHUNK, or --document with --page, not both")
    if of_a_page and (document is None or page is None):
        raise click.UsageError("--document and --page go together")
    if of_a_page and of_a_chunk:
        raise click.UsageError("--place and --crop are of a chunk's places: a page is drawn whole")


def _tell_page(drawn: DrawnPage, output: Path, *, as_json: bool) -> None:
    made, failure = drawn.blocks, drawn.failure
    if as_json:
        print_json(
            {
                "document": drawn.document_id,
                "page": drawn.page,
                "route": drawn.content.route,
                "route_reason": drawn.content.route_reason,
                "status": "failed" if failure else made.status if made else None,
                "blocks": made.count if made else 0,
                "confidence": made.confidence if made else None,
                "provider": made.provider if made else None,
                "provider_path": [attempt.model_dump(mode="json") for attempt in made.provider_path] if made else [],
                "degraded": made.degraded if made else False,
                "failure": failure and {"code": failure.error, "message": failure.message},
                "picture": str(output),
            }
        )
        return
    count = made.count if made else 0
    read = failure.message if failure else f"{count} block{'' if count == 1 else 's'}"
    click.echo(plain(f"{drawn.document_id}, page {drawn.page}, route {drawn.content.route}, {read}: {output}"))
