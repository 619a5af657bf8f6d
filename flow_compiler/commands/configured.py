"""What a command works with: the configuration it was given or found, and the modules it was given."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flow_compiler.commands.modules import named_in, registry_of
from flow_compiler.configuration.lookup import configuration_of
from flow_compiler.configuration.reading import ConfigurationFile
from flow_compiler.engine.registry import Components
from flow_compiler.engine.settings import EngineSettings
from flow_compiler.language.diagnostics.kinds import Kind
from flow_compiler.language.model import Flow

if TYPE_CHECKING:
    from flow_compiler.plugins.routing import RoutedComponents


@dataclass(frozen=True)
class Configured:
    """``file`` is None without a configuration: then there are the built-in components, and those of ``modules``."""

    file: ConfigurationFile | None
    modules: tuple[str, ...] = ()

    @asynccontextmanager
    async def components(self) -> AsyncIterator[Components]:
        """Everything that flows may call, until the block ends; plugins are started for it. A component of a module is
        found by its own path, before any route. Raises ConfigurationError, ResourceUnavailable, click.BadParameter."""
        if self.file is None:
            yield registry_of(self.modules)
            return
        from flow_compiler.plugins.opening import open_plugins

        async with open_plugins(self.file, named_in(self.modules)) as components:
            yield components

    def known(self) -> Components:
        """What is known of these without starting anything. Raises ConfigurationError, click.BadParameter."""
        return registry_of(self.modules) if self.file is None else self.known_routes(self.file)

    def known_routes(self, file: ConfigurationFile) -> RoutedComponents:
        from flow_compiler.plugins.opening import known_components

        return known_components(file, named_in(self.modules))

    @property
    def settings(self) -> EngineSettings:
        from flow_compiler.engine.configured import engine_settings

        return EngineSettings() if self.file is None else engine_settings(self.file)

    @property
    def keeps_runs(self) -> bool:
        """Whether the configuration names a store that outlives the command."""
        from flow_compiler.engine.configured import is_durable

        return self.file is not None and is_durable(self.file)


def configured(
    flow: Flow,
    flow_file: Path,
    given: Path | None,
    modules: Iterable[str],
    *,
    testing: bool = False,
    quiet: bool = False,
) -> Configured:
    """The configuration that was given, or the one beside the flow or in the working directory. Old forms in it are
    told on stderr. Raises ConfigurationError."""
    file = configuration_of(flow, flow_file, given, testing=testing)
    if file is not None and not quiet:
        tell_old_forms(file)
    return Configured(file, tuple(modules))


def tell_old_forms(file: ConfigurationFile) -> None:
    """On stderr, with what to write instead."""
    for found in file.found:
        if found.code == Kind.OLD_CONFIGURATION.code:
            place = f"{file.source.file}:{found.line}:{found.column}"
            click.echo(f"warning: {place}: {found.message} ({found.instead})", err=True)
