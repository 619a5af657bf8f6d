"""``flow-compiler validate``: everything that can be said about a flow without running it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flow_compiler.commands.failing import UNUSABLE
from flow_compiler.commands.options import config_option, format_option, modules_option
from flow_compiler.errors import FlowLoadError
from flow_compiler.flow_files import load_flow
from flow_compiler.language.builtin_paths import BUILTIN_PATHS, PREFIX
from flow_compiler.language.diagnostics import Diagnostic, Kind, Level, diagnose, strictly, unreadable
from flow_compiler.language.diagnostics.diagnostic import finding
from flow_compiler.language.expressions import Json
from flow_compiler.language.model import Flow
from flow_compiler.language.nested_steps import nested_steps_at
from flow_compiler.language.source import Part, Where

if TYPE_CHECKING:
    from flow_compiler.plugins.routing import RoutedComponents


@click.command("validate", epilog="Exit codes: 0 every flow can be used; 2 one cannot, or has errors.")
@click.argument("flow_files", metavar="FLOW...", nargs=-1, type=click.Path(path_type=Path))
@format_option("text", "json")
@config_option
@modules_option
@click.option("--all", "show_all", is_flag=True, help="Also list what could not be checked for want of a schema.")
@click.option(
    "--type-check", is_flag=True, help="Follow schemas through the flow: what a step gives, and what takes it."
)
@click.option("--strict", is_flag=True, help="Keys that mean nothing, and syntax that was removed, are errors.")
def command(
    flow_files: tuple[Path, ...],
    output_format: str,
    config: Path | None,
    modules: tuple[str, ...],
    show_all: bool,
    type_check: bool,
    strict: bool,
) -> int:
    """Check flows, and a configuration, without running them.

    Each finding has a place, a level (fatal: the flow cannot be used; error: it will fail there; warning) and what to
    write instead. A /builtin/ component that does not exist is an error; with --module, so is any other that is neither
    built in nor in a module; with --config, so is any that no route leads to, or that its plugin does not have as far as
    this is known without starting it.
    """
    if not flow_files and config is None:
        raise click.UsageError("Missing argument 'FLOW...' (or --config FILE).")
    settings, components = _configuration(config, modules) if config else (None, None)
    checked = [_check(file, modules, components, type_check=type_check, strict=strict) for file in flow_files]
    if output_format == "json":
        told = {"flows": checked} if settings is None else {"flows": checked, "configuration": settings}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        for each in [*([settings] if settings is not None else []), *checked]:
            _print(each, show_all=show_all)
    return 0 if all(each["valid"] for each in [*checked, settings or {"valid": True}]) else UNUSABLE


def _configuration(config: Path, modules: tuple[str, ...]) -> tuple[dict[str, Json], RoutedComponents | None]:
    from flow_compiler.commands.checked_configuration import check_configuration

    return check_configuration(config, modules)


def _check(
    file: Path, modules: tuple[str, ...], components: RoutedComponents | None, *, type_check: bool, strict: bool
) -> dict[str, Json]:
    try:
        flow = load_flow(file)
    except FlowLoadError as error:
        return {"file": str(file), "valid": False, "diagnostics": [unreadable(error).to_json()]}
    findings = diagnose(flow) + _unknown_components(flow, modules, components)
    if type_check:
        findings += _type_check(flow, modules, components)
    if strict:
        findings = strictly(findings)
    findings.sort(key=lambda each: (each.line or 0, each.column or 0, each.code))
    return {
        "file": str(file),
        "valid": not any(each.level in (Level.FATAL, Level.ERROR) for each in findings),
        "name": flow.name,
        "digest": flow.digest,
        "steps": len(flow.steps),
        "diagnostics": [each.to_json() for each in findings],
    }


def _type_check(flow: Flow, modules: tuple[str, ...], components: RoutedComponents | None) -> list[Diagnostic]:
    from flow_compiler.commands.modules import registry_of
    from flow_compiler.commands.signatures import signatures_of
    from flow_compiler.language.types.checking import type_check

    return type_check(flow, signatures_of(components or registry_of(modules)))


def _unknown_components(flow: Flow, modules: tuple[str, ...], components: RoutedComponents | None) -> list[Diagnostic]:
    """Components of steps, those of flows inside too, that nobody declares. Without modules only built-in ones are known."""
    called = list(_called(flow))
    if components is None and not modules and not any(_is_missing(component) for _, component in called):
        return []  # nothing to ask the components, which take longer to load than most flows
    from flow_compiler.commands.modules import registry_of
    from flow_compiler.errors import UnknownComponent

    registry = components or registry_of(modules)
    found: list[Diagnostic] = []
    for pointer, component in called:
        known = modules or component.startswith(PREFIX) if components is None else components.is_known(component)
        if known:
            try:
                registry.get(component)
            except UnknownComponent as error:
                where = Where(flow.source, pointer)
                found.append(finding(Kind.INVALID_COMPONENT, error.message, where, instead=error.next_step))
    return found


def _is_missing(component: str) -> bool:
    return component.startswith(PREFIX) and component not in BUILTIN_PATHS


def _called(flow: Flow) -> Iterator[tuple[tuple[Part, ...], str]]:
    """Where each component is written, and its path."""
    for index, step in enumerate(flow.steps):
        at = ("steps", index)
        yield (*at, "component"), step.component
        for pointer, nested in nested_steps_at(step.to_json().get("input"), (*at, "input")):
            yield (*pointer, "component"), nested["component"]


def _print(flow: dict[str, Json], *, show_all: bool) -> None:
    shown = [each for each in flow["diagnostics"] if show_all or not each.get("experimental")]
    for each in shown:
        place = ":".join(str(part) for part in (flow["file"], each.get("line"), each.get("column")) if part is not None)
        click.echo(f"{place}: {each['level']} {each['code']} {each['kind']}: {each['path']}: {each['message']}")
        if each.get("instead"):
            click.echo(f"    {each['instead']}")
    counts = Counter(each["level"] for each in shown)
    hidden = len(flow["diagnostics"]) - len(shown)
    parts = [f"{number} {level}{'s' if number > 1 and level != 'fatal' else ''}" for level, number in counts.items()]
    if hidden:
        parts.append(f"{hidden} without a schema to check against, --all lists them")
    verdict = "can be used" if flow["valid"] else "cannot be used as it is"
    click.echo(f"{flow['file']}: {verdict}" + (f" ({', '.join(parts)})" if parts else ""))
