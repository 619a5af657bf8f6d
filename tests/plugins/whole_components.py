"""Components of the whole configuration, in the engine's process and in one of their own."""

from __future__ import annotations

import os
from typing import Any

from flow_compiler.engine.components import ComponentContext, component


@component("/whole/pid", effect="write")
async def pid(given: Any, context: ComponentContext) -> dict[str, Any]:
    """In which process this is computed, and what it was given."""
    return {"pid": os.getpid(), "key": os.environ.get("WHOLE_KEY"), "given": given}


@component("/whole/double", version="2", effect="pure")
async def double(given: int, context: ComponentContext) -> int:
    """Twice the number."""
    return 2 * given
