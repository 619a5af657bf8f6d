"""The components of the modules that a person names on the command line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from flow_compiler.engine.builtins import BUILTINS
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.errors import ConfigurationError
from flow_compiler.plugins.python_module import python_components


def registry_of(modules: Iterable[str]) -> ComponentRegistry:
    """Built-ins and the ``@component`` functions of the modules. Raises click.BadParameter."""
    found = named_in(modules)
    for component in found:
        if component.path in BUILTINS and BUILTINS.get(component.path) is not component:
            raise _bad(f"a module declares {component.path}, which is declared already")
    return ComponentRegistry({part.path: part for part in [*BUILTINS, *found]}.values())


def named_in(modules: Iterable[str]) -> ComponentRegistry:
    """The ``@component`` functions of the modules alone. Raises click.BadParameter."""
    try:
        return python_components(modules, [Path.cwd()])
    except ConfigurationError as error:
        raise _bad(error.message) from error


def _bad(message: str) -> click.BadParameter:
    return click.BadParameter(message, param_hint="--module")
