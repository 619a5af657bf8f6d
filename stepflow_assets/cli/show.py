"""``stepflow-assets show``: one document."""

from __future__ import annotations

from typing import Any

import click

from stepflow_assets.cli.output import document_json, json_option, plain, print_documents, print_json, print_table


@click.command("show")
@click.argument("document")
@json_option
@click.pass_obj
def command(flags: dict[str, Any], document: str, as_json: bool) -> None:
    """Show one document: outcome, pages, chunks and their places.

    DOCUMENT is an id as `documents` shows it, or the end of its path when only one document ends so.
    """
    from stepflow_assets.documents.evidence import describe
    from stepflow_assets.documents.identity import document_digest
    from stepflow_assets.operations.lookup import known_document
    from stepflow_assets.operations.workspace import Workspace
    from stepflow_assets.resources.search import public_chunk_id
    from stepflow_assets.settings import Settings

    with Workspace(Settings.load(flags)) as workspace:
        row = known_document(workspace, document)
        chunks = workspace.index.chunks(row.document_id)
    digest = document_digest(row.document_id)
    listed = [
        (
            public_chunk_id(digest, chunk.id),
            "; ".join(dict.fromkeys(describe(place) for place in chunk.places)),
            chunk.tokens,
            chunk.headings,
        )
        for chunk in chunks
    ]
    if as_json:
        names = ("chunk", "place", "tokens", "headings")
        print_json({**document_json(row), "chunk_list": [dict(zip(names, item, strict=True)) for item in listed]})
        return
    print_documents([row])
    read = f"run {row.run_id or '–'}, generation {row.live_generation or '–'}"
    click.echo(plain(f"file {row.uri}, {row.bytes} bytes, {read}"))
    if listed:
        print_table(
            ["chunk", "place", "tokens", "headings"],
            [[name, place, str(tokens), " › ".join(headings)] for name, place, tokens, headings in listed],
            right=["tokens"],
        )
