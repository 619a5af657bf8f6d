"""The token of a server: in a file or in the environment, never on the command line, where every process reads it."""

from __future__ import annotations

import os
from pathlib import Path

import click

TOKEN_VARIABLE = "FLOW_COMPILER_TOKEN"
_SHORTEST = 16

token_option = click.option(
    "--token-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"File with the token of the server. Default: the variable {TOKEN_VARIABLE}, or none.",
)


def token_from(file: Path | None) -> str | None:
    """The token, or None where none is given. Raises click.BadParameter."""
    if file is None:
        return _usable(os.environ.get(TOKEN_VARIABLE) or None, TOKEN_VARIABLE)
    try:
        return _usable(file.read_text(encoding="utf-8"), "--token-file")
    except OSError as error:
        raise _bad(f"{file}: cannot read the file: {error.strerror}", "--token-file") from error
    except UnicodeDecodeError as error:
        raise _bad(f"{file}: not UTF-8 text", "--token-file") from error


def _usable(text: str | None, origin: str) -> str | None:
    if text is None:
        return None
    token = text.strip()
    if len(token) < _SHORTEST or not token.isascii() or not token.isprintable() or " " in token:
        raise _bad(f"a token is one line of at least {_SHORTEST} ASCII characters without spaces", origin)
    return token


def _bad(message: str, origin: str) -> click.BadParameter:
    return click.BadParameter(message, param_hint=origin)
