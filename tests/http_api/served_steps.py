"""Components for the server's tests: what they do leaves traces in files, so that it can be counted over processes."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

from flow_compiler.engine.components import ComponentContext, component
from flow_compiler.errors import ComponentError


def _trace(folder: str, context: ComponentContext, what: str = "") -> None:
    line = f"{context.run_id} {context.item} {context.step_id} {context.attempt} {os.getpid()} {what}".rstrip()
    with (Path(folder) / "calls").open("a") as calls:
        calls.write(line + "\n")


@component("/test/call")
async def call(given: dict[str, Any], context: ComponentContext) -> dict[str, Any]:
    """Leaves a trace of its call in ``folder``."""
    _trace(given["folder"], context)
    return {"number": given.get("number")}


@component("/test/until")
async def until(given: dict[str, Any], context: ComponentContext) -> dict[str, Any]:
    """Works until the file ``go`` is there."""
    folder = Path(given["folder"])
    _trace(given["folder"], context)
    try:
        while not (folder / "go").exists():  # noqa: ASYNC110  another process makes it
            await asyncio.sleep(0.01)
    except asyncio.CancelledError:
        _trace(given["folder"], context, "stopped")
        raise
    return {"attempt": context.attempt}


@component("/test/second")
async def second(given: dict[str, Any], context: ComponentContext) -> dict[str, Any]:
    """Fails at first; then works until the file ``go`` is there."""
    if context.attempt == 1:
        _trace(given["folder"], context)
        raise ComponentError("not at first", retryable=True)
    return await until(given, context)


@component("/test/half")
async def half(given: Any, context: ComponentContext) -> Any:
    """Gives text that is no Unicode."""
    return "x\ud800y"
