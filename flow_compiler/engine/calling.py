"""One call of one component: contract in, function, contract out. Synchronous functions never run on the event loop."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pydantic import TypeAdapter, ValidationError

from flow_compiler.engine.batching import Activity, Batcher
from flow_compiler.engine.call_slots import CallSlots, HeldSlot
from flow_compiler.engine.components import BatchContext, Component, ComponentContext, Resources
from flow_compiler.engine.failures import (
    CallFailed,
    broken_input,
    broken_output,
    builtin_failure,
    failure_of,
    input_without_json,
    output_not_finite,
    output_without_json,
)
from flow_compiler.engine.finite_numbers import place_not_finite
from flow_compiler.engine.memo_key import memo_key
from flow_compiler.engine.outcomes import Json
from flow_compiler.engine.sub_flows import SubFlows
from flow_compiler.errors import ComponentError, LeaseLost, RunCancelled
from flow_compiler.language.canonical import NotJson

_ANY: TypeAdapter[Any] = TypeAdapter(Any)


class Caller:
    """Calls components for one engine: owns the threads and the batches. A component may raise anything anywhere
    (also in its validators and its profile): it comes out as CallFailed."""

    def __init__(self, threads: int, batch_wait: float, calls: int | None = None) -> None:
        self.activity = Activity()
        self._slots = CallSlots(calls)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="component")
        self._batch_wait = batch_wait
        self._batchers: dict[tuple[str, int], Batcher] = {}

    async def close(self) -> None:
        for batcher in self._batchers.values():
            await batcher.close()
        # A synchronous component that never returns must not hold up the end of a run.
        self._threads.shutdown(wait=False, cancel_futures=True)

    def accept(self, component: Component, value: Json, step_id: str) -> Any:
        """The validated input."""
        try:
            if component.shares_input and isinstance(value, dict | list):
                # Other steps see these very objects: what the component does to its input must not reach them.
                value = _ANY.dump_python(value)
            return component.input.validate_python(value)
        except ValidationError as error:
            broken = CallFailed(broken_input(error, step_id, component.path))
            raise (CallFailed(builtin_failure(step_id, broken)) if component.builtin else broken) from error
        except Exception as error:
            raise CallFailed(failure_of(error)) from error

    def memo_key(self, component: Component, accepted: Any, value: Json, resources: Resources) -> str:
        """Where the result is remembered; ``value`` is the resolved input, ``accepted`` what became of it."""
        try:
            return memo_key(component, component.profile_of(accepted, resources), value)
        except NotJson as error:
            raise CallFailed(input_without_json(component.path)) from error
        except Exception as error:
            raise CallFailed(failure_of(error)) from error

    async def call(self, component: Component, accepted: Any, context: ComponentContext) -> Json:
        """The result as JSON. LeaseLost and RunCancelled end the whole run and pass through."""
        try:
            if component.batch is None:
                returned = await self.invoke(component, accepted, context)
            else:
                returned = await self._batcher(component).call(accepted, context)
        except (LeaseLost, RunCancelled):
            raise
        except asyncio.CancelledError as error:
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise
            raise CallFailed(failure_of(_cancelled_from_inside(component))) from error
        except (Exception, SystemExit) as error:
            failure = builtin_failure(context.step_id, error) if _is_own(component, error) else failure_of(error)
            raise CallFailed(failure) from error
        return self.deliver(component, returned, context.step_id)

    @staticmethod
    def deliver(component: Component, returned: Any, step_id: str) -> Json:
        """What the function returned, held to its contract, as JSON."""
        try:
            promised = component.output.validate_python(returned)
            result: Json = component.output.dump_python(promised, mode="json", by_alias=True)
            odd = None
            if component.returns_numbers:
                as_given = (
                    component.output.dump_python(promised, by_alias=True) if component.returns_untyped else result
                )
                odd = place_not_finite(as_given)
        except ValidationError as error:
            raise CallFailed(broken_output(error, step_id, component.path)) from error
        except Exception as error:
            raise CallFailed(output_without_json(step_id, component.path)) from error
        if odd is not None:
            raise CallFailed(output_not_finite(step_id, component.path, odd))
        return result

    async def invoke(self, component: Component, given: Any, context: Any) -> Any:
        """Just the function: on the loop, or in a thread; waits while as many calls are at work as there may be."""
        async with self._slots.held() as slot:
            if slot is not None:
                _bind(context, slot)
            arguments = (given, context) if component.takes_context else (given,)
            if component.is_async:
                return await component.call(*arguments)
            loop = asyncio.get_running_loop()
            inherited = contextvars.copy_context()
            return await loop.run_in_executor(self._threads, inherited.run, _in_thread, component.call, arguments)

    def _batcher(self, component: Component) -> Batcher:
        key = component.path, id(component.call)  # two plugins may declare the same path
        found = self._batchers.get(key)
        if found is None:
            found = Batcher(component, self.invoke, self.activity, self._batch_wait)
            self._batchers[key] = found
        return found


def _is_own(component: Component, error: BaseException) -> bool:
    """A built-in that failed itself; what failed in a flow that it ran keeps its own failure."""
    return component.builtin and not isinstance(error, CallFailed)


def _bind(context: ComponentContext | BatchContext, slot: HeldSlot) -> None:
    for each in context.items if isinstance(context, BatchContext) else [context]:
        if isinstance(each.run_flow, SubFlows):
            each.run_flow.during(slot)


def _in_thread(call: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Two exceptions cannot leave a thread's future as they are: one means something else there, one ends the loop."""
    try:
        return call(*arguments)
    except (StopIteration, SystemExit) as error:
        raise RuntimeError(f"the component raised {type(error).__name__}") from error


def _cancelled_from_inside(component: Component) -> ComponentError:
    return ComponentError(
        f"{component.path} was cancelled by something it waited for",
        code="component.cancelled",
        retryable=True,
        next_step="Run again; if it happens again, see the log of what the component waits for.",
    )
