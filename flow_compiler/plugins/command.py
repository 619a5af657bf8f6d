"""``type: command``: any program that speaks the protocol on its standard streams (docs/protocol.md)."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.plugins.environment import plugin_environment
from flow_compiler.plugins.worker_connection import START_TIMEOUT
from flow_compiler.plugins.worker_plugin import open_worker
from flow_compiler.plugins.worker_process import Program


class CommandSettings(Protocol):
    @property
    def command(self) -> str: ...
    @property
    def args(self) -> Sequence[str]: ...
    @property
    def env(self) -> Mapping[str, str]: ...
    @property
    def working_directory(self) -> str | Path | None: ...


@asynccontextmanager
async def open_command(
    name: str, settings: CommandSettings, *, base: Path, start_within: float = START_TIMEOUT
) -> AsyncIterator[ComponentRegistry]:
    """What the program serves, as long as the context is open. Raises PluginFailed.

    It is started in the working directory (relative to ``base``), which a relative path as ``command`` is relative to.
    """
    folder = Path.cwd() / base / (settings.working_directory or ".")
    environment = plugin_environment(settings.env)
    program = Program([_executable(settings.command, folder, environment), *settings.args], environment, folder)
    async with open_worker(name, program, start_within=start_within) as components:
        yield components


def _executable(command: str, folder: Path, environment: Mapping[str, str]) -> str:
    """A name is looked up in the plugin's own PATH, not in ours."""
    if "/" in command:
        return str(folder / command)
    return shutil.which(command, path=environment.get("PATH")) or command
