"""``flow-compiler cancel``: end a run of a server."""

from __future__ import annotations

import json
from pathlib import Path

import click

from flow_compiler.commands.options import format_option
from flow_compiler.commands.run_words import status_word
from flow_compiler.commands.server_options import client, url_option
from flow_compiler.commands.tokens import token_option

_CANCELLED = 4


@click.command(
    "cancel",
    epilog="Exit codes: 0 it is cancelled, or had ended before; 2 wrong usage, or there is no such run; 3 the server "
    "cannot be used now.",
)
@click.argument("run_id")
@url_option(required=True)
@format_option("text", "json")
@token_option
def command(run_id: str, url: str, output_format: str, token_file: Path | None) -> int:
    """Cancel a run: its steps stop, and what has ended stays as it is."""
    with client(url, token_file) as server:
        run = server.cancel(run_id)
    if output_format == "json":
        click.echo(json.dumps(run, ensure_ascii=False))
    elif run["status"] == _CANCELLED:
        click.echo(f"{run_id}: cancelled")
    else:
        click.echo(f"{run_id}: had ended before: {status_word(run['status'])}")
    return 0
