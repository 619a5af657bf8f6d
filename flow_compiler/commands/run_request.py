"""What a run was asked for, and the engine for it: stores, components, settings."""

from __future__ import annotations

import shlex
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from flow_compiler.commands.configured import Configured
from flow_compiler.engine.configured import open_configured_stores
from flow_compiler.engine.engine import Engine, EngineSettings
from flow_compiler.engine.storage import memory_stores, open_stores, passing_stores
from flow_compiler.engine.stores import Stores
from flow_compiler.language.expressions import Json
from flow_compiler.language.model import Flow
from flow_compiler.language.secrets import Secrets

_MOST_THREADS = 256


@dataclass(frozen=True)
class RunRequest:
    flow: Flow
    configured: Configured
    variables: dict[str, Json]
    home: Path | None
    journal: str | None
    run_id: str
    refresh: bool
    quiet: bool
    max_concurrency: int | None
    output_format: str

    @property
    def kept(self) -> bool:
        """Whether the run outlives the command."""
        return self.home is not None or self.configured.keeps_runs

    @property
    def settings(self) -> EngineSettings:
        settings = self.configured.settings
        if self.max_concurrency is None:
            return settings
        threads = max(settings.threads, min(self.max_concurrency, _MOST_THREADS))
        return replace(settings, calls=self.max_concurrency, threads=threads)


@asynccontextmanager
async def open_engine(request: RunRequest, *, many_inputs: bool) -> AsyncIterator[tuple[Engine, Stores]]:
    """The engine and its stores, until the block ends. Raises StoreError."""
    async with AsyncExitStack() as stack:
        if not request.kept:
            stores = passing_stores() if many_inputs else memory_stores()
        elif request.home is None:
            assert request.configured.file is not None
            stores = await stack.enter_async_context(open_configured_stores(request.configured.file))
        else:
            url = request.journal or f"sqlite:///{request.home.absolute() / 'journal.db'}"
            stores = await stack.enter_async_context(open_stores(url, request.home.absolute() / "artifacts"))
        components = await stack.enter_async_context(request.configured.components())
        engine = await stack.enter_async_context(Engine(components, stores, settings=request.settings))
        yield engine, stores


def how_to_go_on(request: RunRequest) -> str:
    """What to say when a run was interrupted."""
    if not request.kept:
        return "nothing of the run was kept; with --home FOLDER an interrupted run can be gone on with"
    return f"finished steps are kept: go on with\n  {_same_command(request)}"


def _same_command(request: RunRequest) -> str:
    words = ["flow-compiler", *sys.argv[1:]]
    if Secrets.of(request.flow):
        words = _without_variables(words)
    if not any(word == "--run-id" or word.startswith("--run-id=") for word in words):
        words += ["--run-id", request.run_id]
    return shlex.join(words)


def _without_variables(words: list[str]) -> list[str]:
    """Secrets are given again by whoever has them."""
    shown: list[str] = []
    for word in words:
        if shown and shown[-1] == "--variables" and not word.startswith(("@", "-")):
            shown.append("…")
        else:
            shown.append("--variables=…" if word.startswith("--variables=") else word)
    return shown
