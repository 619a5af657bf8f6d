"""``flow-compiler schema``: the JSON schema of a flow file, for editors."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command("schema", epilog="Exit codes: 0 printed or written; 2 the file cannot be written.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead of stdout.")
def command(output: Path | None) -> int:
    """Print the JSON schema (2020-12) of a flow file.

    An editor that knows it completes keys, shows what they mean, and underlines what a flow does not have. With the YAML
    language server, write as a flow's first line: # yaml-language-server: $schema=flow.schema.json
    """
    from flow_compiler.commands.failing import write_text
    from flow_compiler.language.flow_schema import flow_file_schema

    text = json.dumps(flow_file_schema(), ensure_ascii=False, indent=2) + "\n"
    if output is None:
        click.echo(text, nl=False)
    else:
        write_text(output, text)
    return 0
