"""``flow-compiler list-components``: what flows may call, with what it takes and gives."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flow_compiler.commands.options import config_option, format_option, modules_option
from flow_compiler.language.expressions import Json

if TYPE_CHECKING:
    from flow_compiler.engine.components import Component


@click.command(
    "list-components",
    epilog="Exit codes: 0 listed; 2 wrong usage, or a plugin cannot be used.",
)
@format_option("text", "json", "markdown")
@config_option
@modules_option
def command(output_format: str, config: Path | None, modules: tuple[str, ...]) -> int:
    """List the components that flows may call.

    Those that the routes of --config lead to (its plugins are started for it), or the built-in ones, and those of
    --module. Without --config, a stepflow-config.yml in the working directory counts. --format markdown writes reference
    pages from their schemas.
    """
    from flow_compiler.commands.component_pages import reference_pages, summary

    components = sorted(asyncio.run(_components(config, modules)), key=lambda component: component.path)
    if output_format == "json":
        click.echo(json.dumps({"components": [_json(each) for each in components]}, ensure_ascii=False, indent=2))
    elif output_format == "markdown":
        click.echo(reference_pages(components), nl=False)
    else:
        width = max((len(each.path) for each in components), default=0)
        for each in components:
            click.echo(f"{each.path.ljust(width)}  {summary(each)}".rstrip())
    return 0


async def _components(config: Path | None, modules: tuple[str, ...]) -> list[Component]:
    from flow_compiler.commands.configured import configured
    from flow_compiler.language.model import Flow

    nowhere = Path.cwd() / "-"
    async with configured(Flow(), nowhere, config, modules).components() as components:
        return list(components)


def _json(component: Component) -> dict[str, Json]:
    return {
        "path": component.path,
        "description": component.description,
        "version": component.version,
        "effect": str(component.effect),
        "pool": component.pool,
        "input_schema": component.input_schema,
        "output_schema": component.output_schema,
    }
