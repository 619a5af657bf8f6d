"""``flow-compiler run``: one flow on one input, with the interpreter that everything else uses too."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flow_compiler.commands.failing import FAILED
from flow_compiler.commands.options import Folder, config_option, flow_argument, json_option, modules_option
from flow_compiler.language.expressions import Json

if TYPE_CHECKING:
    from flow_compiler.commands.configured import Configured
    from flow_compiler.engine.engine import ItemResult
    from flow_compiler.engine.outcomes import FlowResult, StepRecord
    from flow_compiler.engine.stores import Stores
    from flow_compiler.language.model import Flow

_ITEM = "input"
_TOLD = {"attempts", "seconds", "reuse", "numbers", "degraded", "computed", "reused"}


@dataclass(frozen=True)
class _Request:
    flow: Flow
    configured: Configured
    given: Json
    variables: dict[str, Json]
    steps: tuple[str, ...]
    home: Path | None
    journal: str | None
    run_id: str
    refresh: bool
    quiet: bool


@click.command(
    "run",
    epilog="Exit codes: 0 the flow succeeded; 1 it ran and failed; 2 wrong usage, or the flow cannot be used; "
    "3 a store cannot be used now; 130 interrupted; 143 terminated.",
)
@flow_argument
@json_option("--input", "The flow's input. Default: null.")
@json_option("--variables", "An object: variable name to value.")
@json_option("--overrides", "Patches of steps for this run: {steps: {ID: {value: PATCH}}}.")
@click.option("--step", "steps", multiple=True, metavar="ID", help="Run only this step and what it needs; repeatable.")
@config_option
@modules_option
@click.option("--json", "as_json", is_flag=True, help="One JSON document: outcome, result or error, and every step.")
@click.option(
    "--home",
    type=Folder(),
    help="Folder that remembers results and finished steps. Default: nothing is kept.",
)
@click.option("--journal", metavar="URL", help="Database instead of a file in --home: postgresql://… or sqlite:///….")
@click.option("--run-id", help="Go on with this run (with --home): its finished steps are not repeated.")
@click.option("--refresh", is_flag=True, help="Ignore what is remembered from other runs.")
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
def command(
    flow_file: Path,
    input: Json,
    variables: Json,
    overrides: Json,
    steps: tuple[str, ...],
    config: Path | None,
    modules: tuple[str, ...],
    as_json: bool,
    home: Path | None,
    journal: str | None,
    run_id: str | None,
    refresh: bool,
    quiet: bool,
) -> int:
    """Run a flow on one input and print its result as JSON.

    Components are those that the configuration's routes lead to (--config, else stepflow-config.yml in the flow's folder
    or the working directory) and those of --module; without a configuration, the built-in ones and those of --module.
    """
    if not isinstance(variables, dict | None):
        raise click.BadParameter("must be an object: {name: value}", param_hint="--variables")
    if journal and not home:
        raise click.UsageError("--journal needs --home: artifacts are kept there.")
    flow = _flow(flow_file, overrides, steps)
    found = _configured(flow, flow_file, config, modules, quiet=quiet)
    kept = home is not None or found.keeps_runs
    if run_id and not kept:
        raise click.UsageError("--run-id needs --home: without it nothing of a run is kept.")
    request = _Request(
        flow=flow,
        configured=found,
        given=input,
        variables=variables or {},
        steps=steps,
        home=home,
        journal=journal,
        run_id=run_id or str(uuid.uuid4()),
        refresh=refresh,
        quiet=quiet,
    )
    if kept and not run_id and not quiet:
        click.echo(f"run {request.run_id}", err=True)
    try:
        result = asyncio.run(_run(request))
    except KeyboardInterrupt:
        if kept:
            place = f"--home {home} " if home else ""
            click.echo(f"finished steps are kept: go on with {place}--run-id {request.run_id}", err=True)
        raise
    return _tell(request, result, as_json=as_json)


def _flow(file: Path, overrides: Json, steps: tuple[str, ...]) -> Flow:
    from flow_compiler.flow_files import load_flow
    from flow_compiler.language.diagnostics import Level, diagnose, reject_if_fatal
    from flow_compiler.language.overrides import apply_overrides

    flow = load_flow(file)
    for found in reject_if_fatal(flow):
        if found.level is Level.ERROR:
            click.echo(f"warning: {file}:{found.line}:{found.column}: {found.message} ({found.instead})", err=True)
    if overrides is not None:
        flow = apply_overrides(flow, overrides)
        for found in diagnose(flow):
            if found.level is not Level.WARNING:
                click.echo(f"warning: with --overrides: {found.path}: {found.message} ({found.instead})", err=True)
    for step_id in steps:
        if step_id not in flow:
            known = ", ".join(step.id for step in flow.steps) or "none"
            raise click.BadParameter(f"the flow has no step {step_id!r}; it has: {known}", param_hint="--step")
    return flow


def _configured(flow: Flow, file: Path, config: Path | None, modules: tuple[str, ...], *, quiet: bool) -> Configured:
    from flow_compiler.commands.configured import configured
    from flow_compiler.commands.modules import registry_of

    registry_of(modules)  # what is wrong with a module is wrong usage, and said before anything is started
    return configured(flow, file, config, modules, quiet=quiet)


async def _run(request: _Request) -> ItemResult:
    from flow_compiler.commands.progress import Progress
    from flow_compiler.commands.same_run import require_same
    from flow_compiler.engine.engine import Engine

    progress = Progress()
    async with (
        _stores(request) as stores,
        request.configured.components() as components,
        Engine(components, stores, settings=request.configured.settings) as engine,
    ):
        await require_same(stores, request.run_id, flow=request.flow, given=request.given, variables=request.variables)
        item = engine.item(
            request.flow,
            run_id=request.run_id,
            key=_ITEM,
            input=request.given,
            variables=request.variables,
            hooks=progress,
            refresh=request.refresh,
            waiting=None if request.quiet else progress.waiting,
        )
        async with progress.shown(enabled=not request.quiet):
            return await item.evaluate(request.steps or None)


@asynccontextmanager
async def _stores(request: _Request) -> AsyncIterator[Stores]:
    from flow_compiler.engine.configured import open_configured_stores
    from flow_compiler.engine.storage import memory_stores, open_stores

    if request.home is None:
        if request.configured.file is None:
            yield memory_stores()
            return
        async with open_configured_stores(request.configured.file) as stores:
            yield stores
        return
    url = request.journal or f"sqlite:///{request.home.absolute() / 'journal.db'}"
    async with open_stores(url, request.home.absolute() / "artifacts") as stores:
        yield stores


def _tell(request: _Request, result: ItemResult, *, as_json: bool) -> int:
    from flow_compiler.engine.outcomes import Failure, to_json

    chosen = {step: _result(result.records[step].outcome) for step in request.steps if step in result.records}
    failed = isinstance(result.result, Failure)
    if as_json:
        said = to_json(result.result)
        if chosen and not failed:
            said["result"] = chosen
        records = {step: _record(record) for step, record in result.records.items()}
        document = {"run_id": request.run_id, "flow": request.flow.name, **said, "steps": records}
        click.echo(json.dumps({**document, "seconds": round(result.seconds, 3)}, ensure_ascii=False))
    elif isinstance(result.result, Failure):
        click.echo(f"failed: {result.result.code}: {result.result.message}", err=True)
        click.echo(f"  next: {result.result.next_step}", err=True)
    else:
        shown = chosen if request.steps else result.result.result
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    return FAILED if failed else 0


def _result(outcome: FlowResult) -> Json:
    from flow_compiler.engine.outcomes import Success

    return outcome.result if isinstance(outcome, Success) else None


def _record(record: StepRecord) -> dict[str, Json]:
    from flow_compiler.engine.outcomes import to_json

    outcome = to_json(record.outcome)
    outcome.pop("result", None)
    return {**outcome, **record.model_dump(mode="json", include=_TOLD)}
