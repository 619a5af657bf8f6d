"""``/builtin/map``: one flow over many items, so many at a time, results in order, items isolated."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from flow_compiler.engine.components import ComponentContext, component
from flow_compiler.engine.outcomes import Success, to_json


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
    results = await context.run_flows(given.workflow, given.items, given.max_concurrency)
    successful = sum(isinstance(result, Success) for result in results)
    return MapOutput(
        results=[to_json(result) for result in results], successful=successful, failed=len(results) - successful
    )
