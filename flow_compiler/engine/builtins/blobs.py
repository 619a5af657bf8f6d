"""``/builtin/put_blob`` and ``/builtin/get_blob``: JSON values as artifacts."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import BaseModel, Field

from flow_compiler.engine.components import ComponentContext, component
from flow_compiler.engine.finite_numbers import place_not_finite
from flow_compiler.engine.outcomes import Json
from flow_compiler.errors import InvalidInput
from flow_compiler.language.canonical import ordered_json


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
    reference = await context.put_blob(ordered_json(given.data), given.blob_type)
    return BlobId(blob_id=reference.id)


@component("/builtin/get_blob", effect="read", builtin=True)
async def get_blob(given: BlobId, context: ComponentContext) -> BlobData:
    """The JSON value stored under the id."""
    return BlobData(data=await read_json_blob(given.blob_id, context))


async def read_json_blob(digest: str, context: ComponentContext) -> Json:
    """Raises InvalidInput when the artifact is no JSON text, ArtifactMissing when there is none."""
    data = await context.get_blob(digest)
    try:
        value = json.loads(data, parse_constant=_refuse)
        if place_not_finite(value) is not None:  # 1e999 is one too
            _refuse("a number out of range")
    except (ValueError, RecursionError) as error:
        raise InvalidInput(
            f"artifact {digest} is not JSON", next_step="Give the id of a blob stored by /builtin/put_blob."
        ) from error
    return value


def _refuse(constant: str) -> Json:
    raise ValueError(f"{constant} is not a JSON number")
