"""``/builtin/eval``: a stored flow, run on an input."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from flow_compiler.engine.components import ComponentContext, component
from flow_compiler.engine.outcomes import to_json


class EvalInput(BaseModel):
    flow_id: str
    input: Any = ...


class EvalOutput(BaseModel):
    result: dict[str, Any]
    run_id: str


@component("/builtin/eval", builtin=True)
async def evaluate(given: EvalInput, context: ComponentContext) -> EvalOutput:
    """Runs the flow stored under ``flow_id``. A failure inside is a result here, not a failure of the step; ``run_id``
    is the run it belongs to."""
    assert context.run_flow is not None
    flow = await context.get_json(given.flow_id)
    result = await context.run_flow(flow, given.input, 0)
    return EvalOutput(result=to_json(result), run_id=context.run_id)
