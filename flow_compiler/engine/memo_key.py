"""The address of a remembered result: what it depends on, and nothing else."""

from __future__ import annotations

import hashlib

from flow_compiler.engine.components import Component
from flow_compiler.engine.outcomes import Json
from flow_compiler.language.canonical import canonical_json


def memo_key(component: Component, profile: str, value: Json) -> str:
    """``sha256(component path + version + profile + canonical resolved input)`` as lowercase hex (design, idea 2)."""
    digest = hashlib.sha256()
    for part in (component.path, component.version, profile):
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(8, "big"))  # lengths keep neighbours apart
        digest.update(encoded)
    digest.update(canonical_json(value))
    return digest.hexdigest()
