"""Options of commands that ask a server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flow_compiler.commands.tokens import token_from

if TYPE_CHECKING:
    from flow_compiler.commands.server_client import ServerClient

URL_VARIABLE = "FLOW_COMPILER_URL"
_HERE = "http://127.0.0.1:7840"

Command = Callable[..., Any]


def url_option(*, required: bool) -> Callable[[Command], Command]:
    """``--url``; not ``required`` means that the command also works without a server."""
    default = f"Default: {URL_VARIABLE}" + (f", or {_HERE}." if required else ", or no server.")
    return click.option(
        "--url", envvar=URL_VARIABLE, default=_HERE if required else None, help=f"Address of the server. {default}"
    )


def client(url: str, token_file: Path | None) -> ServerClient:
    """Raises click.BadParameter for a token that cannot be one."""
    from flow_compiler.commands.server_client import ServerClient

    return ServerClient(url, token_from(token_file))
