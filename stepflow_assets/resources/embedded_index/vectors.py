"""Vectors as they are stored and compared: float32, little endian, exact cosine distance by sqlite-vec.

A plain table and a scalar function instead of sqlite-vec's own ``vec0`` table: deleting a row there leaves its bytes
in the file, and a forgotten document has to be gone. 100,000 × 384 take about 100 ms (vec0: 65 ms).
"""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Sequence
from typing import Any

import apsw

from stepflow_assets.errors import VectorsRejected
from stepflow_assets.resources.embedded_index.connections import enable_vectors

_BYTES = 4


def packed(vector: Sequence[float]) -> bytes:
    """Raises VectorsRejected for an empty vector or one with infinite or undefined numbers."""
    numbers = array("f", vector)
    if not numbers or not all(map(math.isfinite, numbers)):
        raise VectorsRejected("a vector is empty, or has numbers that are infinite or undefined")
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def require_dimension(connection: apsw.Connection, vector: bytes) -> bool:
    """Whether there are vectors to compare with. Raises VectorsRejected when they are of another dimension."""
    stored = connection.execute("SELECT length(vector) FROM vectors LIMIT 1").get
    if stored is None:
        return False
    if stored != len(vector):
        raise VectorsRejected(
            f"the index holds vectors of {stored // _BYTES} dimensions, these have {len(vector) // _BYTES}"
        )
    return True


def nearest(connection: apsw.Connection, vector: bytes, documents: str | None, limit: int) -> list[tuple[int, float]]:
    """(chunk key, cosine distance), nearest first. ``documents``: a JSON list of document digests, or None for all.
    A vector of zeros has no direction: it is never near."""
    enable_vectors(connection)
    among = (
        ""
        if documents is None
        else """WHERE chunk IN (
             SELECT chunks.key FROM chunks JOIN documents ON documents.key = chunks.document
             WHERE documents.digest IN (SELECT value FROM json_each(:documents)))"""
    )
    found: list[tuple[Any, ...]] = connection.execute(
        # The distance is named only once after being worked out: in a condition too, SQLite would work it out again.
        f"""SELECT chunk, vec_distance_cosine(vector, :vector) AS distance FROM vectors {among}
            ORDER BY distance NULLS LAST, chunk LIMIT :limit""",
        {"vector": vector, "documents": documents, "limit": limit},
    ).fetchall()
    return [(key, distance) for key, distance in found if distance is not None]
