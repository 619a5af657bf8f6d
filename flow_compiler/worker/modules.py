"""What modules serve: functions under ``@component``, and components registered with a stepflow_py server."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterable
from types import ModuleType

from flow_compiler.engine.components import Component
from flow_compiler.engine.registry import ComponentRegistry


class CannotServe(Exception):
    """A module cannot be imported, or has no components. The text is for whoever configured it."""


def components_of(names: Iterable[str]) -> list[Component]:
    """Of the modules; of a package that declares none itself, those of its modules. Raises CannotServe."""
    found: dict[str, Component] = {}
    for name in names:
        module = _imported(name)
        components = components_of_module(module)
        if not components:
            for part in pkgutil.iter_modules(getattr(module, "__path__", [])):
                components += components_of_module(_imported(f"{name}.{part.name}"))
        if not components:
            raise CannotServe(f"module {name} has no function under @component and no stepflow_py server")
        for component in components:
            if found.setdefault(component.path, component) is not component:
                raise CannotServe(f"module {name} serves {component.path}, which is served already")
    return list(found.values())


def components_of_module(module: ModuleType) -> list[Component]:
    """Both kinds. stepflow_py is looked at only where the module has brought it."""
    components = list(ComponentRegistry.of_module(module))
    if "stepflow_py.worker.server" in sys.modules:
        from flow_compiler.worker.stepflow_py import components_of_servers

        components += components_of_servers(module)
    return components


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:  # whatever a module does while it is imported
        told = str(error).splitlines()
        raise CannotServe(f"cannot import {name}: {type(error).__name__}" + (f": {told[0]}" if told else "")) from error
