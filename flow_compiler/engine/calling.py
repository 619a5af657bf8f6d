"""One call of one component: contract in, function, contract out. Synchronous functions never run on the event loop."""

from __future__ import annotations

import asyncio
import contextvars
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pydantic import TypeAdapter, ValidationError

from flow_compiler.engine.batching import Activity, Batcher
from flow_compiler.engine.components import Component, ComponentContext
from flow_compiler.engine.failures import CallFailed, broken_input, broken_output, builtin_failure, failure_of
from flow_compiler.engine.outcomes import Json
from flow_compiler.errors import LeaseLost, RunCancelled

_ANY: TypeAdapter[Any] = TypeAdapter(Any)


class Caller:
    """Calls components for one engine: owns the threads and the batches."""

    def __init__(self, threads: int, batch_wait: float) -> None:
        self.activity = Activity()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="component")
        self._batch_wait = batch_wait
        self._batchers: dict[str, Batcher] = {}

    async def close(self) -> None:
        for batcher in self._batchers.values():
            await batcher.close()
        # A synchronous component that never returns must not hold up the end of a run.
        self._threads.shutdown(wait=False, cancel_futures=True)

    def accept(self, component: Component, value: Json, step_id: str) -> Any:
        """The validated input. Raises CallFailed."""
        try:
            accepted = component.input.validate_python(value)
        except ValidationError as error:
            broken = CallFailed(broken_input(error, step_id, component.path))
            raise (CallFailed(builtin_failure(step_id, broken)) if component.builtin else broken) from error
        if accepted is value and isinstance(value, dict | list) and not component.builtin:
            # An undeclared contract gets the very object other steps see; a component that changes it must not reach them.
            return _ANY.dump_python(value)
        return accepted

    async def call(self, component: Component, accepted: Any, context: ComponentContext) -> Json:
        """The result as JSON. Raises CallFailed; LeaseLost and RunCancelled end the whole run and pass through."""
        try:
            if component.batch is None:
                returned = await self._invoke(component, accepted, context)
            else:
                returned = await self._batcher(component).call(accepted, context)
        except (LeaseLost, RunCancelled):
            raise
        except Exception as error:
            failure = failure_of(error)
            if component.builtin and not isinstance(error, CallFailed):
                failure = builtin_failure(context.step_id, error)
            raise CallFailed(failure) from error
        return self._deliver(component, returned, context.step_id)

    @staticmethod
    def _deliver(component: Component, returned: Any, step_id: str) -> Json:
        try:
            promised = component.output.validate_python(returned)
            return component.output.dump_python(promised, mode="json", by_alias=True)
        except ValidationError as error:
            raise CallFailed(broken_output(error, step_id, component.path)) from error

    async def _invoke(self, component: Component, given: Any, context: Any) -> Any:
        if component.is_async:
            return await component.call(given, context)
        loop = asyncio.get_running_loop()
        inherited = contextvars.copy_context()
        return await loop.run_in_executor(self._threads, inherited.run, component.call, given, context)

    def _batcher(self, component: Component) -> Batcher:
        found = self._batchers.get(component.path)
        if found is None:
            found = Batcher(component, self._invoke, self.activity, self._batch_wait)
            self._batchers[component.path] = found
        return found
