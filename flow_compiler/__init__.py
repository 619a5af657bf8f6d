"""Stepflow flows: read, checked, run in process, compiled to Dagster assets.

What authors of components and programs around flows need is here; everything is imported when it is first used.

>>> from flow_compiler import ComponentContext, component
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flow_compiler.engine.components import BatchContext, Component, ComponentContext, Effect, Resources, component
    from flow_compiler.engine.engine import Engine
    from flow_compiler.engine.outcomes import Failure, FlowResult, Success
    from flow_compiler.engine.registry import ComponentRegistry
    from flow_compiler.engine.run_batch import run_batch
    from flow_compiler.engine.settings import Backoff, EngineSettings
    from flow_compiler.engine.storage import memory_stores, open_stores
    from flow_compiler.errors import (
        Category,
        ComponentError,
        FlowCompilerError,
        FlowError,
        InvalidInput,
        ResourceUnavailable,
        RunCancelled,
        StoreError,
        UnknownComponent,
        WorkerLost,
    )
    from flow_compiler.flow_files import load_flow
    from flow_compiler.language.loader import flow_from_json, parse_flow
    from flow_compiler.language.model import Flow

_HOMES = {
    "flow_compiler.engine.components": (
        "BatchContext",
        "Component",
        "ComponentContext",
        "Effect",
        "Resources",
        "component",
    ),
    "flow_compiler.engine.engine": ("Engine",),
    "flow_compiler.engine.outcomes": ("Failure", "FlowResult", "Success"),
    "flow_compiler.engine.registry": ("ComponentRegistry",),
    "flow_compiler.engine.run_batch": ("run_batch",),
    "flow_compiler.engine.settings": ("Backoff", "EngineSettings"),
    "flow_compiler.engine.storage": ("memory_stores", "open_stores"),
    "flow_compiler.errors": (
        "Category",
        "ComponentError",
        "FlowCompilerError",
        "FlowError",
        "InvalidInput",
        "ResourceUnavailable",
        "RunCancelled",
        "StoreError",
        "UnknownComponent",
        "WorkerLost",
    ),
    "flow_compiler.flow_files": ("load_flow",),
    "flow_compiler.language.loader": ("flow_from_json", "parse_flow"),
    "flow_compiler.language.model": ("Flow",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Backoff",
    "BatchContext",
    "Category",
    "Component",
    "ComponentContext",
    "ComponentError",
    "ComponentRegistry",
    "Effect",
    "Engine",
    "EngineSettings",
    "Failure",
    "Flow",
    "FlowCompilerError",
    "FlowError",
    "FlowResult",
    "InvalidInput",
    "Resources",
    "ResourceUnavailable",
    "RunCancelled",
    "StoreError",
    "Success",
    "UnknownComponent",
    "WorkerLost",
    "component",
    "flow_from_json",
    "load_flow",
    "memory_stores",
    "open_stores",
    "parse_flow",
    "run_batch",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
