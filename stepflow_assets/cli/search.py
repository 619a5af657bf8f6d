"""``stepflow-assets search``: hits with their places."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import click

from stepflow_assets.cli.failing import exit_with
from stepflow_assets.cli.output import json_option, plain, print_json_lines


@click.command("search")
@click.argument("query", nargs=-1, required=True)
@click.option("--limit", "-n", default=5, show_default=True, type=click.IntRange(1, 1000), help="Hits at most.")
@click.option("--document", "documents", multiple=True, help="Only in this document (may be given again).")
@json_option
@click.pass_obj
def command(
    flags: dict[str, Any], query: tuple[str, ...], limit: int, documents: tuple[str, ...], as_json: bool
) -> None:
    """Search the indexed documents; any text is a query. Exit code 1 when nothing was found.

    \b
    Examples:
      stepflow-assets search "who pays for a burst pipe"
      stepflow-assets search 人口 --json
    """
    from stepflow_assets.operations.lookup import known_document
    from stepflow_assets.operations.searching import search
    from stepflow_assets.operations.workspace import Workspace
    from stepflow_assets.settings import Settings

    with Workspace(Settings.load(flags)) as workspace:
        within = [known_document(workspace, name).document_id for name in documents]
        hits = search(workspace, " ".join(query), limit=limit, documents=within or None)
    if as_json:
        print_json_lines(hit_json(hit) for hit in hits)
    for number, hit in enumerate(hits, 1) if not as_json else ():
        print_hit(number, hit)
    if not hits:
        click.echo("nothing found", err=True)
        exit_with(1)


def hit_json(hit: Any) -> Mapping[str, Any]:
    from stepflow_assets.documents.evidence import describe

    return {
        "chunk": hit.chunk_id,
        "document": hit.document_id,
        "generation": hit.generation,
        "score": hit.score,
        "place": "; ".join(describe(place) for place in hit.chunk.places),
        "evidence": [place.model_dump(mode="json") for place in hit.chunk.places],
        "headings": list(hit.chunk.headings),
        "snippet": hit.snippet.replace("\x02", "").replace("\x03", ""),
        "text": hit.chunk.text,
    }


def print_hit(number: int, hit: Any) -> None:
    from stepflow_assets.documents.evidence import describe

    places = "; ".join(dict.fromkeys(describe(place) for place in hit.chunk.places))
    click.echo(f"{number}. {click.style(plain(hit.document_id), bold=True)}, {plain(places)}")
    click.echo(f"   {emphasised(hit.snippet)}")
    click.echo(click.style(f"   chunk {hit.chunk_id}   score {hit.score:.2f}", dim=True))


def emphasised(snippet: str) -> str:
    """A snippet in one line, the words between its two marks in bold: the only control sequences that get out."""
    parts = re.split("([\x02\x03])", snippet)
    marks = {"\x02": "\x1b[1m", "\x03": "\x1b[22m"}
    return "".join(marks.get(part) or re.sub(r"\s+", " ", plain(part)) for part in parts)
