"""``/blobs``: JSON values and bytes under the SHA-256 of what they are (notes/stepflow 1.10)."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError

from flow_compiler.engine.outcomes import Json
from flow_compiler.errors import ArtifactMissing, RequestRefused
from flow_compiler.http_api.bodies import StrictRoute, says_json
from flow_compiler.http_api.routes.serving_from import TheService
from flow_compiler.http_api.service import Service
from flow_compiler.http_api.shapes import Shape
from flow_compiler.http_api.storage.blobs import BlobName
from flow_compiler.language.canonical import ordered_json

router = APIRouter(prefix="/blobs", tags=["blobs"], route_class=StrictRoute)
Kind = Literal["data", "flow", "binary"]


class PutBlob(Shape):
    data: Any = Field(default=None, description="any JSON value")
    json_data: Any = Field(default=None, description="the same under the name that the reference's protocol has")
    raw_data: str | None = Field(default=None, description="bytes in base64, instead of data")
    blob_type: Kind = "data"
    filename: str | None = Field(default=None, max_length=1024)
    content_type: str | None = Field(default=None, max_length=256)


class PutAnswer(Shape):
    blob_id: str
    filename: str | None = None


class Blob(Shape):
    blob_id: str
    blob_type: str
    data: Any = None
    raw_data: str | None = Field(default=None, description="in base64, where it is no JSON")
    filename: str | None = None
    content_type: str | None = None


@router.post(
    "",
    summary="Store a JSON value, or bytes",
    response_model_exclude_unset=True,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": PutBlob.model_json_schema(by_alias=True)},
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            },
        }
    },
)
async def put(
    request: Request,
    service: TheService,
    filename: Annotated[str | None, Query(max_length=1024, description="of bytes; kept with the blob")] = None,
) -> PutAnswer:
    """A JSON value keeps the order of its keys: its id is the digest of its compact text. A body of any other type is
    stored as it is."""
    if not says_json(request):
        kind = request.headers.get("content-type")
        return await _keep(service, await request.body(), "binary", filename, None if kind is None else kind[:256])
    asked = _asked(await request.json())
    given = asked.model_fields_set & {"data", "json_data", "raw_data"}
    if len(given) != 1:
        raise RequestRefused("a blob needs one of data and rawData", next_step="Send {data: …}, or bytes as they are.")
    if asked.raw_data is not None:
        data, kind = _bytes(asked.raw_data), "binary"
    else:
        data, kind = ordered_json(asked.data if "data" in given else asked.json_data), asked.blob_type
    return await _keep(service, data, kind, asked.filename, asked.content_type)


def _asked(body: Json) -> PutBlob:
    try:
        return PutBlob.model_validate(body)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error


@router.get("/{blob_id}", summary="A blob", response_model_exclude_unset=True)
async def get(
    blob_id: Annotated[str, Path(max_length=128, description="64 hexadecimal digits")], service: TheService
) -> Blob:
    try:
        data = await service.artifacts.get(blob_id)
    except ArtifactMissing as error:
        raise RequestRefused(
            f"blob {blob_id!r} not found",
            code="blob.unknown",
            next_step="Give the id that POST /api/v1/blobs answered.",
        ) from error
    name = await service.blobs.get(blob_id)
    named = {} if name is None else {"filename": name.filename, "content_type": name.content_type}
    fields: dict[str, Any] = {key: value for key, value in named.items() if value is not None}
    return Blob(blob_id=blob_id, **fields, **_content(data, None if name is None else name.kind))


def _content(data: bytes, kind: str | None) -> dict[str, Any]:
    """JSON as such, other bytes in base64. What a flow stored has no kind of its own."""
    if kind != "binary":
        try:
            return {"blob_type": kind or "data", "data": json.loads(data)}
        except (ValueError, RecursionError):
            kind = "binary"
    return {"blob_type": kind, "raw_data": base64.b64encode(data).decode()}


async def _keep(service: Service, data: bytes, kind: str, filename: str | None, content_type: str | None) -> PutAnswer:
    stored = await service.artifacts.put(data, kind)
    await service.blobs.put(BlobName(stored.id, kind, filename, content_type))
    return PutAnswer(blob_id=stored.id, **({} if filename is None else {"filename": filename}))


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise RequestRefused("rawData is not base64", next_step="Encode the bytes in base64.") from error
