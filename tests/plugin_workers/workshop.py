"""Components that tests serve from another process."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from flow_compiler.engine.components import BatchContext, ComponentContext, Resources, component
from flow_compiler.engine.outcomes import Success
from flow_compiler.errors import ArtifactMissing, ComponentError, InvalidInput, ResourceUnavailable, WorkerLost

LARGE = 20 << 20


class Page(BaseModel):
    number: int = Field(ge=1)
    text: str


class Length(BaseModel):
    number: int
    length: int


@component("/w/measure", version="7", effect="pure")
async def measure(page: Page, context: ComponentContext) -> Length:
    """How long a page is."""
    context.report(pages=1)
    return Length(number=page.number, length=len(page.text))


@component("/w/thread")
def thread(given: int, context: ComponentContext) -> dict[str, bool]:
    context.report(calls=given)
    context.mark_degraded()
    return {"main": threading.current_thread() is threading.main_thread()}


@component("/w/process")
async def process(given: Any, context: ComponentContext) -> dict[str, Any]:
    return {"pid": os.getpid(), "environment": sorted(os.environ), "python": sys.executable, "prefix": sys.prefix}


@component("/w/where")
async def where(given: Any, context: ComponentContext) -> dict[str, Any]:
    return {"run": context.run_id, "item": context.item, "step": context.step_id, "attempt": context.attempt}


@component("/w/broken_promise")
async def broken_promise(given: Any, context: ComponentContext) -> Length:
    return {"number": "one"}  # type: ignore[return-value]


@component("/w/raise")
async def raise_it(kind: str, context: ComponentContext) -> None:
    kinds: dict[str, Exception] = {
        "foreign": ZeroDivisionError("no"),
        "input": InvalidInput("no"),
        "resource": ResourceUnavailable("no", next_step="Wait."),
        "component": ComponentError("no", code="w.special", retryable=True),
        "lost": WorkerLost("no"),
    }
    raise kinds[kind]


@component("/w/resource")
async def resource(given: Any, context: ComponentContext) -> None:
    context.resource(Resources)


@component("/w/batch", batch=4)
async def batch(given: list[int], context: BatchContext) -> list[list[int] | ComponentError]:
    for item in context.items:
        item.report(items=1)
    if 13 in given and len(given) > 1:
        raise ComponentError("one of them is unlucky")
    return [ComponentError("unlucky") if number == 13 else [number, len(given)] for number in given]


@component("/w/blobs")
async def blobs(given: Any, context: ComponentContext) -> dict[str, Any]:
    small, large = await context.put_blob(b"\x00small"), await context.put_blob(b"x" * LARGE)
    missing = False
    try:
        await context.get_blob("0" * 64)
    except ArtifactMissing:
        missing = True
    return {
        "small": small.id,
        "back": (await context.get_blob(small.id)).hex(),
        "large": len(await context.get_blob(large.id)),
        "missing": missing,
    }


@component("/w/flows")
async def flows(given: Any, context: ComponentContext) -> list[Any]:
    assert context.run_flow is not None
    ended = [await context.run_flow(given["flow"], number, number) for number in given["inputs"]]
    return [result.result for result in ended if isinstance(result, Success)]


@component("/w/prints")
async def prints(given: Any, context: ComponentContext) -> str:
    print("noise")
    print("more noise", file=sys.stderr)
    logging.getLogger("workshop").warning("a warning")
    return "quiet"


@component("/w/tells")
async def tells(given: int, context: ComponentContext) -> str:
    context.progress(given, 10)
    context.log.warning("page %d is odd", given)
    context.log.debug("not told")
    return os.environ.get("GIVEN", "")


@component("/w/dies_once")
async def dies_once(given: Any, context: ComponentContext) -> int:
    """Ends its process at the first attempt."""
    if context.attempt == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return context.attempt


@component("/w/dies")
async def dies(given: Any, context: ComponentContext) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@component("/w/profiled", effect="pure", profile=lambda value, resources: "engine 3")
async def profiled(given: Any, context: ComponentContext) -> int:
    return os.getpid()


@component("/w/large")
async def large(given: int, context: ComponentContext) -> str:
    return "x" * given


@component("/w/waits")
async def waits(given: str, context: ComponentContext) -> None:
    """Says in a named pipe that it has begun, and that it was cancelled."""
    with Path(given).open("w") as pipe:  # noqa: ASYNC230  it opens when the test reads
        print("begun", file=pipe, flush=True)
        try:
            await asyncio.Event().wait()
        finally:
            print("cancelled", file=pipe, flush=True)
