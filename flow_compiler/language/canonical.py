"""One byte form for equal JSON values: what memo keys, data versions and blob ids are digests of.

Integers stay integers (``1`` and ``1.0`` differ), non-ASCII text stays as it is, NaN and infinities are refused:
they are not JSON, and a digest over them would equal no other program's.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any


class NotJson(ValueError):
    """The value has no JSON form."""


def canonical_json(value: Any) -> bytes:
    """Compact JSON with sorted keys, UTF-8: equal values give equal bytes. Raises NotJson."""
    return _encode(value, sort_keys=True)


def ordered_json(value: Any) -> bytes:
    """Compact JSON in insertion order, UTF-8: what Stepflow's blob ids are digests of (notes/stepflow 1.10)."""
    return _encode(value, sort_keys=False)


def digest(value: Any) -> str:
    """SHA-256 of :func:`canonical_json`, 64 lowercase hex digits. Raises NotJson."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def blob_id(value: Any) -> str:
    """The id Stepflow gives the value as a blob: SHA-256 of :func:`ordered_json`. Raises NotJson."""
    return hashlib.sha256(ordered_json(value)).hexdigest()


def _encode(value: Any, *, sort_keys: bool) -> bytes:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=sort_keys)
        return text.encode("utf-8")
    except (TypeError, ValueError, RecursionError) as error:
        raise NotJson(f"the value has no JSON form: {error}") from error
