"""Errors as a person sees them: a sentence, the next step, an exit code."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import NoReturn

import click

from flow_compiler.errors import Category, FlowCompilerError, RunCancelled
from stepflow_assets.cli.output import plain

EXIT_CODES_HELP = (
    "Exit codes: 0 done; 1 done, but some documents failed or nothing was found; 2 wrong usage, setting, path or name;"
    " 3 a store, index or engine cannot be used now; 130 interrupted."
)


_A_PERSON_CORRECTS = frozenset({Category.INPUT, Category.SOURCE})


def exit_code(error: FlowCompilerError) -> int:
    """See :data:`EXIT_CODES_HELP`."""
    if isinstance(error, RunCancelled):
        return 130
    return 2 if error.category in _A_PERSON_CORRECTS else 3


def report(error: FlowCompilerError, *, as_json: bool) -> int:
    """Tell the error; returns the exit code. With JSON: one document on stdout, so that a caller can read it."""
    if as_json:
        body = {
            "code": error.code,
            "category": str(error.category),
            "retryable": error.retryable,
            "message": str(error),
            "next_step": error.next_step,
        }
        click.echo(json.dumps({"error": body}, ensure_ascii=False))
    else:
        click.echo(plain(f"error: {error}\n  next: {error.next_step}"), err=True)
    return exit_code(error)


def report_unexpected(error: Exception, home: str | None = None) -> int:
    """A mistake of ours: one sentence, and the traceback in a file of the home folder to attach to a report."""
    folder = Path(home or os.environ.get("STEPFLOW_HOME", ".stepflow")) / "logs"
    file = folder / f"error-{int(time.time())}-{os.getpid()}.txt"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
        place = f"the details are in {file}"
    except OSError as problem:
        place = f"the details cannot be written ({problem.strerror})"
    click.echo(f"error: unexpected {type(error).__name__}; {place}", err=True)
    click.echo("  next: Report this with the command that caused it.", err=True)
    return 3


def exit_with(code: int) -> NoReturn:
    sys.stdout.flush()
    raise SystemExit(code)
