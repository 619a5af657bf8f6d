"""JSON values as text columns: ASCII, so that any character survives any database."""

from __future__ import annotations

import json

from flow_compiler.engine.outcomes import Json


def written(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def read(text: str | None) -> Json:
    return None if text is None else json.loads(text)
