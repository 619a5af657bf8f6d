"""The components a command knows: the built-in ones, and those of the modules a person names."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from flow_compiler.engine.builtins import BUILTINS
from flow_compiler.engine.components import Component
from flow_compiler.engine.registry import ComponentRegistry


def registry_of(modules: Iterable[str]) -> ComponentRegistry:
    """Built-ins and the ``@component`` functions of the modules. Raises click.BadParameter."""
    found = {component.path: component for component in BUILTINS}
    for name in modules:
        components = list(_components(name))
        if not components:
            raise _bad(f"module {name} has no function declared with @component")
        for component in components:
            known = found.setdefault(component.path, component)
            if known is not component:
                raise _bad(f"module {name} declares {component.path}, which is declared already")
    return ComponentRegistry(found.values())


def _components(name: str) -> Iterable[Component]:
    here = str(Path.cwd())
    if here not in sys.path:  # as `python -m` does; an installed command does not
        sys.path.insert(0, here)
    try:
        module = importlib.import_module(name)
    except (ImportError, SyntaxError, NameError, AttributeError, TypeError, ValueError) as error:
        raise _bad(f"cannot import {name}: {type(error).__name__}: {error}") from error
    declared = (getattr(value, "__component__", None) for value in vars(module).values())
    return [component for component in declared if isinstance(component, Component)]


def _bad(message: str) -> click.BadParameter:
    return click.BadParameter(message, param_hint="--module")
