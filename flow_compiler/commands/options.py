"""Options that several commands have."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import click

from flow_compiler.errors import FlowLoadError
from flow_compiler.language.expressions import Json

Command = Callable[..., Any]

flow_argument = click.argument("flow_file", metavar="FLOW", type=click.Path(path_type=Path))
modules_option = click.option(
    "--module",
    "modules",
    multiple=True,
    metavar="NAME",
    help="Python module or package whose @component functions the flow may call, such as my_components or "
    "stepflow_assets.components; looked up in the working directory too. May be given several times.",
)
config_option = click.option(
    "--config",
    "config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Configuration: plugins, routes, pools, retries, stores (docs/configuration.md).",
)

strict_option = click.option(
    "--strict", is_flag=True, help="Refuse a flow with keys that mean nothing, or with syntax that was removed."
)


class Folder(click.Path):
    """A folder, which an empty text does not name: it would be the working directory."""

    def __init__(self) -> None:
        super().__init__(file_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not str(value):
            self.fail("must name a folder", param, ctx)
        return super().convert(value, param, ctx)


def format_option(*formats: str) -> Callable[[Command], Command]:
    """``--format`` with these choices, the first being the default, and ``--json`` for ``--format json``."""

    def add(command: Command) -> Command:
        command = click.option("--json", "output_format", flag_value="json", help="The same as --format json.")(command)
        return click.option(
            "--format",
            "output_format",
            type=click.Choice(formats),
            default=formats[0],
            show_default=True,
            help="For people, or for programs.",
        )(command)

    return add


def json_option(name: str, help_text: str) -> Callable[[Command], Command]:
    """An option given as JSON text, ``@FILE`` (JSON or YAML), or ``-`` for standard input; None when not given."""
    return click.option(name, callback=_json, metavar="JSON|@FILE|-", help=help_text)


def _json(_context: click.Context, option: click.Parameter, text: str | None) -> Json:
    from flow_compiler.language.loader import read_value

    if text is None:
        return None
    try:
        if text == "-" and sys.stdin is None:
            raise click.BadParameter("standard input is closed", param=option)
        if text == "-":
            return read_value(_text(sys.stdin.buffer, "standard input"), "standard input")
        if text.startswith("@"):
            with Path(text[1:]).open("rb") as stream:
                return read_value(_text(stream, text[1:]), text[1:])
        return read_value(text)
    except FlowLoadError as error:
        raise click.BadParameter(f"{error} ({error.next_step})", param=option) from error
    except OSError as error:
        raise click.BadParameter(f"{text[1:]}: cannot read the file: {error.strerror}", param=option) from error
    except ValueError as error:  # a NUL in the name
        raise click.BadParameter(f"{text[1:]!r} is no name of a file", param=option) from error


def _text(stream: IO[bytes], name: str) -> str:
    """No more of it is read than a value may have. Raises FlowLoadError."""
    from flow_compiler.errors import FlowLoadError
    from flow_compiler.language.loader import MAX_BYTES, decode

    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise FlowLoadError(
            f"more than {MAX_BYTES // 2**20} MiB",
            file=name,
            next_step="Keep large data in a file of its own and load it with /builtin/load_file.",
        )
    return decode(data, name)
