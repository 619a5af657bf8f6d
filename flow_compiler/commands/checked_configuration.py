"""A configuration as ``validate`` shows it, and the components that are known through it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flow_compiler.commands.configured import Configured
from flow_compiler.configuration.diagnose import diagnose_configuration
from flow_compiler.configuration.reading import read_configuration
from flow_compiler.errors import ConfigurationError
from flow_compiler.language.diagnostics import Kind, Level, unreadable
from flow_compiler.language.expressions import Json

if TYPE_CHECKING:
    from flow_compiler.plugins.routing import RoutedComponents


def check_configuration(path: Path, modules: tuple[str, ...]) -> tuple[dict[str, Json], RoutedComponents | None]:
    """What there is to say, in the form of a checked flow; no components where it cannot be used."""
    findings: list[dict[str, Json]] = []
    components: RoutedComponents | None = None
    try:
        file = read_configuration(path)
        found = sorted(diagnose_configuration(file), key=lambda each: (each.line or 0, each.column or 0, each.code))
        findings = [each.to_json() for each in found]
        if not any(each.level is Level.ERROR for each in found):
            components = Configured(file, modules).known_routes(file)
    except ConfigurationError as error:
        findings.append(unreadable(error, Kind.UNREADABLE_CONFIGURATION).to_json())
    valid = not any(each["level"] in ("fatal", "error") for each in findings)
    return {"file": str(path), "valid": valid, "diagnostics": findings}, components
