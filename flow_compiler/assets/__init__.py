"""From flows to Dagster definitions. Importing this package imports no Dagster; what needs it is loaded on first use."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PLACES = {
    "CompileOptions": "options",
    "CompiledFlow": "compile",
    "FlowRuntime": "runtime",
    "PoolSettings": "pools",
    "StepflowComponent": "component",
    "close_orphans": "closing",
    "compile_flow": "compile",
    "describe_definitions": "description",
    "orphaned_runs_sensor": "closing",
}

__all__ = sorted(_PLACES)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
