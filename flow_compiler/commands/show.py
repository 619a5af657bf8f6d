"""``flow-compiler show``: a flow's steps, what needs what, where they run, and the assets they become."""

from __future__ import annotations

import json
from pathlib import Path

import click

from flow_compiler.commands.options import config_option, flow_argument, format_option, modules_option
from flow_compiler.language.expressions import Json


@click.command("show", epilog="Exit codes: 0 shown; 2 the flow cannot be used.")
@flow_argument
@format_option("text", "json", "mermaid")
@config_option
@modules_option
def command(flow_file: Path, output_format: str, config: Path | None, modules: tuple[str, ...]) -> int:
    """Show a flow's steps, what needs what, and the assets they become.

    "sometimes" marks a step that some inputs do not need: an $if, a $coalesce or a default decides. Pools that
    components declare are known for built-in ones, those of --module, and those that --config names and that need not be
    started; pools that its routes name are known for all.
    """
    shown = _describe(flow_file, config, modules)
    if output_format == "json":
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    elif output_format == "mermaid":
        click.echo(_mermaid(shown))
    else:
        click.echo(_text(shown))
    return 0


def _describe(file: Path, config: Path | None, modules: tuple[str, ...]) -> dict[str, Json]:
    from flow_compiler.assets.blueprint import draw
    from flow_compiler.assets.pools import DEFAULT_POOL, pool_of, routes_of
    from flow_compiler.commands.configured import Configured
    from flow_compiler.configuration.reading import read_configuration
    from flow_compiler.flow_files import load_flow
    from flow_compiler.language.dependencies import may_need, step_references
    from flow_compiler.language.diagnostics import reject_if_fatal

    flow = load_flow(file)
    reject_if_fatal(flow)
    configured = Configured(read_configuration(config, None) if config else None, modules)
    registry, routes = configured.known(), {}
    if configured.file is not None:
        routes = routes_of(flow, configured.known_routes(configured.file).pool_of, {})
    drawn = draw(flow, registry, pools={}, routes=routes, checks=())
    needs = step_references(flow)
    return {
        "file": str(file),
        "name": flow.name,
        "description": flow.description,
        "digest": flow.digest,
        "steps": [
            {
                "id": step.id,
                "component": step.component,
                "pool": pool_of(step, registry, routes) or DEFAULT_POOL,
                "needs": list(needs[step.id]),
                "runs": _runs(step.id, drawn.lineage.needed, drawn.lineage.certain),
                "on_error": step.on_error.to_json(),
                "must_execute": step.must_execute,
                "asset": f"{drawn.name}/{drawn.names[step.id]}" if step.id in drawn.assets else None,
            }
            for step in flow.steps
        ],
        "output": {"needs": list(may_need(flow.output))},
        "assets": [f"{drawn.name}/{drawn.names[asset]}" for asset in drawn.assets],
    }


def _runs(step_id: str, needed: object, certain: frozenset[str]) -> str:
    if step_id in certain:
        return "always"
    return "sometimes" if isinstance(needed, dict) and step_id in needed else "never"


def _text(shown: dict[str, Json]) -> str:
    title = shown["name"] or shown["file"]
    lines = [f"{title}: {shown['description']}" if shown["description"] else title, ""]
    header = ("step", "component", "pool", "runs", "needs", "asset")
    rows = [
        (
            step["id"],
            step["component"],
            step["pool"],
            step["runs"],
            ", ".join(step["needs"]) or "-",
            step["asset"] or "-",
        )
        for step in shown["steps"]
    ]
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    for row in [header, tuple("-" * width for width in widths), *rows]:
        lines.append("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    lines += ["", f"output needs: {', '.join(shown['output']['needs']) or 'no step'}"]
    if not any(step["asset"] for step in shown["steps"]):
        lines.append(f"asset of the whole flow: {', '.join(shown['assets'])}")
    return "\n".join(lines)


def _mermaid(shown: dict[str, Json]) -> str:
    """A Mermaid flowchart; dashed boxes are steps without an asset of their own."""
    names = {step["id"]: f"s{number}" for number, step in enumerate(shown["steps"])}
    lines = ["flowchart LR"]
    for step in shown["steps"]:
        lines.append(f'  {names[step["id"]]}["{_quoted(step["id"])}<br/><small>{_quoted(step["component"])}</small>"]')
    lines.append('  output(["output"])')
    for step in shown["steps"]:
        lines += [f"  {names[needed]} --> {names[step['id']]}" for needed in step["needs"]]
    lines += [f"  {names[needed]} --> output" for needed in shown["output"]["needs"] if needed in names]
    plain = [names[step["id"]] for step in shown["steps"] if not step["asset"]]
    if plain:
        lines += ["  classDef plain stroke-dasharray: 4 3", f"  class {','.join(plain)} plain"]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
