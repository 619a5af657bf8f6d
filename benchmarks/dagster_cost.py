"""What Dagster costs per document: a batch of 100 trivial documents, five assets each, beside the same engine alone.

CPU of the process that runs the batch, warm; the share of Dagster is what the same engine without it does not need.
"""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, plain, skipped
from benchmarks.measuring import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgres_server import PostgresServer

DOCUMENTS = 100
_RUNS = 2
_GOALS = {"sqlite": 50, "sqlite+checks": 120, "postgres": 6, "postgres+checks": 35}
_MILLISECONDS = "ms CPU"


def measure() -> list[Figure]:
    alone = _least("none")
    figures = [
        Figure("engine without Dagster, per document", alone["cpu_ms"], _MILLISECONDS, f"wall {_wall(alone)}"),
        *(_share(name, _least(name), alone) for name in ("sqlite", "sqlite+checks")),
    ]
    try:
        with _server() as server:
            for name in ("postgres", "postgres+checks"):
                figures.append(_share(name, _least(name, server), alone))
    except _NoServer as reason:
        figures.append(skipped("Dagster on PostgreSQL", str(reason)))
    return figures


def _share(name: str, measured: dict[str, float], alone: dict[str, float]) -> Figure:
    share = max(0.0, measured["cpu_ms"] - alone["cpu_ms"])
    against = f"whole {plain(measured['cpu_ms'])} ms, engine alone {plain(alone['cpu_ms'])} ms; wall {_wall(measured)}"
    return Figure(f"Dagster per document, {name}", share, _MILLISECONDS, against, goal=_GOALS[name])


def _wall(measured: dict[str, float]) -> str:
    return f"{plain(measured['wall_ms'])} ms"


def _least(name: str, server: PostgresServer | None = None) -> dict[str, float]:
    return min((_once(name, server) for _ in range(_RUNS)), key=lambda measured: measured["cpu_ms"])


def _once(name: str, server: PostgresServer | None) -> dict[str, float]:
    storage, _, checked = name.partition("+")
    if server is not None:
        storage = server.new_database()
    asked = f"{storage}+{checked}" if checked else storage
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.dagster_share", str(Path(folder) / "home"), asked, str(DOCUMENTS)]
        found: dict[str, float] = json.loads(run(command).output)
        return found


class _NoServer(Exception):
    """PostgreSQL cannot be measured here; the message says why."""


@contextmanager
def _server() -> Iterator[PostgresServer]:
    """The tests' own PostgreSQL server."""
    try:
        import dagster_postgres  # noqa: F401
        import pytest

        from tests.postgres_server import running_server
    except ImportError as error:
        raise _NoServer(f"not installed: {error.name}") from None
    try:
        with running_server() as server:
            yield server
    except pytest.skip.Exception as reason:
        raise _NoServer(str(reason)) from None
