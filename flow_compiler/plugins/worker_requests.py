"""What a worker may ask for during a call: blobs, and flows run below its step."""

from __future__ import annotations

import asyncio
import base64
import binascii
from pathlib import Path

from flow_compiler.engine.components import ComponentContext
from flow_compiler.engine.json_blobs import read_json
from flow_compiler.engine.outcomes import Json, to_json
from flow_compiler.errors import ComponentError, InvalidInput
from flow_compiler.language.canonical import NotJson, ordered_json
from flow_compiler.language.overrides import apply_overrides
from flow_compiler.language.reading import flow_from_json
from flow_compiler.worker.messages import MAX_INLINE_BLOB

_KINDS = ("data", "flow", "binary")


async def answer(method: Json, params: Json, context: ComponentContext) -> Json:
    """The result of one request. Raises errors of the package's tree."""
    params = params if isinstance(params, dict) else {}
    match method:
        case "put_blob":
            return await _put_blob(params, context)
        case "get_blob":
            return await _get_blob(params, context)
        case "run_flow":
            return await _run_flow(params, context)
    raise _refused(f"there is no request {method!r}")


async def _put_blob(params: dict[str, Json], context: ComponentContext) -> Json:
    data, kind = await _bytes_of(params)
    kind = params.get("blobType", kind)
    if kind not in _KINDS:
        raise _refused(f"blobType is one of {', '.join(_KINDS)}")
    reference = await context.put_blob(data, kind)
    return {"blobId": reference.id, "blobType": reference.kind, "size": reference.size}


async def _bytes_of(params: dict[str, Json]) -> tuple[bytes, str]:
    """The bytes, and what they are when nobody says."""
    match params:
        case {"data": value}:
            try:
                return ordered_json(value), "data"
            except NotJson as error:
                raise _refused("data has no JSON form") from error
        case {"base64": str(text)}:
            try:
                return base64.b64decode(text, validate=True), "binary"
            except binascii.Error as error:
                raise _refused("base64 is not base64") from error
        case {"file": str(name)}:
            try:
                return await asyncio.to_thread(Path(name).read_bytes), "binary"
            except OSError as error:
                raise _refused(f"the file cannot be read: {error.strerror}") from error
    raise _refused("put_blob needs data, base64 or file")


async def _get_blob(params: dict[str, Json], context: ComponentContext) -> Json:
    digest, form = params.get("blobId"), params.get("as", "json")
    if not isinstance(digest, str):
        raise _refused("get_blob needs blobId")
    match form:
        case "json":
            return {"data": await read_json(context.artifacts, digest)}
        case "file":
            return {"file": str((await context.artifacts.local_path(digest)).absolute())}
        case "base64":
            data = await context.get_blob(digest)
            if len(data) > MAX_INLINE_BLOB:
                raise _refused(f"the blob has {len(data)} bytes: get it as file")
            return {"base64": base64.b64encode(data).decode("ascii")}
    raise _refused("as is one of json, base64, file")


async def _run_flow(params: dict[str, Json], context: ComponentContext) -> Json:
    if context.run_flow is None:
        raise ComponentError("flows cannot be run here", code="worker.no_flows")
    flow = params["flow"] if "flow" in params else await read_json(context.artifacts, str(params.get("flowId")))
    if params.get("overrides") is not None:
        flow = apply_overrides(flow_from_json(flow), params["overrides"]).to_json()
    index = params.get("index")
    if index is not None and (not isinstance(index, int) or index < 0):
        raise _refused("index is a whole number from 0")
    return to_json(await context.run_flow(flow, params.get("input"), index))


def _refused(message: str) -> InvalidInput:
    return InvalidInput(message, code="worker.bad_request", next_step="Correct the worker (docs/protocol.md).")
