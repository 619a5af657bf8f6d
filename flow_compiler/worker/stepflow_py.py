"""Components written for stepflow_py, served unchanged: those of the ``StepflowServer`` objects that a module has.

Needs what such a module has imported itself: stepflow_py 0.13 and msgspec.
"""

from __future__ import annotations

import inspect
import logging
from types import ModuleType
from typing import Any, get_type_hints

import msgspec
from pydantic import TypeAdapter
from stepflow_py.proto.common_pb2 import TaskErrorCode as ForeignCode
from stepflow_py.worker import StepflowContext, StepflowServer
from stepflow_py.worker.exceptions import StepflowFailed
from stepflow_py.worker.task_handler import classify_exception

from flow_compiler.engine.components import Component, ComponentContext, Effect
from flow_compiler.engine.failures import CallFailed, failure_of
from flow_compiler.engine.outcomes import Failure, Json, TaskErrorCode
from flow_compiler.errors import FlowCompilerError, InvalidInput
from flow_compiler.worker.stepflow_context import StepflowCalls

_ANY: TypeAdapter[Any] = TypeAdapter(Any)
_CODE_RUNNER = "udf"
"""Runs code from blobs inside the worker: here code runs in a process of its own, where the configuration allows it."""
_log = logging.getLogger(__name__)


class Context(StepflowCalls, StepflowContext):  # type: ignore[misc]
    """The engine under the names of stepflow_py."""


def components_of_servers(module: ModuleType) -> list[Component]:
    """Of all servers in the module, under their own paths. A component under a pattern is left out, and named in the log."""
    servers = {id(value): value for value in vars(module).values() if isinstance(value, StepflowServer)}
    found = []
    for server in servers.values():
        for entry in server.get_components().values():
            if entry.name == _CODE_RUNNER:
                continue
            if "{" in (entry.path or ""):
                _log.warning("%s is left out: components under a pattern are not served", entry.path)
                continue
            found.append(_component(entry))
    return found


def _component(entry: Any) -> Component:
    given, returned, with_context = _signature(entry.function)

    async def on_loop(value: Json, context: ComponentContext) -> Json:
        calls = Context(context, _run_failed)
        try:
            arguments = [_converted(value, given, entry.path), *([calls] if with_context else [])]
            return _builtins(await entry.function(*arguments))
        except Exception as error:
            raise _as_failure(error) from error
        finally:
            await calls.close()

    def in_thread(value: Json, context: ComponentContext) -> Json:
        try:
            arguments = [
                _converted(value, given, entry.path),
                *([Context(context, _run_failed)] if with_context else []),
            ]
            return _builtins(entry.function(*arguments))
        except Exception as error:
            raise _as_failure(error) from error

    is_async = inspect.iscoroutinefunction(entry.function)
    return Component(
        path=entry.path,
        call=on_loop if is_async else in_thread,
        input=_ANY,
        output=_ANY,
        effect=Effect.WRITE,
        description=entry.description or "",
        is_async=is_async,
        declared_input=_schema(given),
        declared_output=_schema(returned),
    )


def _signature(function: Any) -> tuple[Any, Any, bool]:
    """Types of input and result, and whether it takes a context. Names that stand for nothing are anything."""
    try:
        hints = get_type_hints(function)
    except Exception:  # noqa: BLE001  annotations are code of their author
        hints = {}
    parameters = list(inspect.signature(function).parameters.values())
    kinds = [hints.get(parameter.name, parameter.annotation) for parameter in parameters]
    given = kinds[0] if kinds and not isinstance(kinds[0], str) else Any
    with_context = any(kind is StepflowContext or (isinstance(kind, str) and "Context" in kind) for kind in kinds[1:])
    return (Any if given is inspect.Parameter.empty else given), hints.get("return", Any), with_context


def _converted(value: Json, kind: Any, path: str) -> Any:
    try:
        return msgspec.convert(value, type=kind)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"the input does not fit {path}: {error}") from error
    except TypeError:  # not a type that msgspec knows: the reference passes the value as it is
        return value


def _builtins(value: Any) -> Json:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return msgspec.to_builtins(value) if hasattr(value, "__struct_fields__") else value


def _schema(kind: Any) -> Json:
    try:
        return msgspec.json.schema(kind)
    except Exception:  # noqa: BLE001  a type that has no schema is anything
        return {}


def _run_failed(code: str, message: str) -> Exception:
    error: Exception = StepflowFailed(error_code=code, message=message)
    return error


def _as_failure(error: Exception) -> CallFailed:
    """The code that stepflow_py gives the exception (notes/stepflow 1.3)."""
    if isinstance(error, FlowCompilerError | CallFailed):
        return CallFailed(failure_of(error))
    number, _ = classify_exception(error)
    code = TaskErrorCode(ForeignCode.Name(number).removeprefix("TASK_ERROR_CODE_"))
    return CallFailed(
        Failure(
            code=code,
            message=str(error) or type(error).__name__,
            error="component.raised",
            retryable=code is TaskErrorCode.RESOURCE_UNAVAILABLE,
            next_step=f"The component raised {type(error).__name__}; see its log, then run again.",
        )
    )
