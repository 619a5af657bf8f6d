"""A run over one input, and how its result is shown."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from flow_compiler.commands.documents import yaml_document
from flow_compiler.commands.failing import FAILED
from flow_compiler.commands.progress import Progress
from flow_compiler.commands.run_request import RunRequest, open_engine
from flow_compiler.commands.same_run import require_same
from flow_compiler.engine.engine import ItemResult
from flow_compiler.engine.outcomes import Failure, StepRecord, Success, to_json
from flow_compiler.language.expressions import Json
from flow_compiler.language.schemas import variable_defaults
from flow_compiler.language.secrets import Secrets, scrubbed

_ITEM = "input"
_TOLD = {"attempts", "seconds", "reuse", "numbers", "degraded", "computed", "reused"}


async def run_one(request: RunRequest, given: Json, steps: Sequence[str]) -> int:
    """Runs the flow, or only the chosen steps of it, and prints what came of it; returns the exit code."""
    progress = Progress()
    async with open_engine(request, many_inputs=False) as (engine, stores):
        await require_same(stores, request.run_id, flow=request.flow, given=given, variables=request.variables)
        item = engine.item(
            request.flow,
            run_id=request.run_id,
            key=_ITEM,
            input=given,
            variables=request.variables,
            hooks=progress,
            refresh=request.refresh,
            waiting=None if request.quiet else progress.waiting,
        )
        async with progress.shown(enabled=not request.quiet):
            result = await item.evaluate(steps or None)
    secret = Secrets.of(request.flow).values({**variable_defaults(request.flow), **request.variables}, given)
    return _tell(request, result, steps, secret)


def _tell(request: RunRequest, result: ItemResult, steps: Sequence[str], secret: frozenset[str]) -> int:
    """On stderr, which ends in logs, no secret is shown; what stdout gives is what was asked for."""
    chosen = {step: _result(result.records[step]) for step in steps if step in result.records}
    if request.output_format == "text":
        if isinstance(result.result, Failure):
            click.echo(scrubbed(f"failed: {result.result.code}: {result.result.message}", secret), err=True)
            click.echo(scrubbed(f"  next: {result.result.next_step}", secret), err=True)
        else:
            click.echo(json.dumps(chosen if steps else result.result.result, ensure_ascii=False, indent=2))
    else:
        document = document_of(request, result)
        if chosen and isinstance(result.result, Success):
            document["result"] = chosen
        shown = json.dumps(document, ensure_ascii=False)
        click.echo(yaml_document(document) if request.output_format == "yaml" else shown)
    return FAILED if isinstance(result.result, Failure) else 0


def document_of(request: RunRequest, result: ItemResult) -> dict[str, Json]:
    """Outcome, result or error, and every step that ended."""
    records = {step: _record(record) for step, record in result.records.items()}
    document = {"run_id": request.run_id, "flow": request.flow.name, **to_json(result.result), "steps": records}
    return {**document, "seconds": round(result.seconds, 3)}


def _result(record: StepRecord) -> Json:
    return record.outcome.result if isinstance(record.outcome, Success) else None


def _record(record: StepRecord) -> dict[str, Json]:
    outcome = to_json(record.outcome)
    outcome.pop("result", None)
    return {**outcome, **record.model_dump(mode="json", include=_TOLD)}
