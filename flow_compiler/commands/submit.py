"""``flow-compiler submit``: the input of one partition of a flow that is not about documents."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from flow_compiler.commands.options import Folder, flow_argument, json_option
from flow_compiler.language.expressions import Json


@click.command(
    "submit",
    epilog="Exit codes: 0 submitted; 2 wrong usage, or the flow cannot be used; 3 a store cannot be used now.",
)
@flow_argument
@click.option("--key", required=True, help="The partition's key.")
@json_option("--input", "The flow's input for this key. Default: null.")
@json_option("--variables", "An object: variable name to value.")
@click.option("--name", help="Dagster name of the flow, where its defs.yaml has one.")
@click.option(
    "--home",
    type=Folder(),
    envvar="STEPFLOW_HOME",
    default=Path(".stepflow"),
    show_default=True,
    help="Folder of the code location (STEPFLOW_HOME).",
)
@click.option("--database-url", metavar="URL", help="Where defs.yaml has one: the same.")
def command(
    flow_file: Path,
    key: str,
    input: Json,
    variables: Json,
    name: str | None,
    home: Path,
    database_url: str | None,
) -> int:
    """Enter an input under a partition key, or give the key another input: the next run takes it.

    Where DAGSTER_HOME is set, the key becomes a partition of the flow there; else add it in the Dagster UI.
    """
    from flow_compiler.assets.blueprint import name_of
    from flow_compiler.assets.input_table import open_input_table
    from flow_compiler.assets.partition_keys import enter_in_dagster_home
    from flow_compiler.flow_files import load_flow
    from flow_compiler.language.diagnostics import reject_if_fatal

    if not isinstance(variables, dict | None):
        raise click.BadParameter("must be an object: {name: value}", param_hint="--variables")
    flow = load_flow(flow_file)
    reject_if_fatal(flow)
    flow_name = name_of(flow, name)
    with closing(open_input_table(database_url or f"sqlite:///{home.absolute() / 'stepflow.db'}", flow_name)) as inputs:
        inputs.submit(key, input, variables)
    entered = enter_in_dagster_home(flow_name, key)
    click.echo(f"{key}: submitted to {flow_name}" + ("" if entered else f"; add the partition {key} in the Dagster UI"))
    return 0
