"""``/builtin/iterate``: a flow over its own output, until it gives a result."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from flow_compiler.engine.components import ComponentContext, component
from flow_compiler.engine.failures import CallFailed
from flow_compiler.engine.outcomes import Failure, TaskErrorCode
from flow_compiler.errors import Category


class IterateInput(BaseModel):
    flow: dict[str, Any]
    initial_input: Any = ...
    max_iterations: int = Field(default=1000, ge=0)


class IterateOutput(BaseModel):
    result: Any
    iterations: int
    terminated: bool


@component("/builtin/iterate", builtin=True)
async def iterate(given: IterateInput, context: ComponentContext) -> IterateOutput:
    """Runs ``flow``; its output's ``result`` ends the loop, its ``next`` is the next input. At ``max_iterations`` the
    last input is the result and ``terminated`` is true. A failure inside is this step's failure."""
    assert context.run_flow is not None
    value = given.initial_input
    for turn in range(given.max_iterations):
        ended = await context.run_flow(given.flow, value, turn)
        if isinstance(ended, Failure):
            raise CallFailed(ended)
        output = ended.result if isinstance(ended.result, dict) else {}
        if "result" in output:
            return IterateOutput(result=output["result"], iterations=turn + 1, terminated=False)
        if "next" not in output:
            raise CallFailed(_NEITHER)
        value = output["next"]
    return IterateOutput(result=value, iterations=given.max_iterations, terminated=True)


_NEITHER = Failure(
    code=TaskErrorCode.INVALID_INPUT,
    message="Workflow result must contain either 'result' or 'next' field",
    error="component.invalid_input",
    category=Category.INPUT,
    next_step="Let the inner flow's output have `result` (to end) or `next` (to go on).",
)
