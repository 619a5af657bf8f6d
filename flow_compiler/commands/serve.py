"""``flow-compiler serve``: flows over HTTP."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from flow_compiler.commands.options import Folder, config_option, modules_option
from flow_compiler.commands.tokens import TOKEN_VARIABLE, token_from, token_option

if TYPE_CHECKING:
    from flow_compiler.commands.configured import Configured
    from flow_compiler.http_api.limits import Limits
    from flow_compiler.http_api.served_components import Reach
    from flow_compiler.http_api.service import Place

_MIB = 2**20
_HOME = Path(".flow-server")


@click.command(
    "serve",
    epilog="Exit codes: 0 stopped by SIGTERM or Ctrl-C; 2 wrong usage, the configuration or a plugin of it cannot be "
    "used, or it cannot listen there; 3 a store cannot be used now.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=7840, show_default=True, help="Port; 0 takes any that is free."
)
@click.option(
    "--home",
    type=Folder(),
    envvar="FLOW_COMPILER_HOME",
    help="Folder for flows, runs and blobs (FLOW_COMPILER_HOME). Default: .flow-server, or where the configuration's "
    "stores are.",
)
@click.option("--journal", metavar="URL", help="Database instead of a file in --home: postgresql://… or sqlite:///….")
@config_option
@modules_option
@click.option("--files", type=Folder(), help="Folder that /builtin/load_file may read. Default: it is not served.")
@click.option(
    "--openai-url",
    "openai_urls",
    multiple=True,
    metavar="URL",
    help="Server that flows may name as base_url of /builtin/openai; repeatable. Default: with a token none, without "
    "one any.",
)
@token_option
@click.option(
    "--max-body", type=click.IntRange(1, 2048), default=32, show_default=True, metavar="MIB", help="Largest request."
)
@click.option("--max-runs", type=click.IntRange(1, 1000), default=8, show_default=True, help="Runs at work at once.")
@click.option(
    "--max-queued", type=click.IntRange(1), default=1000, show_default=True, help="Runs that have not ended, at most."
)
@click.option("--max-items", type=click.IntRange(1), default=10_000, show_default=True, help="Inputs of one run.")
@click.option(
    "--items-at-once",
    type=click.IntRange(1),
    default=64,
    show_default=True,
    help="Inputs at work at once, of all runs.",
)
@click.option(
    "--max-streams", type=click.IntRange(1), default=100, show_default=True, help="Clients that follow events at once."
)
@click.option(
    "--lease-seconds",
    type=click.FloatRange(1, 600),
    default=10.0,
    show_default=True,
    help="After which the runs of a server that was killed go on, here or on another server of the database.",
)
@click.option(
    "--stop-seconds",
    type=click.FloatRange(0, 3600),
    default=10.0,
    show_default=True,
    help="How long requests that wait for a run may go on after SIGTERM.",
)
def command(
    host: str,
    port: int,
    home: Path | None,
    journal: str | None,
    config: Path | None,
    modules: tuple[str, ...],
    files: Path | None,
    openai_urls: tuple[str, ...],
    token_file: Path | None,
    max_body: int,
    max_runs: int,
    max_queued: int,
    max_items: int,
    items_at_once: int,
    max_streams: int,
    lease_seconds: float,
    stop_seconds: float,
) -> int:
    """Serve flows over HTTP, under /api/v1.

    Runs that were accepted go on after a restart. Flows from outside can call the components that the configuration's
    routes lead to (--config; none is looked for) and those of --module; without a configuration, the built-in ones and
    those of --module. Listening elsewhere than on this machine needs a token.
    """
    _require_extra()
    from flow_compiler.commands.modules import registry_of
    from flow_compiler.http_api.limits import Limits
    from flow_compiler.http_api.served_components import Reach
    from flow_compiler.http_api.serving import is_loopback

    token = token_from(token_file)
    if token is None and not is_loopback(host):
        raise click.UsageError(
            f"{host} can be reached from other machines, so a token is needed: --token-file FILE, or the variable "
            f"{TOKEN_VARIABLE}."
        )
    if files is not None and not files.is_dir():
        raise click.BadParameter(f"{files} is not a folder", param_hint="--files")
    limits = Limits(
        body_bytes=max_body * _MIB,
        runs_at_once=max_runs,
        runs_unfinished=max_queued,
        items_at_once=items_at_once,
        items_per_run=max_items,
        streams=max_streams,
        lease_seconds=lease_seconds,
        stop_seconds=stop_seconds,
    )
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    registry_of(modules)  # what is wrong with a module is wrong usage, and said before anything is started
    configured = _configured(config, modules)
    reach = Reach(files, frozenset(openai_urls) if openai_urls or token is not None else None)
    asyncio.run(_serve(host, port, _place(home, journal, configured), configured, reach, token, limits))
    _leave()


def _configured(config: Path | None, modules: tuple[str, ...]) -> Configured:
    from flow_compiler.commands.configured import Configured, tell_old_forms
    from flow_compiler.configuration.reading import read_configuration

    if config is None:
        return Configured(None, modules)
    file = read_configuration(config)
    tell_old_forms(file)
    return Configured(file, modules)


def _place(home: Path | None, journal: str | None, configured: Configured) -> Place:
    """What the command says, else the configuration's stores."""
    from flow_compiler.engine.configured import places_of
    from flow_compiler.http_api.service import Place

    if home is None and journal is None and configured.file is not None and configured.keeps_runs:
        return Place(*places_of(configured.file))
    folder = (home or _HOME).absolute()
    return Place(journal or f"sqlite:///{folder / 'server.db'}", folder / "artifacts")


def _require_extra() -> None:
    from importlib.util import find_spec

    from flow_compiler.errors import Category, FlowCompilerError

    missing = [name for name in ("fastapi", "uvicorn") if find_spec(name) is None]
    if missing:
        raise FlowCompilerError(
            f"serving needs {' and '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed",
            code="server.not_installed",
            category=Category.INPUT,
            next_step="Install the extra `serve`: pip install 'stepflow-assets[serve]'.",
        )


async def _serve(
    host: str,
    port: int,
    place: Place,
    configured: Configured,
    reach: Reach,
    token: str | None,
    limits: Limits,
) -> None:
    from flow_compiler.http_api.guard import Access
    from flow_compiler.http_api.service import open_service
    from flow_compiler.http_api.serving import is_loopback, listen, serve

    listening = listen(host, port)
    name = f"[{host}]" if ":" in host else host
    url = f"http://{name}:{listening.getsockname()[1]}"

    def began() -> None:
        click.echo(url)
        sys.stdout.flush()

    access = Access(token, is_loopback(host), limits.body_bytes)
    settings = replace(configured.settings, lease_ttl=limits.lease_seconds)
    opening = open_service(place, configured.components(), limits, reach=reach, settings=settings)
    await serve(opening, access, listening, began)


def _leave() -> NoReturn:
    """At once: a component may still be at work in a thread, which a usual end would wait for."""
    from flow_compiler.commands import streams

    streams.flush()
    os._exit(0)
