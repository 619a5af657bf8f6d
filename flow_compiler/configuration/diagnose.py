"""What can be said about a configuration, and about a flow with it, without starting anything."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from flow_compiler.configuration.plugins import MockPlugin
from flow_compiler.configuration.reading import ConfigurationFile
from flow_compiler.language.diagnostics.diagnostic import Diagnostic, finding
from flow_compiler.language.diagnostics.kinds import Kind
from flow_compiler.language.source import Where


def diagnose_configuration(file: ConfigurationFile) -> list[Diagnostic]:
    """Old forms and settings without effect, and codes 1200 to 1202, 1500 and 2200."""
    return [*file.found, *_plugins_and_routes(file), *_routes_to_nothing(file), *_mocks(file)]


def _plugins_and_routes(file: ConfigurationFile) -> Iterator[Diagnostic]:
    configuration, top = file.configuration, Where(file.source)
    if not configuration.plugins:
        yield finding(
            Kind.NO_PLUGINS_CONFIGURED,
            "no plugins are configured: no component can be called",
            top,
            path=("plugins",),
            instead="Write `plugins: {builtin: {type: builtin}}`.",
        )
    if not configuration.routes:
        name = next(iter(configuration.plugins), "builtin")
        yield finding(
            Kind.NO_ROUTING_RULES_CONFIGURED,
            "no routes are configured: no component can be called",
            top,
            path=("routes",),
            instead=f"Write `routes: {{/{name}: [{{plugin: {name}}}]}}`.",
        )
    for name in configuration.plugins:
        if configuration.routes and name not in configuration.used_plugins:
            yield finding(
                Kind.UNUSED_PLUGIN,
                f"no route leads to the plugin {name!r}; it is not started",
                top.at("plugins"),
                path=("plugins", name),
                key=name,
                instead=f"Write `routes: {{/{name}: [{{plugin: {name}}}]}}`, or remove it.",
            )


def _routes_to_nothing(file: ConfigurationFile) -> Iterator[Diagnostic]:
    plugins = file.configuration.plugins
    for prefix, rules in file.configuration.routes.items():
        for index, rule in enumerate(rules):
            if rule.plugin in plugins:
                continue
            near = difflib.get_close_matches(rule.plugin, plugins, n=1, cutoff=0.5)
            guess = f"Did you mean `{near[0]}`?" if near else f"There are: {', '.join(plugins) or 'none'}."
            yield finding(
                Kind.INVALID_ROUTE_REFERENCE,
                f"the route {prefix} names the plugin {rule.plugin!r}, which there is not",
                Where(file.source, file.place_of_rule(prefix, index)).at("plugin"),
                instead=guess,
            )


def _mocks(file: ConfigurationFile) -> Iterator[Diagnostic]:
    for name in file.configuration.used_plugins:
        if isinstance(file.configuration.plugins[name], MockPlugin):
            yield finding(
                Kind.MOCK_COMPONENT,
                f"the components of the plugin {name!r} answer what was written beforehand",
                Where(file.source, ("plugins",)),
                path=("plugins", name),
                key=name,
                instead="Use it for tests only.",
            )
