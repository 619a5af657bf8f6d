"""Errors as a person sees them: a sentence, the next step, an exit code."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import NoReturn

import click

from flow_compiler.commands import failing, stopping, streams
from flow_compiler.errors import Category, FlowCompilerError, RunCancelled
from stepflow_assets.cli.output import plain

EXIT_CODES_HELP = (
    "Exit codes: 0 done; 1 done, but some documents failed or are in hand of another run, or nothing was found;"
    " 2 wrong usage, setting, path or name; 3 a store, index or engine cannot be used now; 130 interrupted;"
    " 143 terminated."
)


_A_PERSON_CORRECTS = frozenset({Category.INPUT, Category.SOURCE})


def exit_code(error: FlowCompilerError) -> int:
    """See :data:`EXIT_CODES_HELP`."""
    if isinstance(error, RunCancelled):
        return stopping.exit_code()
    return 2 if error.category in _A_PERSON_CORRECTS else 3


def report(error: FlowCompilerError, *, as_json: bool) -> int:
    """Tell the error; returns the exit code. With JSON: one document on stdout, so that a caller can read it."""
    if as_json:
        _print_json(error.code, error.category, error.retryable, str(error), error.next_step)
    else:
        click.echo(plain(f"error: {error}\n  next: {error.next_step}"), err=True)
    return exit_code(error)


def report_usage(error: click.ClickException, *, as_json: bool) -> int:
    """What click says of wrong usage; returns the exit code."""
    if as_json:
        _print_json("usage", Category.INPUT, False, error.format_message(), "`--help` shows what the command takes.")
    else:
        error.show()
    return max(error.exit_code, 2)  # 1 says that something was done


def report_unexpected(error: Exception, home: str | None = None, *, as_json: bool = False) -> int:
    """A mistake of ours: one sentence, and the traceback in a file of the home folder to attach to a report. An output
    that cannot be written is none."""
    lost = streams.refused() if isinstance(error, OSError) else None
    if lost is not None:
        return failing.report_output(lost)
    folder = Path(home or os.environ.get("STEPFLOW_HOME", ".stepflow")) / "logs"
    if not as_json:
        return failing.report_unexpected(error, folder)
    message = failing.kept_details(error, folder)
    _print_json("internal.error", Category.INTERNAL, False, message, FlowCompilerError.next_step)
    return failing.STORE_AWAY


def _print_json(code: str, category: Category, retryable: bool, message: str, next_step: str) -> None:
    body = {
        "code": code,
        "category": str(category),
        "retryable": retryable,
        "message": message,
        "next_step": next_step,
    }
    click.echo(json.dumps({"error": body}, ensure_ascii=False))


def exit_with(code: int) -> NoReturn:
    streams.flush()
    raise SystemExit(code)
