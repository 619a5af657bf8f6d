"""A run over many inputs: one line of output for each, in their order."""

from __future__ import annotations

import json

import click

from flow_compiler.commands.documents import yaml_document
from flow_compiler.commands.failing import FAILED
from flow_compiler.commands.input_lines import InputLines
from flow_compiler.commands.ordered_lines import OrderedLines
from flow_compiler.commands.progress import Progress
from flow_compiler.commands.run_one import document_of
from flow_compiler.commands.run_request import RunRequest, open_engine
from flow_compiler.commands.same_run import require_same
from flow_compiler.engine.engine import ItemResult
from flow_compiler.engine.outcomes import Failure, to_json
from flow_compiler.engine.run_batch import item_key, run_batch

_AT_ONCE = 16
_WINDOW = 16
"""Inputs for each one in work that may be ahead of the first missing result."""


async def run_inputs(request: RunRequest, inputs: InputLines) -> int:
    """Runs the flow on each input and prints each result; returns the exit code. Raises BrokenLine."""
    at_once = min(request.max_concurrency or _AT_ONCE, 1024)
    lines = OrderedLines(click.echo, at_once * _WINDOW)
    surveyed = inputs.surveyed
    progress = Progress(inputs=surveyed.count if surveyed else None, many=True)
    async with open_engine(request, many_inputs=True) as (engine, stores):
        if surveyed is not None:
            given = {"inputs": surveyed.digest}
            await require_same(stores, request.run_id, flow=request.flow, given=given, variables=request.variables)

        async def ended(index: int, result: ItemResult) -> None:
            progress.ended(failed=isinstance(result.result, Failure))
            lines.add(index, _line(request, result))
            if not request.kept:
                await stores.journal.forget(item_key(index))

        async with progress.shown(enabled=not request.quiet):
            await run_batch(
                engine,
                request.flow,
                lines.paced(inputs.read()),
                ended,
                run_id=request.run_id,
                variables=request.variables,
                at_once=at_once,
                hooks=progress,
                refresh=request.refresh,
            )
    if not request.quiet:
        click.echo(progress.summary, err=True)
    return FAILED if progress.failed else 0


def _line(request: RunRequest, result: ItemResult) -> str:
    match request.output_format:
        case "yaml":
            return f"---\n{yaml_document(document_of(request, result))}"
        case "json":
            return json.dumps(document_of(request, result), ensure_ascii=False)
        case _:
            return json.dumps(to_json(result.result), ensure_ascii=False)
