"""Errors as a person sees them: place and cause, the next step, an exit code."""

from __future__ import annotations

import click

from flow_compiler.errors import FlowCompilerError, StoreError

FAILED = 1
UNUSABLE = 2
STORE_AWAY = 3


def report(error: FlowCompilerError) -> int:
    """Tell the error on stderr; returns the exit code."""
    click.echo(f"error: {error}", err=True)
    click.echo(f"  next: {error.next_step}", err=True)
    return STORE_AWAY if isinstance(error, StoreError) else UNUSABLE
