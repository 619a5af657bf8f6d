"""``flow-compiler runs``: the runs of a server, or one of them."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flow_compiler.commands.options import format_option
from flow_compiler.commands.run_words import STATUSES, outcome_of, status_word
from flow_compiler.commands.server_options import client, url_option
from flow_compiler.commands.tokens import token_option
from flow_compiler.language.expressions import Json

if TYPE_CHECKING:
    from flow_compiler.commands.server_client import ServerClient

_SHOWN_ITEMS = 20


@click.command(
    "runs", epilog="Exit codes: 0 shown; 2 wrong usage, or there is no such run; 3 the server cannot be used now."
)
@click.argument("run_id", required=False)
@url_option(required=True)
@click.option(
    "--status", type=click.Choice([word.replace(" ", "-") for word in STATUSES.values()]), help="Only such runs."
)
@click.option("--flow", "flow_name", help="Only runs of the flow of this name.")
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many, the newest first."
)
@format_option("text", "json")
@token_option
def command(
    run_id: str | None,
    url: str,
    status: str | None,
    flow_name: str | None,
    limit: int,
    output_format: str,
    token_file: Path | None,
) -> int:
    """Show the runs of a server; with RUN_ID how that one stands, and how its items ended."""
    with client(url, token_file) as server:
        if run_id is not None:
            _one(server, run_id, as_json=output_format == "json")
        else:
            found = server.runs(status=status, flowName=flow_name, limit=limit)
            _all(found["runs"], as_json=output_format == "json")
    return 0


def _all(found: list[dict[str, Json]], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"runs": found}, ensure_ascii=False, indent=2))
        return
    if not found:
        click.echo("no runs")
    for run in found:
        click.echo(f"{run['runId']:<36}  {_standing(run)}")


def _standing(run: dict[str, Json]) -> str:
    items = run["items"]
    done = f"{items['total'] - items['running']}/{items['total']}"
    return (
        f"{status_word(run['status']):<15}  {done:>9}  {run['createdAt'][:19]}Z  {run.get('flowName') or ''}".rstrip()
    )


def _one(server: ServerClient, run_id: str, *, as_json: bool) -> None:
    found = server.run(run_id)
    if as_json:
        click.echo(json.dumps(found | {"results": list(server.results(run_id))}, ensure_ascii=False, indent=2))
        return
    run = found["summary"]
    click.echo(f"{run['runId']}  {_standing(run)}")
    for step in found["steps"][:_SHOWN_ITEMS]:
        click.echo(f"  item {step['itemIndex']}  {status_word(step['status']):<10} {step['stepId']}")
    for item in islice(server.results(run_id), _SHOWN_ITEMS):
        click.echo(f"  item {item['itemIndex']}: {json.dumps(outcome_of(item), ensure_ascii=False)}")
    if run["items"]["total"] > _SHOWN_ITEMS:
        click.echo(f"  … of {run['items']['total']} items; --json shows all")
