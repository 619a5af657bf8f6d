"""Which components there are: path → declaration, with an error that names the nearest known paths."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import Any, Protocol

from flow_compiler.engine.components import Component
from flow_compiler.engine.outcomes import Json
from flow_compiler.errors import UnknownComponent


class Components(Protocol):
    """What an engine calls: a registry, or routes that lead to several."""

    def find(self, path: str, given: Json) -> Component:
        """The component that serves a call of ``path`` with the resolved input ``given``. Raises UnknownComponent."""
        ...

    def get(self, path: str) -> Component:
        """The same where the input is not known. Raises UnknownComponent."""
        ...

    def __contains__(self, path: object) -> bool: ...

    def __iter__(self) -> Iterator[Component]: ...


class ComponentRegistry:
    """Immutable after construction; lookup by the full path as written in flows."""

    def __init__(self, components: Iterable[Component]) -> None:
        self._by_path: dict[str, Component] = {}
        for item in components:
            if item.path in self._by_path:
                raise ValueError(f"component {item.path} is registered twice")
            self._by_path[item.path] = item

    @classmethod
    def of(cls, *functions: Callable[..., Any]) -> ComponentRegistry:
        """From functions decorated with ``@component``."""
        return cls(function.__component__ for function in functions)  # type: ignore[attr-defined]

    @classmethod
    def of_module(cls, module: ModuleType) -> ComponentRegistry:
        """The decorated functions that the module has, imported ones included."""
        declared = (getattr(value, "__component__", None) for value in vars(module).values())
        return cls({id(item): item for item in declared if isinstance(item, Component)}.values())

    def __or__(self, other: ComponentRegistry) -> ComponentRegistry:
        return ComponentRegistry([*self, *other])

    def __iter__(self) -> Iterator[Component]:
        return iter(self._by_path.values())

    def __contains__(self, path: object) -> bool:
        return path in self._by_path

    def find(self, path: str, given: Json) -> Component:
        return self.get(path)

    def get(self, path: str) -> Component:
        """Raises UnknownComponent with the nearest known names."""
        found = self._by_path.get(path)
        if found is not None:
            return found
        near = difflib.get_close_matches(path, self._by_path, n=3, cutoff=0.5)
        near = near or [known for known in self._by_path if known.endswith(f"/{path.strip('/')}")][:3]
        hint = f"; nearest known: {', '.join(near)}" if near else ""
        raise UnknownComponent(f"no component is registered as {path!r}{hint}")
