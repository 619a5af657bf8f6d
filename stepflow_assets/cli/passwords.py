"""``--password-file`` behind the commands that open documents: the setting of that name, where people look for it."""

from __future__ import annotations

from pathlib import Path

import click


def _into_flags(context: click.Context, _option: click.Parameter, file: Path | None) -> None:
    if file is not None:
        context.obj = {**context.obj, "password_file": str(file)}


password_option = click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    expose_value=False,
    callback=_into_flags,
    help="Passwords of encrypted documents, one a line.",
)
