"""Errors as a person sees them: place and cause, the next step, an exit code."""

from __future__ import annotations

import os
import time
import traceback
from pathlib import Path

import click

from flow_compiler.commands import stopping
from flow_compiler.errors import FlowCompilerError, RunCancelled, ServerUnavailable, StoreError

FAILED = 1
UNUSABLE = 2
STORE_AWAY = 3
NOT_ENDED = 4


def report(error: FlowCompilerError) -> int:
    """Tell the error on stderr; returns the exit code."""
    _tell(str(error), error.next_step)
    if isinstance(error, RunCancelled):
        return stopping.exit_code()
    return STORE_AWAY if isinstance(error, StoreError | ServerUnavailable) else UNUSABLE


def report_output(error: OSError) -> int:
    """Standard output cannot be written; returns the exit code."""
    _tell(f"the output cannot be written: {error.strerror or error}", "Free some space there, or write it elsewhere.")
    return STORE_AWAY


def report_unexpected(error: BaseException, folder: Path) -> int:
    """A mistake of ours: one sentence, and the traceback in a file of the folder to attach to a report."""
    _tell(kept_details(error, folder), FlowCompilerError.next_step)
    return STORE_AWAY


def kept_details(error: BaseException, folder: Path) -> str:
    """Writes the traceback into a file of the folder; returns the sentence that says so."""
    file = folder / f"error-{int(time.time())}-{os.getpid()}.txt"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(traceback.format_exception(error)), encoding="utf-8", errors="backslashreplace")
        place = f"the details are in {file}"
    except OSError as problem:
        place = f"the details cannot be written ({problem.strerror})"
    return f"unexpected {type(error).__name__}; {place}"


def write_text(file: Path, text: str) -> None:
    """Raises click.BadParameter where the file cannot be written. One that is there stays whole: it may be the flow."""
    from flow_compiler.commands.whole_files import rewrite

    try:
        if file.is_file():
            rewrite(file, text.encode())
        else:
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"{file}: cannot write the file: {error.strerror or error}"
        raise click.BadParameter(message, param_hint="--output") from error


def _tell(message: str, next_step: str) -> None:
    click.echo(f"error: {message}", err=True)
    click.echo(f"  next: {next_step}", err=True)
