"""``/builtin/map``: one flow over many items, so many at a time, results in order, items isolated."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

from pydantic import BaseModel, Field

from flow_compiler.engine.components import ComponentContext, component
from flow_compiler.engine.outcomes import Json, Success, to_json


class MapInput(BaseModel):
    workflow: dict[str, Any]
    items: list[Any]
    max_concurrency: int | None = Field(default=None, ge=1)


class MapOutput(BaseModel):
    results: list[Any]
    successful: int
    failed: int


@component("/builtin/map", builtin=True)
async def map_items(given: MapInput, context: ComponentContext) -> MapOutput:
    """Runs ``workflow`` on each item, at most ``max_concurrency`` at a time. Never fails because of an item: each
    result is ``{outcome: success, result}`` or ``{outcome: failed, error}``, in the order of the items."""
    run_flow = context.run_flow
    assert run_flow is not None
    results: list[Json] = [None] * len(given.items)
    left = iter(range(len(given.items)))
    failed = 0

    async def work() -> None:
        """Takes the next item when it has finished one: memory does not grow with the number of items."""
        nonlocal failed
        for index in left:
            result = await run_flow(given.workflow, given.items[index], index)
            failed += not isinstance(result, Success)
            results[index] = to_json(result)

    run_flow.check(given.workflow)
    workers = min(given.max_concurrency or run_flow.width, len(given.items))
    await _all(work() for _ in range(workers))
    return MapOutput(results=results, successful=len(results) - failed, failed=failed)


async def _all(workers: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Until all have ended. What ends one of them ends them all: items do not fail, so it ends the run."""
    tasks = [asyncio.create_task(worker) for worker in workers]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
