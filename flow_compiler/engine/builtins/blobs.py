"""``/builtin/put_blob`` and ``/builtin/get_blob``: JSON values as artifacts."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from flow_compiler.engine.components import ComponentContext, component


class PutBlob(BaseModel):
    data: Any = Field(...)
    blob_type: Literal["data", "flow", "binary"]


class BlobId(BaseModel):
    blob_id: str


class BlobData(BaseModel):
    data: Any


@component("/builtin/put_blob", builtin=True)
async def put_blob(given: PutBlob, context: ComponentContext) -> BlobId:
    """Stores a JSON value; its id is the SHA-256 of its compact JSON text in insertion order (notes/stepflow 1.10)."""
    reference = await context.put_json(given.data, given.blob_type)
    return BlobId(blob_id=reference.id)


@component("/builtin/get_blob", effect="read", builtin=True)
async def get_blob(given: BlobId, context: ComponentContext) -> BlobData:
    """The JSON value stored under the id."""
    return BlobData(data=await context.get_json(given.blob_id))
