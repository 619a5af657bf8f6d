"""The ``/py`` components of the recorded cases (README beside them)."""

from __future__ import annotations

import json
from typing import Any

from flow_compiler.engine.components import ComponentContext, component
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.errors import ComponentError, InvalidInput, ResourceUnavailable, UnknownComponent
from flow_compiler.language.canonical import canonical_json


@component("/py/echo")
async def echo(given: Any, context: ComponentContext) -> Any:
    given["echoed"] = True
    return given


@component("/py/ident")
async def ident(given: Any, context: ComponentContext) -> Any:
    return given


@component("/py/add")
def add(given: Any, context: ComponentContext) -> Any:
    return {"sum": sum(given["xs"])}


@component("/py/nothing")
async def nothing(given: Any, context: ComponentContext) -> None:
    return None


@component("/py/flaky")
async def flaky(given: Any, context: ComponentContext) -> Any:
    if context.attempt < given["succeed_on"]:
        raise RuntimeError(f"attempt {context.attempt} failed")
    return {"attempt": context.attempt}


_KINDS = {
    "runtime": RuntimeError,
    "value": ValueError,
    "exec": ComponentError,
    "res": ResourceUnavailable,
    "valid": InvalidInput,
    "comp": UnknownComponent,
}


@component("/py/boom")
async def boom(given: Any, context: ComponentContext) -> Any:
    raise _KINDS[given.get("kind", "runtime")](given.get("message", "boom"))


@component("/py/blob")
async def blob(given: Any, context: ComponentContext) -> Any:
    reference = await context.put_blob(canonical_json(given["data"]), "data")
    return {"blob_id": reference.id, "back": json.loads(await context.get_blob(reference.id))}


@component("/py/count_to")
async def count_to(given: Any, context: ComponentContext) -> Any:
    if given["n"] >= given["target"]:
        return {"result": {"reached": given["n"]}}
    return {"next": {"n": given["n"] + 1, "target": given["target"]}}


PY = ComponentRegistry.of(echo, ident, add, nothing, flaky, boom, blob, count_to)
