"""``stepflow-assets dev``: the Dagster UI on the same data."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click


@click.command("dev")
@click.option("--port", default=3000, show_default=True, type=click.IntRange(1, 65535), help="Of the UI.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The UI has no login: keep it on loopback.")
@click.pass_obj
def command(flags: dict[str, Any], port: int, host: str) -> None:
    """Open the Dagster UI: webserver, daemon and code location on this home folder. Ctrl-C ends all of them.

    Add a document there as a new partition `<source>:<path>` (for example `examples:report.pdf`), materialize a range,
    or backfill what failed.
    """
    from stepflow_assets.operations.demonstration import demo_settings
    from stepflow_assets.operations.history import environment, prepare_dagster_home

    settings = demo_settings(flags)
    prepare_dagster_home(settings)
    click.echo(f"Dagster UI: http://{host}:{port} (home {settings.home_folder})", err=True)
    arguments = ["-m", "stepflow_assets.definitions", "--host", host, "--port", str(port)]
    executable = Path(sys.executable).with_name("dagster")
    os.execve(executable, [str(executable), "dev", *arguments], {**os.environ, **environment(settings)})
