"""A loop written in Python over ``context.run_flow``, and a step to loop over."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field, model_validator

from flow_compiler import ComponentContext, ComponentError, Failure, InvalidInput, component


class Loop(BaseModel):
    """The flow to run again and again, as it is or as the id of a blob, and what it is given first."""

    flow: dict[str, Any] | None = None
    flow_id: str | None = None
    initial_input: Any
    max_iterations: int = Field(default=1000, ge=1)

    @model_validator(mode="after")
    def _one_flow(self) -> Loop:
        if (self.flow is None) == (self.flow_id is None):
            raise ValueError("give either `flow` or `flow_id`")
        return self


class LoopEnd(BaseModel):
    result: Any
    iterations: int
    terminated: bool
    """It ended because of ``max_iterations``; ``result`` is what the next iteration would have been given."""


@component
async def iterate(loop: Loop, context: ComponentContext) -> LoopEnd:
    """Runs the flow until its output has ``result``; ``next`` in its output is its next input.

    Every run is journaled under its number: a run that was killed goes on with the iteration it was in.
    """
    flow = loop.flow or await context.get_json(str(loop.flow_id))
    given = loop.initial_input
    for turn in range(loop.max_iterations):
        context.progress(turn, loop.max_iterations)
        ended = await context.run_flow(flow, given, turn)
        if isinstance(ended, Failure):
            raise ComponentError(
                f"iteration {turn + 1} failed: {ended.message}", code=ended.error, next_step=ended.next_step
            )
        output = ended.result if isinstance(ended.result, dict) else {}
        if "result" in output:
            return LoopEnd(result=output["result"], iterations=turn + 1, terminated=False)
        if "next" not in output:
            raise InvalidInput("the flow's output has neither `result` nor `next`")
        given = output["next"]
    return LoopEnd(result=given, iterations=loop.max_iterations, terminated=True)


class Count(BaseModel):
    current: int
    target: int


@component
def counter_step(count: Count) -> dict[str, Any]:
    """One more, until the target is reached."""
    if count.current >= count.target:
        return {"result": f"Reached target {count.target}"}
    return {"next": {"current": count.current + 1, "target": count.target}}
