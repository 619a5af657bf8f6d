"""Which component serves a call: routes by the first segment of its path, rules in order, then the plugin.

A component is found under a route by what follows the route's prefix, or by its full path. Its full path is what its
declaration says for Python components, ``/builtin/…`` for built-in ones, and ``/<plugin>/…`` for all others. It is also
its identity in memo keys, so that mounting a plugin elsewhere costs nothing.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NoReturn

from flow_compiler.configuration.model import Configuration, Rule
from flow_compiler.configuration.plugins import BuiltinPlugin, PythonPlugin
from flow_compiler.engine.components import Component
from flow_compiler.engine.outcomes import Json
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.errors import UnknownComponent
from flow_compiler.language.canonical import NotJson, canonical_json
from flow_compiler.language.paths import MISSING, Path
from flow_compiler.plugins.builtin import BUILTIN_PREFIX

CODE_PATH = "/udf"
"""What runs code that a flow carries, in a plugin of type python; only where the route's pool allows it."""


class RoutedComponents:
    """The components of open plugins, by the paths that flows call them by."""

    def __init__(
        self,
        configuration: Configuration,
        plugins: Mapping[str, ComponentRegistry],
        named: ComponentRegistry | None = None,
    ) -> None:
        """``named`` are found by their own paths, before any route. A plugin that is not in ``plugins`` is not open:
        nothing is known of it."""
        self.configuration = configuration
        self._named = named or ComponentRegistry([])
        self._plugins = {name: _Served(name, configuration, registry) for name, registry in plugins.items()}
        self._in_pools: dict[tuple[int, str], Component] = {}

    def find(self, path: str, given: Json) -> Component:
        """The component of the first rule whose conditions hold for ``given``. Raises UnknownComponent with the nearest
        known paths."""
        if path in self._named:
            return self._named.get(path)
        for rule, rest in self._rules(path):
            if all(_holds(condition.path, condition.value, given) for condition in rule.conditions):
                return self._served(rule, rest, path) or self._refuse(path, rule, rest)
        return self._refuse(path)

    def get(self, path: str) -> Component:
        """The component of the first rule that has it and may take it: conditions are not looked at. Raises
        UnknownComponent."""
        return self._any(path) or self._refuse(path, *next(self._rules(path), ()))

    def _any(self, path: str) -> Component | None:
        if path in self._named:
            return self._named.get(path)
        served = (self._served(rule, rest, path) for rule, rest in self._reachable(path))
        return next((component for component in served if component is not None), None)

    def pool_of(self, path: str) -> str | None:
        """The pool that the first rule names which may take the path; its plugin need not be open."""
        if path in self._named:
            return None
        return next((rule.pool_name for rule, _ in self._rules(path)), None)

    def is_known(self, path: str) -> bool:
        """Whether it can be said without starting anything if there is such a component: unless a rule that may take the
        path leads to a plugin that is not open."""
        return self.closed_plugin(path) is None

    def closed_plugin(self, path: str) -> str | None:
        """A plugin that is not open, and that some input leads the path to."""
        if path in self._named:
            return None
        return next((rule.plugin for rule, _ in self._reachable(path) if rule.plugin not in self._plugins), None)

    @property
    def paths(self) -> list[str]:
        """Every path that leads to a component; a component behind several routes has several."""
        found = dict.fromkeys(component.path for component in self._named)
        for prefix, rules in self.configuration.routes.items():
            for rule in rules:
                if rule.plugin in self._plugins:
                    found.update(dict.fromkeys(self._plugins[rule.plugin].paths(prefix, rule.under or "")))
        return [path for path in found if self._any(path) is not None]

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and self._any(path) is not None

    def __iter__(self) -> Iterator[Component]:
        """By the paths that flows call them by."""
        return (replace(self.get(path), path=path) for path in self.paths)

    def _rules(self, path: str) -> Iterator[tuple[Rule, str]]:
        """The rules that allow the component, with what their plugins are asked for."""
        prefix, rest = _split(path, self.configuration.routes)
        for rule in self.configuration.routes.get(prefix, []):
            below = rest.removeprefix(rule.under) if rule.under else rest
            if rule.under and (below == rest or not below.startswith("/")):
                continue
            if (
                rule.component_allow is not None
                and below not in rule.component_allow
                and path not in rule.component_allow
            ):
                continue
            if below in rule.component_deny or path in rule.component_deny:
                continue
            yield rule, below

    def _reachable(self, path: str) -> Iterator[tuple[Rule, str]]:
        """Those of them that some input leads to: none behind the first one without conditions."""
        for rule, rest in self._rules(path):
            yield rule, rest
            if not rule.conditions:
                return

    def _served(self, rule: Rule, rest: str, path: str) -> Component | None:
        """The component that the rule leads to, in the rule's pool; None where there is none, or it is refused."""
        plugin = self._plugins.get(rule.plugin)
        component = plugin.component(rest, path) if plugin else None
        if component is None or self._refuses_code(rule, component):
            return None
        if rule.pool_name is None or rule.pool_name == component.pool:
            return component
        key = (id(component), rule.pool_name)
        if key not in self._in_pools:
            self._in_pools[key] = replace(component, pool=rule.pool_name)
        return self._in_pools[key]

    def _refuses_code(self, rule: Rule, component: Component) -> bool:
        return self._plugins[rule.plugin].is_python and component.path == CODE_PATH and not self._allows_code(rule)

    def _allows_code(self, rule: Rule) -> bool:
        pool = self.configuration.pools.get(rule.pool_name or "")
        return pool is not None and pool.allow_code

    def _refuse(self, path: str, rule: Rule | None = None, rest: str = "") -> NoReturn:
        """Why no component serves the path. Raises UnknownComponent with the nearest paths."""
        plugin = self._plugins.get(rule.plugin) if rule else None
        component = plugin.component(rest, path) if plugin else None
        if rule is not None and component is not None and self._refuses_code(rule, component):
            raise _code_refused(path, rule.pool_name)
        why = f"the plugin {rule.plugin!r} has no {rest}" if rule else "no rule of its route takes it"
        known = self.paths
        near = difflib.get_close_matches(path, known, n=3, cutoff=0.5)
        near = near or [other for other in known if other.endswith(f"/{path.strip('/')}")][:3]
        hint = f"; nearest known: {', '.join(near)}" if near else ""
        raise UnknownComponent(f"no component is served as {path!r}: {why}{hint}")


class _Served:
    """An open plugin."""

    def __init__(self, name: str, configuration: Configuration, registry: ComponentRegistry) -> None:
        settings = configuration.plugins.get(name)
        self.is_python = isinstance(settings, PythonPlugin)
        home = "" if self.is_python else BUILTIN_PREFIX if isinstance(settings, BuiltinPlugin) else f"/{name}"
        self._by_rest = {part.path: replace(part, path=home + part.path) if home else part for part in registry}
        self._by_path = {part.path: part for part in self._by_rest.values()}

    def component(self, rest: str, path: str) -> Component | None:
        return self._by_rest.get(rest) or self._by_path.get(path)

    def paths(self, prefix: str, under: str) -> Iterator[str]:
        """How its components are called below the prefix."""
        mount = prefix.rstrip("/") + under
        for rest, component in self._by_rest.items():
            yield component.path if mount and component.path.startswith(f"{mount}/") else mount + rest


def _split(path: str, routes: Mapping[str, object]) -> tuple[str, str]:
    """The route that takes the path, and what follows its prefix."""
    first, slash, rest = path.removeprefix("/").partition("/")
    prefix = f"/{first}"
    if path.startswith("/") and slash and prefix in routes and prefix != "/":
        return prefix, f"/{rest}"
    return "/", path


def _holds(path: str, expected: Json, given: Json) -> bool:
    found = Path.parse(path).resolve(given)
    if found is MISSING:
        return False
    try:
        return canonical_json(found) == canonical_json(expected)
    except NotJson:
        return False


def _code_refused(path: str, pool: str | None) -> UnknownComponent:
    place = f"its pool {pool!r} does not allow code" if pool else "its route names no pool"
    name = pool or "code"
    also = "" if pool else f", and `pool: {name}` on the route"
    return UnknownComponent(
        f"{path} runs code that the flow carries, and {place}",
        code="component.code_refused",
        next_step=f"Where such flows are trusted, write `pools: {{{name}: {{allowCode: true}}}}`{also}.",
    )
