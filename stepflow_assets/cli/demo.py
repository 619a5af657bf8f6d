"""``stepflow-assets demo``: the example documents, five questions, and a picture of each answer's place."""

from __future__ import annotations

from typing import Any

import click

from stepflow_assets.cli.failing import exit_with
from stepflow_assets.cli.output import json_option


@click.command("demo")
@click.argument("question", nargs=-1)
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@json_option
@click.pass_obj
def command(flags: dict[str, Any], question: tuple[str, ...], quiet: bool, as_json: bool) -> None:
    """Ingest the example documents and answer questions about them by search.

    Without QUESTION: five shipped ones. Each answer comes with its place and a picture of it, the evidence box drawn
    in. Two of the documents are broken on purpose. Needs no key, no GPU and no network.

    \b
    Examples:
      stepflow-assets demo
      stepflow-assets demo "how much water is lost to leaks"
    """
    from stepflow_assets.cli.demonstrating import demonstrate

    answered = demonstrate(flags, " ".join(question), quiet=quiet, as_json=as_json)
    exit_with(0 if answered else 1)
