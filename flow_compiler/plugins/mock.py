"""Components whose answers are written beforehand. An input without an answer breaks the plugin, as in the reference:
the step fails with UNREACHABLE, and the reason is in its next step."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import TypeAdapter

from flow_compiler.configuration.behaviors import Behavior, MockError
from flow_compiler.configuration.plugins import MockComponent, MockPlugin
from flow_compiler.engine.components import Component, ComponentContext, Effect
from flow_compiler.engine.failures import CallFailed
from flow_compiler.engine.outcomes import Failure, Json, TaskErrorCode
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.errors import ComponentError, InvalidInput
from flow_compiler.language.canonical import canonical_json

_ANY: TypeAdapter[Any] = TypeAdapter(Any)


def mock_components(settings: MockPlugin) -> ComponentRegistry:
    return ComponentRegistry(
        _component("/" + path.strip("/"), component) for path, component in settings.components.items()
    )


def _component(path: str, mocked: MockComponent) -> Component:
    return Component(
        path=path,
        call=_answering(path, mocked),
        input=_ANY,
        output=_ANY,
        effect=Effect.WRITE,  # an answer that is edited must not meet a remembered one
        description="Answers that were written beforehand.",
        builtin=True,
        declared_input=mocked.input_schema if mocked.input_schema is not None else {},
        declared_output=mocked.output_schema if mocked.output_schema is not None else {},
    )


def _answering(path: str, mocked: MockComponent) -> Callable[[Json, ComponentContext], Awaitable[Json]]:
    behaviors = {canonical_json(behavior.input): behavior for behavior in mocked.behaviors}

    async def answer(given: Json, context: ComponentContext) -> Json:  # noqa: ARG001  the signature of every component
        behavior = behaviors.get(canonical_json(given))
        if behavior is None:
            raise InvalidInput(
                f"no behavior is written for {path} on {canonical_json(given).decode()[:200]}",
                next_step=f"Add this input to the behaviors of {path}.",
            )
        return _result(path, behavior)

    return answer


def _result(path: str, behavior: Behavior) -> Json:
    if isinstance(behavior.error, MockError):
        raise CallFailed(_failure(behavior.error))
    if behavior.error is not None:
        raise ComponentError(f"{path}: {behavior.error}", next_step="It is what the mock was told to do.")
    return behavior.result


def _failure(error: MockError) -> Failure:
    known = error.code in tuple(TaskErrorCode)
    return Failure(
        code=TaskErrorCode(error.code) if known else TaskErrorCode.COMPONENT_FAILED,
        message=error.message,
        next_step="It is what the mock was told to do.",
    )
