"""Opens the plugins that routes lead to. What was started is ended with the block, also when another cannot start."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from pathlib import Path

from flow_compiler.configuration.model import Configuration
from flow_compiler.configuration.plugins import (
    BuiltinPlugin,
    MockPlugin,
    Plugin,
    PythonPlugin,
)
from flow_compiler.configuration.reading import ConfigurationFile
from flow_compiler.engine.components import Component
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.errors import ConfigurationError, FlowCompilerError, FlowLoadError, ResourceUnavailable
from flow_compiler.plugins.builtin import builtin_components
from flow_compiler.plugins.mock import mock_components
from flow_compiler.plugins.plugin import OpenedPlugin, OpenPlugin
from flow_compiler.plugins.python_module import python_components
from flow_compiler.plugins.routing import RoutedComponents
from flow_compiler.plugins.udf import declared_udf, open_udf

_PROCESSES = {
    "command": ("command", "open_command"),
    "mcp": ("mcp", "open_mcp"),
    "python": ("own_process", "open_own_process"),
}


@asynccontextmanager
async def open_plugins(
    file: ConfigurationFile,
    named: ComponentRegistry | None = None,
    left_out: Callable[[str, FlowCompilerError], bool] | None = None,
) -> AsyncIterator[RoutedComponents]:
    """Every plugin that a route leads to, open until the block ends. ``named`` are components that are found by their
    own paths before any route. ``left_out`` is told of a plugin that cannot be opened, and may let the others do without
    it. Raises ConfigurationError and ResourceUnavailable, naming the plugin."""
    require_plugins(file.configuration)
    async with AsyncExitStack() as stack:
        opened: dict[str, ComponentRegistry] = {}
        for name in file.configuration.used_plugins:
            try:
                opened[name] = await _opened(stack, name, file)
            except FlowCompilerError as error:
                if left_out is None or not left_out(name, error):
                    raise
        yield RoutedComponents(file.configuration, opened, named)


def known_components(file: ConfigurationFile, named: ComponentRegistry | None = None) -> RoutedComponents:
    """What is known without starting anything: built-in and mocked components, and those of modules that are imported
    here. Raises ConfigurationError."""
    require_plugins(file.configuration)
    known: dict[str, ComponentRegistry] = {}
    for name in file.configuration.used_plugins:
        try:
            settings = file.configuration.plugins[name]
            found = _in_process(settings, file)
        except FlowCompilerError as error:
            raise _named(error, name, file) from error
        if found is not None:
            known[name] = _with_code(found, declared_udf()) if isinstance(settings, PythonPlugin) else found
    return RoutedComponents(file.configuration, known, named)


def require_plugins(configuration: Configuration) -> None:
    """Raises ConfigurationError when a route names a plugin that there is not."""
    for prefix, rules in configuration.routes.items():
        for rule in rules:
            if rule.plugin not in configuration.plugins:
                known = ", ".join(configuration.plugins) or "none"
                raise ConfigurationError(
                    f"the route {prefix} names the plugin {rule.plugin!r}, which there is not",
                    code="configuration.no_plugin",
                    next_step=f"Name one of the plugins ({known}), or add it under `plugins:`.",
                )


async def _opened(stack: AsyncExitStack, name: str, file: ConfigurationFile) -> ComponentRegistry:
    settings = file.configuration.plugins[name]
    try:
        known = _in_process(settings, file)
        if known is not None and isinstance(settings, PythonPlugin):
            return _with_code(known, await stack.enter_async_context(open_udf(name, base=file.base)))
        if known is not None:
            return known
        return await stack.enter_async_context(_process(name, settings, file.base))
    except FlowCompilerError as error:
        raise _named(error, name, file) from error
    except OSError as error:
        raise ResourceUnavailable(
            f"plugin {name!r} cannot start: {error.strerror or type(error).__name__}",
            code="plugin.unavailable",
            next_step=f"Correct `plugins: {{{name}: …}}`, or install what it starts.",
        ) from error


def _in_process(settings: Plugin, file: ConfigurationFile) -> ComponentRegistry | None:
    match settings:
        case BuiltinPlugin():
            return builtin_components()
        case MockPlugin():
            return mock_components(settings)
        case PythonPlugin() if settings.in_process:
            return python_components(settings.names, [file.base, file.folder])
        case _:
            return None


def _with_code(components: ComponentRegistry, udf: Component) -> ComponentRegistry:
    """Every plugin of Python runs code in blobs too, in processes of its own, where the route's pool allows it."""
    return components if udf.path in components else components | ComponentRegistry([udf])


def _process(name: str, settings: Plugin, base: Path) -> OpenedPlugin:
    """Imported where it is used: a flow without such a plugin does not load what starts it."""
    module, function = _PROCESSES[settings.type]
    opener: OpenPlugin = getattr(import_module(f"flow_compiler.plugins.{module}"), function)
    return opener(name, settings, base=base)


def _named(error: FlowCompilerError, name: str, file: ConfigurationFile) -> FlowCompilerError:
    """The same error, naming the plugin and, for a configuration error, its place."""
    message = (
        error.message
        if error.message.startswith((f"plugin {name!r}", f"plugin {name}:"))
        else f"plugin {name!r}: {error.message}"
    )
    if isinstance(error, FlowLoadError):
        places = file.source.places
        line, column = places.find(("plugins",), name) if places else (None, None)
        return ConfigurationError(
            message, file=file.source.file, line=line, column=column, code=error.code, next_step=error.next_step
        )
    return type(error)(
        message, code=error.code, category=error.category, retryable=error.retryable, next_step=error.next_step
    )
