"""``flow-compiler submit``: a run for a server, or the input of one partition of a flow that is compiled."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from flow_compiler.commands.failing import FAILED, NOT_ENDED
from flow_compiler.commands.options import Folder, flow_argument, format_option, json_option
from flow_compiler.commands.server_options import URL_VARIABLE, client, url_option
from flow_compiler.commands.tokens import token_option
from flow_compiler.language.expressions import Json

if TYPE_CHECKING:
    from flow_compiler.commands.server_client import ServerClient
    from flow_compiler.language.model import Flow

_COMPLETED = 2


@click.command(
    "submit",
    epilog="Exit codes: 0 submitted, and with --wait: it succeeded; 1 with --wait: it failed or was cancelled; 2 wrong "
    "usage, or it was refused; 3 a store or the server cannot be used now; 4 with --timeout: it had not ended; "
    "130 interrupted: the run goes on.",
)
@flow_argument
@url_option(required=False)
@json_option("--input", "The flow's input. Default: null.")
@click.option(
    "--inputs", type=click.Path(path_type=Path, dir_okay=False), help="With --url: many inputs, one JSON value a line."
)
@json_option("--variables", "An object: variable name to value.")
@json_option("--overrides", "With --url: patches of steps for this run: {steps: {ID: {value: PATCH}}}.")
@click.option("--max-concurrency", type=click.IntRange(1), help="With --url: inputs at work at once.")
@click.option("--run-id", help="With --url: the run's id. Given again, nothing new is begun.")
@click.option("--wait", is_flag=True, help="With --url: wait for the run's end, and print its result.")
@click.option("--timeout", type=click.FloatRange(0), help="Seconds to wait at most; the run goes on.")
@format_option("text", "json")
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@token_option
@click.option("--key", help="Without a server: the partition's key.")
@click.option("--name", help="Without a server: Dagster name of the flow, where its defs.yaml has one.")
@click.option(
    "--home",
    type=Folder(),
    envvar="STEPFLOW_HOME",
    default=Path(".stepflow"),
    show_default=True,
    help="Without a server: folder of the code location (STEPFLOW_HOME).",
)
@click.option("--database-url", metavar="URL", help="Without a server, where defs.yaml has one: the same.")
@click.pass_context
def command(
    context: click.Context,
    flow_file: Path,
    url: str | None,
    input: Json,
    inputs: Path | None,
    variables: Json,
    overrides: Json,
    max_concurrency: int | None,
    run_id: str | None,
    wait: bool,
    timeout: float | None,
    output_format: str,
    quiet: bool,
    token_file: Path | None,
    key: str | None,
    name: str | None,
    home: Path,
    database_url: str | None,
) -> int:
    """Have a server run a flow (--url), or enter an input under a partition key (--key).

    The server takes the flow as it is in the file; it need not know it. Without --wait the run's id is printed.

    With --key and no server: the key gets this input, and the next run in Dagster takes it. Where DAGSTER_HOME is set,
    the key becomes a partition of the flow there; else add it in the Dagster UI.
    """
    if not isinstance(variables, dict | None):
        raise click.BadParameter("must be an object: {name: value}", param_hint="--variables")
    if key is not None and context.get_parameter_source("url") is not ParameterSource.COMMANDLINE:
        url = None
    if url is None:
        if key is None:
            raise click.UsageError(f"Give --url (or {URL_VARIABLE}) for a server, or --key for a partition.")
        return _enter(_flow(flow_file), key, input, variables, name, home, database_url)
    if key is not None:
        raise click.UsageError("--key is for partitions; a server has none.")
    if inputs is not None and context.get_parameter_source("input") is ParameterSource.COMMANDLINE:
        raise click.UsageError("Give --input or --inputs, not both.")
    flow = _flow(flow_file)
    run: dict[str, Json] = {
        "flow": flow.to_json(),
        "input": [input] if inputs is None else _lines(inputs),
        "variables": variables or {},
        "overrides": overrides,
        "maxConcurrency": max_concurrency,
        "runId": run_id or str(uuid.uuid4()),
    }
    with client(url, token_file) as server:
        return _submit(server, run, wait=wait, timeout=timeout, as_json=output_format == "json", quiet=quiet)


def _flow(file: Path) -> Flow:
    from flow_compiler.flow_files import load_flow
    from flow_compiler.language.diagnostics import reject_if_fatal

    flow = load_flow(file)
    reject_if_fatal(flow)
    return flow


def _lines(file: Path) -> list[Json]:
    """The values of a JSONL file. Raises click.BadParameter with the line."""
    from flow_compiler.errors import FlowLoadError
    from flow_compiler.language.loader import decode, read_data

    try:
        text = decode(file.read_bytes(), str(file))
        return [
            read_data(line, f"{file}, line {number}", yaml=False)
            for number, line in enumerate(text.split("\n"), 1)  # a value may hold other ends of lines
            if line.strip()
        ]
    except FlowLoadError as error:
        raise click.BadParameter(f"{error} ({error.next_step})", param_hint="--inputs") from error
    except OSError as error:
        raise click.BadParameter(f"{file}: cannot read the file: {error.strerror}", param_hint="--inputs") from error


def _submit(
    server: ServerClient, run: dict[str, Json], *, wait: bool, timeout: float | None, as_json: bool, quiet: bool
) -> int:
    from flow_compiler.commands.following import follow
    from flow_compiler.commands.server_client import OutOfTime

    deadline = None if timeout is None else time.monotonic() + timeout
    summary = server.begin(run)
    run_id = str(summary["runId"])
    if not wait:
        click.echo(json.dumps(summary, ensure_ascii=False) if as_json else run_id)
        return 0
    if not quiet:
        click.echo(f"run {run_id}", err=True)
    look = f"look at it with: flow-compiler runs {run_id} --url {server.url}"
    try:
        status = follow(server, run_id, deadline, quiet=quiet)
    except KeyboardInterrupt:
        click.echo(f"the run goes on; {look}", err=True)
        raise
    except OutOfTime:
        click.echo(f"the run had not ended after {timeout:g} s, and goes on; {look}", err=True)
        return NOT_ENDED
    _tell(list(server.results(run_id)), run_id, status, as_json=as_json)
    return 0 if status == _COMPLETED else FAILED


def _tell(results: Sequence[dict[str, Json]], run_id: str, status: int, *, as_json: bool) -> None:
    from flow_compiler.commands.run_words import outcome_of, status_word

    if as_json:
        document = {"run_id": run_id, "status": status_word(status), "results": [outcome_of(each) for each in results]}
        click.echo(json.dumps(document, ensure_ascii=False))
        return
    if len(results) == 1 and "output" in results[0]:
        click.echo(json.dumps(results[0]["output"], ensure_ascii=False, indent=2))
        return
    for each in results:
        if len(results) > 1:
            click.echo(json.dumps(outcome_of(each), ensure_ascii=False))
        if "errorMessage" in each:
            click.echo(f"failed: item {each['itemIndex']}: {each['errorMessage']}", err=True)
            if isinstance(each.get("error"), dict):
                click.echo(f"  next: {each['error'].get('nextStep', '')}", err=True)
    if status != _COMPLETED:
        click.echo(
            f"the run has {status_word(status)}" if status == 3 else f"the run is {status_word(status)}", err=True
        )


def _enter(
    flow: Flow,
    key: str,
    input: Json,
    variables: dict[str, Json] | None,
    name: str | None,
    home: Path,
    database_url: str | None,
) -> int:
    from flow_compiler.assets.blueprint import name_of
    from flow_compiler.assets.input_table import open_input_table
    from flow_compiler.assets.partition_keys import enter_in_dagster_home

    flow_name = name_of(flow, name)
    with closing(open_input_table(database_url or f"sqlite:///{home.absolute() / 'stepflow.db'}", flow_name)) as inputs:
        inputs.submit(key, input, variables)
    entered = enter_in_dagster_home(flow_name, key)
    click.echo(f"{key}: submitted to {flow_name}" + ("" if entered else f"; add the partition {key} in the Dagster UI"))
    return 0
