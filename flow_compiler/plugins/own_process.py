"""``type: python`` with ``process: own``, or with ``python:``: modules in a process, or an environment, of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.plugins.environment import plugin_environment
from flow_compiler.plugins.python_program import (
    interpreter,
    own_search_path,
    package_folder,
    python_environment,
    worker_command,
)
from flow_compiler.plugins.udf import UDF, open_udf
from flow_compiler.plugins.worker_connection import START_TIMEOUT
from flow_compiler.plugins.worker_plugin import open_worker
from flow_compiler.plugins.worker_process import Program


class OwnProcessSettings(Protocol):
    """``names`` are the modules."""

    @property
    def names(self) -> Sequence[str]: ...
    @property
    def python(self) -> str | None: ...
    @property
    def env(self) -> Mapping[str, str]: ...


@asynccontextmanager
async def open_own_process(
    name: str, settings: OwnProcessSettings, *, base: Path, start_within: float = START_TIMEOUT
) -> AsyncIterator[ComponentRegistry]:
    """What the modules serve, and ``/udf``, as long as the context is open. Raises PluginFailed.

    Modules are looked for in ``base``, in the working directory and in the interpreter's environment; with our own
    interpreter also where this process finds modules.
    """
    folder = Path.cwd() / base
    options = [option for module in settings.names for option in ("--module", module)]
    with package_folder() as package:
        more = own_search_path() if settings.python is None else []
        given = dict(settings.env)
        search = [str(folder), str(Path.cwd()), *more, *filter(None, [given.get("PYTHONPATH")])]
        environment = plugin_environment({**given, **python_environment(package, search)})
        command = worker_command(interpreter(settings.python, base), *options)
        program = Program(command, environment, folder)
        async with (
            open_worker(name, program, checked_by_worker=True, start_within=start_within) as served,
            open_udf(name, base=base, python=settings.python) as udf,
        ):
            yield served if UDF in served else served | ComponentRegistry([udf])
