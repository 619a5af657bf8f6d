"""``flow-compiler infer``: a flow with the schemas that follow from its components and from what it uses."""

from __future__ import annotations

import json
from pathlib import Path

import click

from flow_compiler.commands.failing import FAILED, UNUSABLE, write_text
from flow_compiler.commands.options import config_option, flow_argument, modules_option
from flow_compiler.language.expressions import Json


@click.command(
    "infer",
    epilog="Exit codes: 0 written, or nothing to add; 1 with --check: schemas are missing; 2 the flow cannot be used, or "
    "what it declares conflicts with its components.",
)
@flow_argument
@config_option
@modules_option
@click.option("--format", "output_format", type=click.Choice(["yaml", "json"]), help="Default: that of the file.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead of stdout.")
@click.option("--check", is_flag=True, help="Write nothing; fail when schemas could be added.")
def command(
    flow_file: Path,
    config: Path | None,
    modules: tuple[str, ...],
    output_format: str | None,
    output: Path | None,
    check: bool,
) -> int:
    """Write a flow with inferred schemas: the input's fields that are used, results of steps, the output.

    What the flow declares stays. Conflicts with what the components declare are told on stderr. Comments are not kept: use
    --output for another file, and copy `schemas:` over.

    Schemas are known of built-in components, those of --module, and those that --config names and that need not be started.
    """
    from flow_compiler.commands.configured import Configured
    from flow_compiler.commands.signatures import signatures_of
    from flow_compiler.configuration.reading import read_configuration
    from flow_compiler.flow_files import load_flow, read_flow_value
    from flow_compiler.language.diagnostics import reject_if_fatal
    from flow_compiler.language.types.inference import infer

    flow = load_flow(flow_file)
    reject_if_fatal(flow)
    configured = Configured(read_configuration(config, None) if config else None, modules)
    inferred = infer(flow, signatures_of(configured.known()))
    for conflict in inferred.conflicts:
        click.echo(conflict.in_one_line(str(flow_file)), err=True)
        click.echo(f"    {conflict.instead}", err=True)
    if check:
        complete = inferred.schemas == dict(flow.schemas)
        click.echo(f"{flow_file}: {'nothing to add' if complete else 'schemas can be added: run without --check'}")
        return UNUSABLE if inferred.conflicts else 0 if complete else FAILED
    written = _with_schemas(read_flow_value(flow_file), inferred.schemas)
    as_json = output_format == "json" if output_format else flow_file.suffix.lower() == ".json"
    text = _text(written, as_json=as_json)
    if output is None:
        click.echo(text, nl=False)
    else:
        write_text(output, text)
    return UNUSABLE if inferred.conflicts else 0


def _with_schemas(value: Json, schemas: dict[str, Json]) -> dict[str, Json]:
    """The flow as it was written, ``schemas`` in its usual place: before the steps."""
    fields: dict[str, Json] = dict(value or {})
    if not schemas:
        return fields
    if fields.get("schemas") is not None:
        return {**fields, "schemas": schemas}
    fields.pop("schemas", None)
    before: dict[str, Json] = {
        key: fields.pop(key) for key in ("schema", "name", "description", "version") if key in fields
    }
    return {**before, "schemas": schemas, **fields}


def _text(value: Json, *, as_json: bool) -> str:
    from flow_compiler.language.yaml_output import to_yaml

    return json.dumps(value, ensure_ascii=False, indent=2) + "\n" if as_json else to_yaml(value)
