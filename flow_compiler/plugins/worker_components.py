"""From what a worker says it serves to components that call it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from flow_compiler.engine.components import BatchContext, Component, ComponentContext, Effect
from flow_compiler.engine.failures import CallFailed
from flow_compiler.engine.outcomes import Json
from flow_compiler.errors import ComponentError, PluginFailed
from flow_compiler.plugins.declared_contracts import ANYTHING, BrokenSchema, declared_contract
from flow_compiler.plugins.supervised import Supervised
from flow_compiler.plugins.worker_connection import Connection
from flow_compiler.worker.messages import Message, failure_from_json

Served = dict[str, Component]


class _Told(BaseModel):
    """One component in a hello. Other keys are for later versions."""

    model_config = ConfigDict(alias_generator=to_camel)

    path: str = Field(pattern=r"^/[^\s]+$")
    description: str = ""
    input_schema: dict[str, Any] | bool = Field(default_factory=dict)
    output_schema: dict[str, Any] | bool = Field(default_factory=dict)
    version: str = "1"
    effect: Effect = Effect.WRITE
    pool: str | None = None
    batch: int | None = Field(default=None, ge=1)
    lease: bool = False


class _Hello(BaseModel):
    components: list[_Told]


def components_served(name: str, hello: Message, worker: Supervised[Connection], *, checked_by_worker: bool) -> Served:
    """By path. Raises PluginFailed when the hello is none."""
    try:
        told = _Hello.model_validate(hello).components
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise _bad_hello(f"plugin {name}: its program's hello is wrong at {place}: {first['msg']}") from error
    served: Served = {}
    for part in told:
        if part.path in served:
            raise _bad_hello(f"plugin {name}: its program serves {part.path} twice")
        served[part.path] = _component(name, part, worker, checked_by_worker)
    return served


def _component(name: str, told: _Told, worker: Supervised[Connection], checked_by_worker: bool) -> Component:
    try:
        given = ANYTHING if checked_by_worker else declared_contract(told.input_schema)
        returned = ANYTHING if checked_by_worker else declared_contract(told.output_schema)
    except BrokenSchema as error:
        raise _bad_hello(f"plugin {name}: a schema of {told.path} is none: {error}") from error

    async def call(value: Json, context: ComponentContext) -> Json:
        return (await _ask(worker, {"type": "call", "input": value, "context": context_message(context)}, [context]))[
            "result"
        ]

    async def call_batch(values: list[Json], context: BatchContext) -> list[Json | CallFailed]:
        items = [
            {"input": value, "context": context_message(item)}
            for value, item in zip(values, context.items, strict=True)
        ]
        results = (await _ask(worker, {"type": "batch", "items": items}, context.items))["results"]
        return [_result(result) for result in results]

    async def _ask(supervised: Supervised[Connection], message: Message, contexts: Sequence[ComponentContext]) -> Any:
        connection = await supervised.session()
        try:
            answer = await connection.call({**message, "component": told.path}, contexts)
        except CallFailed:
            supervised.answered()
            raise
        supervised.answered()
        expected = "results" if message["type"] == "batch" else "result"
        if expected not in answer or (expected == "results" and not isinstance(answer["results"], list)):
            raise ComponentError(
                f"plugin {name} answered a call of {told.path} without {expected}",
                code="worker.protocol",
                next_step="Correct the worker (docs/protocol.md).",
            )
        return answer

    return Component(
        path=told.path,
        call=call if told.batch is None else call_batch,
        input=given,
        output=returned,
        version=told.version,
        effect=told.effect,
        pool=told.pool,
        batch=told.batch,
        lease=told.lease,
        description=told.description,
        shares_input=False,  # what goes through a stream is a copy
        declared_input=told.input_schema,
        declared_output=told.output_schema,
    )


def context_message(context: ComponentContext) -> Message:
    """What a call's message says besides the input."""
    return {
        "runId": context.run_id,
        "item": context.item,
        "stepId": context.step_id,
        "attempt": context.attempt,
        "elapsed": context.elapsed,
        "width": context.run_flow.width if context.run_flow is not None else 1,
    }


def _result(told: Any) -> Json | CallFailed:
    if isinstance(told, dict) and "result" in told:
        return told["result"]
    return CallFailed(failure_from_json(told.get("error") if isinstance(told, dict) else None))


def _bad_hello(message: str) -> PluginFailed:
    return PluginFailed(message, code="plugin.protocol", next_step="Correct the program (docs/protocol.md).")
