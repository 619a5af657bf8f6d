"""The components of the language as a plugin, by paths without ``/builtin``: a route says where they are."""

from __future__ import annotations

from dataclasses import replace

from flow_compiler.engine.builtins import BUILTINS
from flow_compiler.engine.registry import ComponentRegistry

BUILTIN_PREFIX = "/builtin"


def builtin_components() -> ComponentRegistry:
    return ComponentRegistry(replace(part, path=part.path.removeprefix(BUILTIN_PREFIX)) for part in BUILTINS)
