"""The command line of flow_compiler. A command's module is imported when it is called, so that ``--help`` is quick."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

import click

COMMANDS: dict[str, str] = {
    "validate": "Check flows without running them.",
    "infer": "Write a flow with the schemas that follow from its components.",
    "schema": "Print the JSON schema of a flow file, for editors.",
    "show": "Show a flow's steps, what needs what, and the assets they become.",
    "list-components": "List the components that flows may call, with their schemas.",
    "run": "Run a flow on one input, or on many.",
    "test": "Run the test cases that flows carry.",
    "serve": "Serve flows over HTTP.",
    "submit": "Give a server a run, or a partition of a flow its input.",
    "runs": "Show the runs of a server.",
    "cancel": "Cancel a run of a server.",
}
EXIT_CODES = (
    "Exit codes: 0 fine; 1 the flow ran and failed; 2 wrong usage, or the flow cannot be used; "
    "3 a store or a server cannot be used now; 4 a run had not ended in time; 130 interrupted; 143 terminated."
)


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"flow_compiler.commands.{cmd_name.replace('-', '_')}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


app = _Commands(
    name="flow-compiler",
    help="Check, show, run, test and submit to Stepflow flows (YAML or JSON files).",
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    no_args_is_help=True,
)


def main() -> None:
    """Entry point of ``flow-compiler``: a failure is a sentence and an exit code, never a traceback."""
    from flow_compiler.commands import failing, stopping, streams
    from flow_compiler.errors import FlowCompilerError

    streams.prepare()
    stopping.prepare()
    try:
        code = app.main(prog_name="flow-compiler", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as done:
        code = done.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (KeyboardInterrupt, click.exceptions.Abort):
        _leave_interrupted()
    except FlowCompilerError as error:
        code = failing.report(error)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read us has gone: nothing more to say
        code = 0
    except Exception as error:  # noqa: BLE001  the outermost boundary: a person gets a sentence, a file the traceback
        lost = streams.refused() if isinstance(error, OSError) else None
        code = failing.report_output(lost) if lost else failing.report_unexpected(error, _own_folder())
    sys.exit(code if isinstance(code, int) else 0)


def _own_folder() -> Path:
    """For what may quote the input: no other user of this machine can read it, or lay something there beforehand."""
    return Path(tempfile.mkdtemp(prefix="flow-compiler-"))


def _leave_interrupted() -> NoReturn:
    """At once: a component may still be at work in a thread, which a usual end would wait for."""
    from flow_compiler.commands import stopping, streams

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    click.echo("interrupted", err=True)
    streams.flush()
    os._exit(stopping.exit_code())
