"""``flow-compiler run``: a flow on one input or many, with the interpreter that everything else uses too."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flow_compiler.commands.options import (
    Folder,
    config_option,
    flow_argument,
    format_option,
    json_option,
    modules_option,
    strict_option,
)
from flow_compiler.language.expressions import Json

if TYPE_CHECKING:
    from flow_compiler.commands.run_request import RunRequest
    from flow_compiler.language.model import Flow


@click.command(
    "run",
    epilog="Exit codes: 0 the flow succeeded, on every input; 1 it ran and failed; 2 wrong usage, or the flow or an "
    "input line cannot be used; 3 a store cannot be used now; 130 interrupted.",
)
@flow_argument
@json_option("--input", "The flow's input. Default: null.")
@click.option(
    "--inputs",
    metavar="FILE|-",
    help="Run once over many inputs: JSON, one a line. Prints a line for each, in their order.",
)
@json_option("--variables", "An object: variable name to value.")
@click.option(
    "--env-variables",
    is_flag=True,
    help="Take variables that are not given from the environment: the schema's env_var, else STEPFLOW_VAR_<NAME>.",
)
@json_option("--overrides", "Patches of steps for this run: {steps: {ID: {value: PATCH}}}.")
@click.option("--step", "steps", multiple=True, metavar="ID", help="Run only this step and what it needs; repeatable.")
@config_option
@modules_option
@strict_option
@click.option("--max-concurrency", type=click.IntRange(min=1), metavar="N", help="At most N component calls at once.")
@format_option("text", "json", "yaml")
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
    inputs: str | None,
    variables: Json,
    env_variables: bool,
    overrides: Json,
    steps: tuple[str, ...],
    config: Path | None,
    modules: tuple[str, ...],
    strict: bool,
    max_concurrency: int | None,
    output_format: str,
    home: Path | None,
    journal: str | None,
    run_id: str | None,
    refresh: bool,
    quiet: bool,
) -> int:
    """Run a flow on one input and print its result as JSON.

    With --format json or yaml: one document with the outcome, the result or error, and every step. With --inputs each
    input is isolated from the others, and its line is {outcome: success, result} or {outcome: failed, error}.

    Components are those that the configuration's routes lead to (--config, else stepflow-config.yml in the flow's folder
    or the working directory) and those of --module; without a configuration, the built-in ones and those of --module.
    """
    if not isinstance(variables, dict | None):
        raise click.BadParameter("must be an object: {name: value}", param_hint="--variables")
    if inputs is not None and (input is not None or steps):
        raise click.UsageError("--inputs goes with neither --input nor --step.")
    if journal and not home:
        raise click.UsageError("--journal needs --home: artifacts are kept there.")
    from flow_compiler.commands.configured import configured
    from flow_compiler.commands.input_lines import InputLines
    from flow_compiler.commands.modules import registry_of
    from flow_compiler.commands.run_inputs import run_inputs
    from flow_compiler.commands.run_one import run_one
    from flow_compiler.commands.run_request import RunRequest
    from flow_compiler.language.environment import with_environment

    flow = _flow(flow_file, overrides, steps, strict=strict)
    registry_of(modules)  # what is wrong with a module is wrong usage, and said before anything is started
    request = RunRequest(
        flow=flow,
        configured=configured(flow, flow_file, config, modules, quiet=quiet),
        variables=with_environment(flow, variables or {}, os.environ) if env_variables else variables or {},
        home=home,
        journal=journal,
        run_id=run_id or str(uuid.uuid4()),
        refresh=refresh,
        quiet=quiet,
        max_concurrency=max_concurrency,
        output_format=output_format,
    )
    if run_id and not request.kept:
        raise click.UsageError("--run-id needs --home: without it nothing of a run is kept.")
    if inputs is None:
        return _until_interrupted(request, run_one(request, input, steps), told=run_id is not None)
    with InputLines(inputs, kept=request.kept) as lines:
        return _until_interrupted(request, run_inputs(request, lines), told=run_id is not None)


def _until_interrupted(request: RunRequest, work: Coroutine[Any, Any, int], *, told: bool) -> int:
    from flow_compiler.commands.run_request import how_to_go_on

    if request.kept and not told and not request.quiet:
        click.echo(f"run {request.run_id}", err=True)
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        click.echo(how_to_go_on(request), err=True)
        raise


def _flow(file: Path, overrides: Json, steps: tuple[str, ...], *, strict: bool) -> Flow:
    from flow_compiler.flow_files import load_flow
    from flow_compiler.language.diagnostics import Level, diagnose, reject_if_fatal
    from flow_compiler.language.overrides import apply_overrides

    flow = load_flow(file)
    for found in reject_if_fatal(flow, strict=strict):
        if found.level is Level.ERROR:
            click.echo(f"warning: {file}:{found.line}:{found.column}: {found.message} ({found.instead})", err=True)
    if overrides is not None:
        from flow_compiler.commands.overridden import require_usable

        flow = apply_overrides(flow, overrides)
        require_usable(flow)
        for found in diagnose(flow):
            if found.level is Level.ERROR:
                click.echo(f"warning: with --overrides: {found.path}: {found.message} ({found.instead})", err=True)
    for step_id in steps:
        if step_id not in flow:
            known = ", ".join(step.id for step in flow.steps) or "none"
            raise click.BadParameter(f"the flow has no step {step_id!r}; it has: {known}", param_hint="--step")
    return flow
