"""Components for the command line's tests."""

from __future__ import annotations

import time
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
