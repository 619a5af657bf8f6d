"""``stepflow-assets dev``: the Dagster UI on the same data, and the viewer beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@click.command("dev")
@click.option("--port", default=3000, show_default=True, type=click.IntRange(1, 65535), help="Of the UI.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The UI has no login: keep it on loopback.")
@click.pass_obj
def command(flags: dict[str, Any], port: int, host: str) -> None:
    """Open the Dagster UI: webserver, daemon and code location on this home folder, and the viewer beside them, where the
    setting `viewer_url` says. Ctrl-C ends all of them.

    Add a document there as a new partition `<source>:<path>` (for example `examples:report.pdf`), materialize a range,
    or backfill what failed.
    """
    from stepflow_assets.operations.demonstration import demo_settings
    from stepflow_assets.operations.history import environment, prepare_dagster_home

    settings = demo_settings(flags)
    prepare_dagster_home(settings)
    variables = {**os.environ, **environment(settings)}
    _start_viewer(settings.viewer_url, variables)
    click.echo(f"Dagster UI: http://{host}:{port} (home {settings.home_folder})", err=True)
    arguments = ["-m", "stepflow_assets.definitions", "--host", host, "--port", str(port)]
    executable = Path(sys.executable).with_name("dagster")
    os.execve(executable, [str(executable), "dev", *arguments], variables)


def _start_viewer(url: str, variables: Mapping[str, str]) -> None:
    """In a process that ends with this one, whatever this one becomes and however it ends: the pipe it reads from is held
    by nobody else. The UI does not wait for it, and goes on without it."""
    place = urlsplit(url)
    if place.scheme != "http" or place.hostname not in _LOOPBACK or place.path.strip("/"):
        return
    if find_spec("jinja2") is None or find_spec("uvicorn") is None:
        click.echo("without the viewer: its extra `view` is not installed", err=True)
        return
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)  # through exec; children of the UI are started with all of these closed
    program = Path(sys.executable).with_name("stepflow-assets")
    where = ["--host", place.hostname, "--port", str(place.port or 80), "--until-stdin-ends"]
    subprocess.Popen([str(program), "view", *where], stdin=reading, env=variables)
    os.close(reading)
