"""Running flows below a step, one or many, so many at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any, Protocol

from flow_compiler.engine.outcomes import Failure, FlowResult, Json


class FlowRunner(Protocol):
    """Runs flows below a step: each run is journaled under ``<item>/<step>[<index>]``, and its calls and numbers are
    counted under the step."""

    async def __call__(self, flow: Json, given: Json, index: int | None = None) -> FlowResult:
        """``flow`` is the flow as JSON (variables are not inherited). Without an ``index`` runs are numbered in the
        order of the calls: give one where that order may differ when the step is called again. Raises FlowError when
        the flow cannot be read."""
        ...

    def check(self, flow: Json) -> None:
        """Raises FlowError when the flow cannot be read."""
        ...

    @property
    def width(self) -> int:
        """How many runs may go on at once when nobody says otherwise."""
        ...


async def run_many(
    run_flow: FlowRunner, flow: Json, inputs: Sequence[Json], at_once: int | None = None
) -> list[FlowResult]:
    """The flow on each input, ``at_once`` at a time; results in the order of the inputs. Raises FlowError when the flow
    cannot be read, and ValueError for an ``at_once`` below 1."""
    if at_once is not None and at_once < 1:
        raise ValueError("at_once must be at least 1")
    run_flow.check(flow)
    results: list[FlowResult] = [_NOT_RUN] * len(inputs)
    left = iter(range(len(inputs)))

    async def work() -> None:
        """Takes the next input when it has finished one: memory does not grow with the number of inputs."""
        for index in left:
            results[index] = await run_flow(flow, inputs[index], index)

    await _all(work() for _ in range(min(at_once or run_flow.width, len(inputs))))
    return results


_NOT_RUN = Failure(message="not run")


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
