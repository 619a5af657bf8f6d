"""One run over many inputs: each is a root item of the run, isolated from the others (notes/stepflow 1.7, 1.11)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Mapping

from flow_compiler.engine.engine import Engine, ItemResult, StepHooks
from flow_compiler.engine.outcomes import Json
from flow_compiler.language.model import Flow

Ended = Callable[[int, ItemResult], Awaitable[None]]
"""Told of each input as it completes: its index, and how it ended."""


def item_key(index: int) -> str:
    """The key of a run's ``index``-th input (from 0)."""
    return f"item-{index}"


async def run_batch(
    engine: Engine,
    flow: Flow,
    inputs: Iterable[Json] | AsyncIterable[Json],
    ended: Ended,
    *,
    run_id: str,
    variables: Mapping[str, Json] | None = None,
    at_once: int = 16,
    hooks: StepHooks | None = None,
    refresh: bool = False,
) -> None:
    """Evaluate the flow on each input, ``at_once`` at a time; inputs are taken as they can be worked on. A failed flow
    is a result.

    Raises what ends the whole run: LeaseLost, StoreError, RunCancelled, and whatever ``ended`` raises.
    """
    left = _numbered(inputs)
    one_at_a_time = asyncio.Lock()

    async def work() -> None:
        while True:
            async with one_at_a_time:
                taken = await anext(left, None)
            if taken is None:
                return
            index, given = taken
            item = engine.item(
                flow, run_id=run_id, key=item_key(index), input=given, variables=variables, hooks=hooks, refresh=refresh
            )
            await ended(index, await item.evaluate())

    if at_once < 1:
        raise ValueError("at_once must be at least 1")
    workers = [asyncio.create_task(work()) for _ in range(at_once)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.wait(workers)


async def _numbered(inputs: Iterable[Json] | AsyncIterable[Json]) -> AsyncIterator[tuple[int, Json]]:
    index = 0
    if isinstance(inputs, AsyncIterable):
        async for given in inputs:
            yield index, given
            index += 1
        return
    for given in inputs:
        yield index, given
        index += 1
