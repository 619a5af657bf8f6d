"""What tests ask of plugins, and the settings they open them with."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from flow_compiler.engine.engine import Engine, ItemResult
from flow_compiler.engine.outcomes import Failure, Success
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.engine.step_hooks import StepHooks
from flow_compiler.engine.stores import Stores
from flow_compiler.language.reading import flow_from_json

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Command:
    command: str
    args: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    working_directory: str | None = None


@dataclass(frozen=True)
class Python:
    names: Sequence[str]
    python: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)


def program(name: str, *args: str, **env: str) -> Command:
    """One of the programs of this folder, run by our interpreter."""
    return Command(sys.executable, [str(HERE / name), *args], env)


class Ask:
    """An engine's answers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._keys = itertools.count()

    async def flow(
        self, flow: dict[str, Any], given: Any = None, *, key: str | None = None, hooks: StepHooks | None = None
    ) -> ItemResult:
        name = key or f"item-{next(self._keys)}"
        return await self._engine.item(
            flow_from_json(flow), run_id="run", key=name, input=given, hooks=hooks
        ).evaluate()

    async def __call__(self, component: str, given: Any = None, **more: Any) -> Any:
        """What the component gives for the input. Raises AssertionError when it fails."""
        result = (await self.flow(one_step(component, **more), given)).result
        assert isinstance(result, Success), result
        return result.result

    async def failure(self, component: str, given: Any = None, **more: Any) -> Failure:
        result = (await self.flow(one_step(component, **more), given)).result
        assert isinstance(result, Failure), result
        return result


class Serve(Protocol):
    def __call__(
        self, registry: ComponentRegistry, stores: Stores | None = None, transport_retries: int = 3
    ) -> AbstractAsyncContextManager[Ask]: ...


def one_step(component: str, **more: Any) -> dict[str, Any]:
    step = {"id": "s", "component": component, "input": {"$input": "$"}, **more}
    return {"steps": [step], "output": {"$step": "s"}}


def each(component: str) -> dict[str, Any]:
    """A flow that maps the component over its input, and gives the results of the map."""
    inner = {"steps": [{"id": "e", "component": component, "input": {"$input": "$"}}], "output": {"$step": "e"}}
    given = {"items": {"$input": "$"}, "workflow": {"$literal": inner}}
    return {
        "steps": [{"id": "m", "component": "/builtin/map", "input": given}],
        "output": {"$step": "m", "path": "results"},
    }
