"""The command group: settings flags, lazy commands, errors as sentences, exit codes."""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

import click

from stepflow_assets.cli.failing import EXIT_CODES_HELP, exit_with, report, report_unexpected, report_usage
from stepflow_assets.cli.setting_flags import JSON_VALUED, SETTING_FLAGS

COMMANDS: dict[str, str] = {
    "demo": "Ingest the example documents, answer five questions, draw each answer's place.",
    "ingest": "Ingest files and folders; unchanged documents cost nothing.",
    "search": "Search the indexed documents.",
    "documents": "List documents with their outcome.",
    "show": "Show one document: outcome, pages, chunks, places.",
    "export": "Write a document's text, pages, blocks or chunks.",
    "evidence": "Draw the place a chunk comes from, or a page with its blocks.",
    "view": "Look at documents, pages, blocks and chunks in a browser.",
    "retry": "Run failed and partial documents again.",
    "cancel": "Stop running ingestions; finished work is kept.",
    "forget": "Erase documents: catalog, index, journal, history, and what only they used.",
    "gc": "Erase memo entries and artifacts that no document uses.",
    "settings": "List every setting, its value and where it comes from.",
    "dev": "Open the Dagster UI and the viewer on the same data.",
}


class LazyCommands(click.Group):
    """Commands by name; a command's module is imported when it is called, not to list it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"stepflow_assets.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS:
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"no command is called {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)


def _setting_options() -> list[click.Parameter]:
    return [
        click.Option(
            [f"--{name.replace('_', '-')}", name], help=text, metavar="JSON" if name in JSON_VALUED else "VALUE"
        )
        for name, text in SETTING_FLAGS
    ]


def _group(**flags: Any) -> None:
    context = click.get_current_context()
    context.obj = {name: _value(name, value) for name, value in flags.items() if value is not None}


def _value(name: str, text: str) -> Any:
    if name not in JSON_VALUED:
        return text
    try:
        return json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"not JSON: {error}", param_hint=f"--{name.replace('_', '-')}") from None


app = LazyCommands(
    name="stepflow-assets",
    callback=_group,
    params=_setting_options(),
    help=(
        "Turn documents into searchable, evidenced chunks.\n\n"
        "Every setting below is a flag, an environment variable (STEPFLOW_HOME, …) and a key of stepflow.toml, in this "
        "order of precedence."
    ),
    epilog=EXIT_CODES_HELP,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _home_flag() -> str | None:
    """What ``--home`` says, read without the parser: it may be what failed."""
    words = sys.argv[1:]
    for word, following in zip(words, [*words[1:], None], strict=True):
        if word == "--home":
            return following
        if word.startswith("--home="):
            return word.removeprefix("--home=")
    return None


def run() -> None:
    """Run the command line; never lets a traceback reach the person."""
    from flow_compiler.commands import stopping, streams

    streams.prepare()
    stopping.prepare()
    as_json = "--json" in sys.argv
    try:
        code = _exit_code(as_json)
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    except Exception as error:  # noqa: BLE001  the outermost boundary: a person gets a sentence, the log the traceback
        code = report_unexpected(error, _home_flag(), as_json=as_json)
    exit_with(code)


def _exit_code(as_json: bool) -> int:
    from flow_compiler.commands import stopping
    from flow_compiler.errors import FlowCompilerError

    try:
        app.main(standalone_mode=False)
    except click.exceptions.Abort:
        return stopping.exit_code()
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        return report_usage(error, as_json=as_json)
    except KeyboardInterrupt:
        click.echo("stopped; finished work is kept: give the same command again to go on", err=True)
        return stopping.exit_code()
    except FlowCompilerError as error:
        return report(error, as_json=as_json)
    return 0
