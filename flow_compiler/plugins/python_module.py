"""``@component`` functions of Python modules, in this process."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.errors import ConfigurationError
from flow_compiler.worker.modules import CannotServe, components_of


def python_components(modules: Iterable[str], folders: Iterable[Path]) -> ComponentRegistry:
    """What the modules declare; they are looked up in ``folders`` too. Raises ConfigurationError."""
    _look_up_in(folders)
    try:
        return ComponentRegistry(components_of(modules))
    except CannotServe as error:
        raise ConfigurationError(
            str(error),
            code="configuration.module",
            next_step="Correct the name, or install what it needs; it is looked up beside the configuration and in "
            "`workingDirectory`.",
        ) from error


def _look_up_in(folders: Iterable[Path]) -> None:
    """First, as ``python -m`` does with the working directory; an installed command does not."""
    for folder in reversed(list(dict.fromkeys(str(folder) for folder in folders))):
        if folder not in sys.path:
            sys.path.insert(0, folder)
