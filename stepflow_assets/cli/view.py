"""``stepflow-assets view``: the documents in a browser."""

from __future__ import annotations

from typing import Any

import click

from stepflow_assets.cli.passwords import password_option

_PARTS = ("fastapi", "uvicorn", "jinja2")


@click.command("view")
@click.option("--port", default=3100, show_default=True, type=click.IntRange(0, 65535), help="0: any that is free.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The viewer has no login: keep it on loopback.")
@click.option("--open", "open_it", is_flag=True, help="Open it in the browser.")
@click.option("--until-stdin-ends", is_flag=True, hidden=True, help="For `dev`, whose end ends it.")
@password_option
@click.pass_obj
def command(flags: dict[str, Any], port: int, host: str, open_it: bool, until_stdin_ends: bool) -> None:
    """Look at documents in a browser: pages with their blocks, chunks with their places, search. Ctrl-C ends it.

    It reads what runs have left, and changes nothing. Pictures are drawn when they are looked at.

    \b
    Example:
      stepflow-assets view --open
    """
    import asyncio
    import logging
    import sys

    _require_extra()
    from flow_compiler.http_api.serving import listen
    from stepflow_assets.settings import Settings
    from stepflow_assets.viewer.serving import serve

    settings = Settings.load(flags)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    listening = listen(host, port)
    url = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"

    def began() -> None:
        click.echo(f"viewer: {url} (home {settings.home_folder}); Ctrl-C ends it", err=True)
        if open_it:
            click.launch(url)

    until = sys.stdin.fileno() if until_stdin_ends else None
    asyncio.run(serve(settings, host, listening, began, until_ends=until))


def _require_extra() -> None:
    from importlib.util import find_spec

    from flow_compiler.errors import Category, FlowCompilerError

    missing = [name for name in _PARTS if find_spec(name) is None]
    if missing:
        raise FlowCompilerError(
            f"the viewer needs {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed",
            code="viewer.not_installed",
            category=Category.INPUT,
            next_step="Install the extra `view`: pip install 'stepflow-assets[view]'.",
        )
