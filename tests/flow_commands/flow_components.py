"""Components for the command line's tests."""

from __future__ import annotations

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
