"""``/builtin/sleep``: waits."""

from __future__ import annotations

import asyncio
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from flow_compiler.engine.components import ComponentContext, component


class Sleep(BaseModel):
    """Also the output: what was asked for."""

    model_config = ConfigDict(extra="ignore")

    duration_ms: int = Field(ge=0, lt=2**63, strict=True)
    passthrough: Any = None


@component("/builtin/sleep", builtin=True)
async def sleep(given: Sleep, context: ComponentContext) -> dict[str, Any]:
    """Waits ``duration_ms`` milliseconds, then gives back its input. In a run that goes on after a kill, time since the
    sleep was begun counts."""
    await asyncio.sleep(max(given.duration_ms / 1000 - context.elapsed, 0.0))
    return given.model_dump(exclude_unset=True)
