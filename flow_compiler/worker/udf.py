"""``/udf`` in its process: code and schema from the blob, input held to the schema, the function called."""

from __future__ import annotations

import inspect
from typing import Any

import pydantic

from flow_compiler.engine.components import Component, ComponentContext, component
from flow_compiler.errors import ComponentError
from flow_compiler.worker.code import Code, NoCode, read_code
from flow_compiler.worker.limits import allow_cpu
from flow_compiler.worker.modules import CannotServe
from flow_compiler.worker.stepflow_context import StepflowCalls, as_over_the_wire

_FOREIGN = "component.raised"  # the words are the code's own, and may quote a document

NO_MODULE = "udf.no_module"


class Given(pydantic.BaseModel):
    blob_id: str
    input: dict[str, Any]


def code_component(cpu_seconds: int) -> Component:
    """The component, allowed ``cpu_seconds`` of CPU time for each call. Raises CannotServe."""
    try:
        import jsonschema
    except ImportError as error:
        raise CannotServe("/udf needs jsonschema: install it in the environment of the plugin") from error
    read: dict[str, tuple[Code, Any]] = {}

    @component("/udf")
    async def udf(given: Given, context: ComponentContext) -> Any:
        allow_cpu(cpu_seconds)
        calls = StepflowCalls(context, lambda _, message: ComponentError(message))
        if given.blob_id not in read:
            read[given.blob_id] = await _read(given.blob_id, calls)
        code, schema = read[given.blob_id]
        try:
            _hold_to(schema, given.input)
            return as_over_the_wire(await _called(code, given.input, calls))
        except Exception as error:
            raise ComponentError(
                f"Function execution failed: {error}",
                code=NO_MODULE if _lacks_module(error) else _FOREIGN,
                next_step=f"The code in the blob raised {type(error).__name__}: correct it, or its input.",
            ) from error
        finally:
            await calls.close()

    def _hold_to(schema: Any, value: Any) -> None:
        try:
            jsonschema.validate(value, schema)
        except jsonschema.ValidationError as error:
            raise ValueError(f"Input validation failed: {error.message}") from error
        except jsonschema.SchemaError as error:
            raise ValueError(f"Invalid schema: {error.message}") from error

    declared: Component = udf.__component__  # type: ignore[attr-defined]
    return declared


def _lacks_module(error: Exception) -> bool:
    """An import of the code found nothing: the words are Python's, about a name and nothing else."""
    name = error.name if isinstance(error, ModuleNotFoundError) else None
    return bool(name) and str(error) == f"No module named {name!r}" and str(name).replace(".", "").isidentifier()


async def _read(blob_id: str, calls: StepflowCalls) -> tuple[Code, Any]:
    blob = await calls.get_blob(blob_id)
    if not isinstance(blob, dict):
        raise _broken(f"Blob {blob_id} must contain a dictionary")
    for name in ("code", "input_schema"):
        if not blob.get(name):
            raise _broken(f"Blob {blob_id} must contain '{name}' field")
    try:
        return read_code(str(blob["code"])), blob["input_schema"]
    except NoCode as error:
        raise ComponentError(str(error), code="udf.no_code", next_step=f"Correct the code: {error.reason}") from error


async def _called(code: Code, value: dict[str, Any], calls: StepflowCalls) -> Any:
    """With the context where the function takes one; what is a runnable afterwards is run."""
    parameters = list(inspect.signature(code).parameters.values())
    plain = parameters and parameters[0].annotation not in (inspect.Parameter.empty, dict, "dict")
    given: list[Any] = [value if plain else Input(value)]
    if len(parameters) == 2 or (len(parameters) > 2 and parameters[1].name == "context"):
        given.append(calls)
    result = code(*given)
    if inspect.isawaitable(result):
        result = await result
    return await result.ainvoke(value) if hasattr(result, "ainvoke") else result


def _broken(message: str) -> ComponentError:
    return ComponentError(message, code="udf.no_code", next_step="Store {code, input_schema} with /builtin/put_blob.")


class Input(dict[str, Any]):
    """The input, whose fields can also be read as attributes."""

    def __getattr__(self, name: str) -> Any:
        return self[name]

    def __getitem__(self, name: str) -> Any:
        try:
            value = super().__getitem__(name)
        except KeyError:
            raise ValueError(f"Input has no attribute '{name}'") from None
        return Input(value) if isinstance(value, dict) else value
