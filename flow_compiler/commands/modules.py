"""The components a command knows: the built-in ones, and those of the modules a person names."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import click

from flow_compiler.engine.builtins import BUILTINS
from flow_compiler.engine.registry import ComponentRegistry


def registry_of(modules: Iterable[str]) -> ComponentRegistry:
    """Built-ins and the ``@component`` functions of the modules. Raises click.BadParameter."""
    found = {component.path: component for component in BUILTINS}
    for name in modules:
        components = _components(name)
        if not list(components):
            raise _bad(f"module {name} has no function declared with @component")
        for component in components:
            known = found.setdefault(component.path, component)
            if known is not component:
                raise _bad(f"module {name} declares {component.path}, which is declared already")
    return ComponentRegistry(found.values())


def _components(name: str) -> ComponentRegistry:
    """Of the module; of a package that declares none itself, those of its modules."""
    here = str(Path.cwd())
    if here not in sys.path:  # as `python -m` does; an installed command does not
        sys.path.insert(0, here)
    module = _imported(name)
    found = ComponentRegistry.of_module(module)
    if not list(found):
        for part in pkgutil.iter_modules(getattr(module, "__path__", [])):
            found = found | ComponentRegistry.of_module(_imported(f"{name}.{part.name}"))
    return found


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:  # whatever a module does while it is imported
        told = str(error).splitlines()
        raise _bad(f"cannot import {name}: {type(error).__name__}" + (f": {told[0]}" if told else "")) from error


def _bad(message: str) -> click.BadParameter:
    return click.BadParameter(message, param_hint="--module")
