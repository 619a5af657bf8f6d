"""``@component`` functions of Python modules, in this process."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from flow_compiler.engine.components import Component
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.errors import ConfigurationError


def python_components(modules: Iterable[str], folders: Iterable[Path]) -> ComponentRegistry:
    """What the modules declare; they are looked up in ``folders`` too. Raises ConfigurationError."""
    _look_up_in(folders)
    found: dict[str, Component] = {}
    for name in modules:
        components = components_of(name)
        if not list(components):
            raise _refused(f"module {name} has no function declared with @component", "Name the module that has them.")
        for component in components:
            known = found.setdefault(component.path, component)
            if known is not component:
                raise _refused(
                    f"module {name} declares {component.path}, which is declared already", "Rename one of the two."
                )
    return ComponentRegistry(found.values())


def components_of(name: str) -> ComponentRegistry:
    """Of the module; of a package that declares none itself, those of its modules. Raises ConfigurationError."""
    module = _imported(name)
    found = ComponentRegistry.of_module(module)
    if not list(found):
        for part in pkgutil.iter_modules(getattr(module, "__path__", [])):
            found = found | ComponentRegistry.of_module(_imported(f"{name}.{part.name}"))
    return found


def _look_up_in(folders: Iterable[Path]) -> None:
    """First, as ``python -m`` does with the working directory; an installed command does not."""
    for folder in reversed(list(dict.fromkeys(str(folder) for folder in folders))):
        if folder not in sys.path:
            sys.path.insert(0, folder)


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:  # whatever a module does while it is imported
        told = str(error).splitlines()
        raise _refused(
            f"cannot import {name}: {type(error).__name__}" + (f": {told[0]}" if told else ""),
            "Correct the name, or install what it needs; it is looked up beside the configuration and in `workingDirectory`.",
        ) from error


def _refused(message: str, next_step: str) -> ConfigurationError:
    return ConfigurationError(message, code="configuration.module", next_step=next_step)
