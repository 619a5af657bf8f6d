"""Runs in the reference's own environment: starts its server and its Python worker, and prints what they used as JSON.

``python drive.py memory|sqlite FOLDER STEPS ITEMS FLOW.json``: a chain of STEPS Python steps, one run at a time; a map of
ITEMS trivial flows; validating the flow in FLOW.json. CPU is of the server and its worker; the client's is not counted.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from stepflow_orchestrator import OrchestratorConfig, StepflowOrchestrator
from stepflow_py import StepflowClient

_TICKS = os.sysconf("SC_CLK_TCK")
_COMPLETED = 2
_ENOUGH = 600.0


def config(storage: str, folder: Path) -> dict[str, Any]:
    kept = {"type": "sqlite", "databaseUrl": f"sqlite:{folder / 'reference.db'}?mode=rwc"}
    quiet = {"STEPFLOW_LOG_DESTINATION": "stderr", "STEPFLOW_LOG_LEVEL": "ERROR", "STEPFLOW_TRACE_ENABLED": "false"}
    worker = {"command": sys.executable, "args": ["-m", "stepflow_py.worker.main"], "env": quiet}
    return {
        "plugins": {"builtin": {"type": "builtin"}, "python": {"type": "grpc", "queueName": "python", **worker}},
        "routes": {"/python": [{"plugin": "python"}], "/builtin": [{"plugin": "builtin"}]},
        "storageConfig": kept if storage == "sqlite" else {"type": "inMemory"},
    }


def chain(steps: int) -> dict[str, Any]:
    """Each step is given the whole result of the one before it."""
    written = [{"id": "s0", "component": "/python/echo", "input": {"x": {"$input": "x"}}}]
    written += [
        {"id": f"s{n}", "component": "/python/echo", "input": {"x": {"$step": f"s{n - 1}", "path": "x"}}}
        for n in range(1, steps)
    ]
    return {"name": "chain", "description": "of steps", "steps": written, "output": {"$step": f"s{steps - 1}"}}


def mapped() -> dict[str, Any]:
    inner = {
        "steps": [{"id": "each", "component": "/python/echo", "input": {"$input": "$"}}],
        "output": {"$step": "each"},
    }
    given = {"items": {"$input": "items"}, "workflow": {"$literal": inner}}
    return {
        "name": "map",
        "description": "of items",
        "steps": [{"id": "m", "component": "/builtin/map", "input": given}],
        "output": {"$step": "m", "path": "successful"},
    }


def cpu(top: int) -> float:
    """Seconds of the process and of those it started."""
    used = 0.0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it has just ended
                continue
            if int(folder.name) == top or int(fields[1]) == top:
                used += (int(fields[11]) + int(fields[12])) / _TICKS
    return used


async def measured(server: int, work: Callable[[], Awaitable[None]]) -> dict[str, float]:
    used, began = cpu(server), time.perf_counter()
    await work()
    return {"cpu": cpu(server) - used, "wall": time.perf_counter() - began}


async def main(storage: str, folder: Path, steps: int, items: int, large: dict[str, Any]) -> None:
    logs = {"STEPFLOW_LOG_DESTINATION": "file", "STEPFLOW_LOG_FILE": str(folder / "log")}  # a full pipe would stop it
    settings = OrchestratorConfig(config=config(storage, folder), log_level="error", env=logs)
    async with StepflowOrchestrator.start(settings) as server:
        process = server._process.pid
        client = StepflowClient.connect(server.url)

        async def run(flow_id: str, given: dict[str, Any]) -> None:
            ended = await client.run(flow_id, given, timeout=_ENOUGH, wait_timeout=int(_ENOUGH))
            if ended.summary.status != _COMPLETED:
                raise SystemExit(f"the run did not complete: {ended}")

        async def validate() -> None:
            stored = await client.store_flow(large, dry_run=True, timeout=_ENOUGH)
            found["diagnostics"] = {"count": len(stored.diagnostics.diagnostics)}

        of_steps = (await client.store_flow(chain(steps))).flow_id
        of_items = (await client.store_flow(mapped())).flow_id
        found: dict[str, Any] = {}
        await run((await client.store_flow(chain(5))).flow_id, {"x": 0})  # the worker is up
        found["chain"] = await measured(process, lambda: run(of_steps, {"x": 1}))
        found["map"] = await measured(process, lambda: run(of_items, {"items": [{"n": n} for n in range(items)]}))
        found["validate"] = await measured(process, validate)
        await client.close()
    print(json.dumps(found))


if __name__ == "__main__":
    kind, place, of_steps, of_items, file = sys.argv[1:]
    asyncio.run(main(kind, Path(place), int(of_steps), int(of_items), json.loads(Path(file).read_text())))
