"""The context as components written for stepflow_py know it, over the engine's own: blobs are JSON values under ids,
runs are lists of inputs. Also what code in a blob is given."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Sequence
from typing import Any

from flow_compiler.engine.components import ComponentContext
from flow_compiler.engine.outcomes import FlowResult, Json, Success
from flow_compiler.engine.stores import BlobRef
from flow_compiler.errors import ComponentError
from flow_compiler.worker.messages import Message

Failed = Callable[[str, str], Exception]
"""Makes what is raised for a run that failed: from its code and its message."""


def as_over_the_wire(value: Any) -> Json:
    """The value as the reference stores it (notes/stepflow 1.10): keys sorted, whole floats as integers. Ids of blobs
    rest on it. Structs become objects."""
    if hasattr(value, "__struct_fields__"):
        import msgspec

        value = msgspec.to_builtins(value)
    elif hasattr(value, "model_dump"):
        value = value.model_dump(mode="json")
    if isinstance(value, dict):
        return {str(key): as_over_the_wire(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, list | tuple):
        return [as_over_the_wire(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


class StepflowCalls:
    """put_blob, get_blob, evaluate_flow, submit_run and what goes with them, of one call of one component."""

    def __init__(self, context: ComponentContext, failed: Failed) -> None:
        self._engine = context
        self._failed = failed
        self._runs: dict[str, asyncio.Task[list[FlowResult]]] = {}
        self._next = 0

    @property
    def step_id(self) -> str:
        return self._engine.step_id

    @property
    def run_id(self) -> str:
        return self._engine.run_id

    @property
    def flow_id(self) -> str | None:
        """Unknown here: a flow that is run from its file is stored nowhere."""
        return None

    @property
    def attempt(self) -> int:
        return self._engine.attempt

    async def put_blob(self, data: Any, blob_type: str = "data") -> str:
        """The id of the JSON value; bytes are kept as they are."""
        if isinstance(data, bytes | bytearray):
            return (await self._engine.artifacts.put(bytes(data), "binary")).id
        reference: BlobRef = await self._artifacts.put_json(as_over_the_wire(data), blob_type)
        return reference.id

    async def get_blob(self, blob_id: str) -> Any:
        """The JSON value, or the bytes of what is none."""
        try:
            return await self._artifacts.get_json(blob_id)
        except ComponentError:
            return await self._engine.artifacts.get(blob_id)

    async def evaluate_flow(self, flow: Any, input: Any, overrides: Any = None, subflow_key: Any = None) -> Any:
        return (await self.evaluate_run(flow, [input], overrides=overrides))[0]

    async def evaluate_flow_by_id(
        self, flow_id: str, input: Any, overrides: Any = None, subflow_key: Any = None
    ) -> Any:
        return (await self.evaluate_run_by_id(flow_id, [input], overrides=overrides))[0]

    async def evaluate_run(
        self,
        flow: Any,
        inputs: Sequence[Any],
        max_concurrency: int | None = None,
        overrides: Any = None,
        subflow_key: Any = None,
    ) -> list[Any]:
        return self._results(await self._run(_flow(flow), inputs, max_concurrency, overrides))

    async def evaluate_run_by_id(
        self,
        flow_id: str,
        inputs: Sequence[Any],
        max_concurrency: int | None = None,
        overrides: Any = None,
        subflow_key: Any = None,
    ) -> list[Any]:
        return self._results(await self._run({"flowId": flow_id}, inputs, max_concurrency, overrides))

    async def submit_run(
        self,
        flow: Any = None,
        inputs: Sequence[Any] | None = None,
        wait: bool = True,
        max_concurrency: int | None = None,
        overrides: Any = None,
        subflow_key: Any = None,
        *,
        flow_id: str | None = None,
        timeout_secs: int | None = None,
    ) -> Message:
        """The status of the run. One that is not waited for goes on as long as this call does."""
        if flow is None and flow_id is None:
            raise ValueError("Either flow or flow_id must be provided")
        which = _flow(flow) if flow is not None else {"flowId": flow_id}
        key = f"{self.run_id}/{self.step_id}[{self._next}]"
        self._runs[key] = asyncio.ensure_future(self._run(which, inputs or [{}], max_concurrency, overrides))
        return await self.get_run(key, wait=wait, timeout_secs=timeout_secs)

    async def submit_run_by_id(
        self,
        flow_id: str,
        inputs: Sequence[Any],
        wait: bool = False,
        max_concurrency: int | None = None,
        overrides: Any = None,
        subflow_key: Any = None,
    ) -> Message:
        return await self.submit_run(None, inputs, wait, max_concurrency, overrides, flow_id=flow_id)

    async def get_run(
        self, run_id: str, wait: bool = False, include_results: bool = True, timeout_secs: int | None = None
    ) -> Message:
        task = self._runs.get(run_id)
        if task is None:
            raise ValueError(f"run {run_id} was not submitted by this call")
        if wait:
            await asyncio.wait([task], timeout=timeout_secs)
        if not task.done():
            return {"run_id": run_id, "status": "EXECUTION_STATUS_RUNNING"}
        results = [_item(index, result) for index, result in enumerate(await task)]
        failed = any(item["status"] == _FAILED for item in results)
        told: Message = {"run_id": run_id, "status": _FAILED if failed else _COMPLETED}
        return {**told, "results": results} if include_results else told

    async def close(self) -> None:
        for task in self._runs.values():
            task.cancel()
        if self._runs:
            await asyncio.wait(self._runs.values())

    async def _run(
        self, which: Message, inputs: Sequence[Any], max_concurrency: int | None, overrides: Any
    ) -> list[FlowResult]:
        """Numbered in the order they were asked for, so that a call that is repeated finds what had finished."""
        flows: Any = self._engine.run_flow
        first, self._next = self._next, self._next + len(inputs)
        places = asyncio.Semaphore(max_concurrency or flows.width)

        async def one(place: int, given: Any) -> FlowResult:
            async with places:
                told = {**which, "overrides": overrides}
                result: FlowResult = await flows.run(told, _json(given), first + place)
                return result

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(place, given)) for place, given in enumerate(inputs)]
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from errors
        return [task.result() for task in tasks]

    def _results(self, results: list[FlowResult]) -> list[Any]:
        for index, result in enumerate(results):
            if not isinstance(result, Success):
                raise self._failed(str(result.code), f"Item at index {index} failed: {result.message}")
        return [result.result for result in results if isinstance(result, Success)]

    @property
    def _artifacts(self) -> Any:
        return self._engine.artifacts


_COMPLETED, _FAILED = "EXECUTION_STATUS_COMPLETED", "EXECUTION_STATUS_FAILED"


def _item(index: int, result: FlowResult) -> Message:
    if isinstance(result, Success):
        return {"item_index": index, "status": _COMPLETED, "output": result.result}
    return {
        "item_index": index,
        "status": _FAILED,
        "error_code": str(result.code),
        "error_message": result.message,
    }


def _flow(flow: Any) -> Message:
    return {"flow": _json(flow)}


def _json(value: Any) -> Json:
    """Structs and models as JSON; what is JSON already stays as it is."""
    if hasattr(value, "__struct_fields__") or hasattr(value, "model_dump"):
        return as_over_the_wire(value)
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode("ascii")
    return value
