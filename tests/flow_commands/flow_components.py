"""Components for the command line's tests."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from flow_compiler.engine.components import ComponentContext, component
from flow_compiler.errors import InvalidInput


@component("/test/double", effect="pure", pool="gpu")
async def double(input: dict[str, Any], context: ComponentContext) -> dict[str, Any]:
    """Twice the number."""
    return {"number": 2 * input["number"]}


@component("/test/refuse")
async def refuse(input: Any, context: ComponentContext) -> Any:
    """Never works."""
    raise InvalidInput("the field `number` is missing", next_step="Add the field `number`.")


@component("/test/half", effect="write")
async def half(input: Any, context: ComponentContext) -> Any:
    """Gives text that is no Unicode."""
    return "x\ud800y"


@component("/test/hold")
def hold(input: float, context: ComponentContext) -> Any:
    """Works in its thread for so many seconds, and cannot be stopped."""
    time.sleep(input)


_inside: list[int] = []


@component("/test/crowd")
async def crowd(input: Any) -> int:
    """How many calls were at work at once when this one was."""
    _inside.append(1)
    most = 0
    for _ in range(5):
        await asyncio.sleep(0)
        most = max(most, len(_inside))
    _inside.pop()
    return most


@component("/test/gate")
async def gate(input: dict[str, Any]) -> int:
    """Notes its call; from the third number on it waits until the file `open` is there."""
    folder, number = Path(input["log"]), int(input["number"])
    with (folder / "calls").open("a") as calls:
        calls.write(f"{number}\n")
    while number >= 3 and not (folder / "open").exists():  # noqa: ASYNC110  another process makes it
        await asyncio.sleep(0.05)
    return number


@component("/test/log_in")
async def log_in(input: dict[str, str], context: ComponentContext) -> None:
    """Quotes the key that it was given."""
    raise InvalidInput(f"the key {input['key']} was refused", next_step=f"Ask for another key than {input['key']}.")
