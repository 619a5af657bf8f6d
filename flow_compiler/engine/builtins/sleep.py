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
async def sleep(given: Sleep, context: ComponentContext) -> dict[str, Any]:  # noqa: ARG001
    """Waits ``duration_ms`` milliseconds, then gives back its input."""
    await asyncio.sleep(given.duration_ms / 1000)
    return given.model_dump(exclude_unset=True)
