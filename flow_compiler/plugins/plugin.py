"""What a plugin is to this package: something that is opened, serves components while it is open, and is closed."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

from flow_compiler.engine.registry import ComponentRegistry

OpenedPlugin = AbstractAsyncContextManager[ComponentRegistry]
"""Yields the plugin's components, by paths relative to the plugin (``/recognize``); a component that is declared with
a full path (``/ocr/recognize``) keeps it. What was started is ended at the end of the block, however that comes."""


class OpenPlugin(Protocol):
    """How each type of plugin is opened: by the name it has in the configuration, its settings, and the folder that
    relative paths start from. Raises ConfigurationError or ResourceUnavailable, with what to do."""

    def __call__(self, name: str, settings: Any, *, base: Path) -> OpenedPlugin: ...
