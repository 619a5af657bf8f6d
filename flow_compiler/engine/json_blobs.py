"""JSON values as artifacts, as Stepflow's blobs are (notes/stepflow 1.10)."""

from __future__ import annotations

import json

from flow_compiler.engine.finite_numbers import place_not_finite
from flow_compiler.engine.outcomes import Json
from flow_compiler.engine.stores import ArtifactStore, BlobRef
from flow_compiler.errors import InvalidInput
from flow_compiler.language.canonical import ordered_json


async def write_json(artifacts: ArtifactStore, value: Json, kind: str) -> BlobRef:
    """Its id is the SHA-256 of its compact JSON text in insertion order. Raises NotJson."""
    return await artifacts.put(ordered_json(value), kind)


async def read_json(artifacts: ArtifactStore, digest: str) -> Json:
    """Raises InvalidInput when the artifact is no JSON text, ArtifactMissing when there is none."""
    data = await artifacts.get(digest)
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
