"""One process, one measurement of the engine: ``python -m benchmarks.steps_run WHAT STORES COUNT`` prints JSON.

WHAT: ``chain`` (COUNT Python steps one after the other), ``map`` (a map of COUNT trivial flows) or ``batch`` (one run over
COUNT inputs, whose results are written to a file as they end). STORES: ``memory``, or ``sqlite`` as shipped.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from flow_compiler.engine.components import ComponentContext, Resources, component
from flow_compiler.engine.engine import Engine, ItemResult
from flow_compiler.engine.outcomes import Success, to_json
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.engine.run_batch import run_batch
from flow_compiler.engine.storage import memory_stores, open_stores
from flow_compiler.engine.stores import Stores
from flow_compiler.language.loader import flow_from_json

_WARM_UP = 50


@component("/bench/step")
async def step(given: Any, _context: ComponentContext) -> Any:
    return given


def chain(steps: int) -> dict[str, Any]:
    written: list[dict[str, Any]] = [{"id": "s0", "component": "/bench/step", "input": {"x": {"$input": "x"}}}]
    written += [
        {"id": f"s{n}", "component": "/bench/step", "input": {"x": {"$step": f"s{n - 1}", "path": "x"}}}
        for n in range(1, steps)
    ]
    return {"steps": written, "output": {"$step": f"s{steps - 1}"}}


def mapped() -> dict[str, Any]:
    given = {"items": {"$input": "items"}, "workflow": {"$literal": _each()}}
    return {
        "steps": [{"id": "m", "component": "/builtin/map", "input": given}],
        "output": {"$step": "m", "path": "successful"},
    }


def _each() -> dict[str, Any]:
    return {
        "steps": [{"id": "each", "component": "/bench/step", "input": {"$input": "$"}}],
        "output": {"$step": "each"},
    }


@asynccontextmanager
async def _stores(kind: str, folder: Path) -> AsyncIterator[Stores]:
    if kind == "memory":
        yield memory_stores()
        return
    async with open_stores(f"sqlite:///{folder / 'stepflow.db'}", str(folder / "artifacts")) as stores:
        yield stores


async def _once(engine: Engine, what: str, count: int, folder: Path, run_id: str) -> None:
    if what == "batch":
        await _batch(engine, count, folder, run_id)
        return
    flow, given = (
        (chain(count), {"x": 1}) if what == "chain" else (mapped(), {"items": [{"n": n} for n in range(count)]})
    )
    ended = await engine.item(flow_from_json(flow), run_id=run_id, key="item", input=given).evaluate()
    assert isinstance(ended.result, Success), ended.result


async def _batch(engine: Engine, count: int, folder: Path, run_id: str) -> None:
    with (folder / f"{run_id}.jsonl").open("w") as results:

        async def ended(index: int, ended: ItemResult) -> None:
            assert isinstance(ended.result, Success), ended.result
            results.write(json.dumps({"index": index, **to_json(ended.result)}) + "\n")

        def inputs() -> Iterator[dict[str, int]]:
            for n in range(count):
                yield {"n": n}

        await run_batch(engine, flow_from_json(_each()), inputs(), ended, run_id=run_id)


async def _measured(what: str, kind: str, count: int, folder: Path) -> dict[str, float]:
    async with (
        _stores(kind, folder) as stores,
        Engine(ComponentRegistry.of(step), stores, Resources({})) as engine,
    ):
        await _once(engine, what, _WARM_UP, folder, "warm-up")
        cpu, wall = time.process_time(), time.perf_counter()
        await _once(engine, what, count, folder, "measured")
        return {
            "cpu": time.process_time() - cpu,
            "wall": time.perf_counter() - wall,
            "peak": _peak(),
        }


def _peak() -> int:
    """Bytes this program had at most (``ru_maxrss`` would count the program that started it)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def main() -> None:
    what, kind, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(asyncio.run(_measured(what, kind, count, Path(folder)))))


if __name__ == "__main__":
    main()
