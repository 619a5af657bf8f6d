"""Pools: where a step's work runs, and what that means for its Dagster op.

A step's pool is the first of: its ``metadata.pool``; the pool its route names; for a map or another step with a
sub-flow, a pool named there; its component's declared pool; ``cpu``. A pool without settings is not a place of its
own: its steps run where the default pool's do, so that a laptop has one op for the whole flow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from flow_compiler.engine.registry import Components
from flow_compiler.language.expressions import Json
from flow_compiler.language.model import Flow, Step
from flow_compiler.language.nested_steps import nested_steps

DEFAULT_POOL = "cpu"
POOL_TAG = "stepflow/pool"


@dataclass(frozen=True)
class PoolSettings:
    """What runs a pool's ops. ``kubernetes`` is the value of ``dagster-k8s/config`` (the step pod: resources, node
    selector, tolerations); ``limit`` the name of the Dagster pool that limits ops across runs."""

    kubernetes: Mapping[str, Json] = field(default_factory=dict)
    limit: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def op_tags(self, pool: str) -> dict[str, Json]:
        tags: dict[str, Json] = {POOL_TAG: pool, **self.tags}
        if self.kubernetes:
            tags["dagster-k8s/config"] = dict(self.kubernetes)
        return tags


def pool_of(step: Step, registry: Components, routes: Mapping[str, str]) -> str | None:
    """The pool the flow, the routes or the component name for the step; None when nobody names one."""
    return (
        _text(step.metadata.get("pool"))
        or routed_pool(step.component, routes)
        or next(
            (
                pool
                for nested in nested_steps(step.to_json().get("input"))
                if (pool := _nested_pool(nested, registry, routes))
            ),
            None,
        )
        or _declared(step.component, registry)
    )


def routed_pool(component: str, routes: Mapping[str, str]) -> str | None:
    """The pool of the longest route whose prefix is the component's path or a folder of it."""
    fitting = [prefix for prefix in routes if component == prefix or component.startswith(prefix.rstrip("/") + "/")]
    return routes[max(fitting, key=len)] if fitting else None


def routes_of(flow: Flow, pool_of_path: Callable[[str], str | None], own: Mapping[str, str]) -> dict[str, str]:
    """``own`` routes, and for every component that the flow calls and that none of them leads anywhere, in flows inside
    too, the pool that ``pool_of_path`` names."""
    called = [step.component for step in flow.steps]
    called += [nested["component"] for step in flow.steps for nested in nested_steps(step.to_json().get("input"))]
    configured = {path: pool_of_path(path) for path in called if routed_pool(path, own) is None}
    return {**{path: pool for path, pool in configured.items() if pool is not None}, **own}


def _nested_pool(step: Mapping[str, Json], registry: Components, routes: Mapping[str, str]) -> str | None:
    metadata = step.get("metadata")
    named = _text(metadata.get("pool")) if isinstance(metadata, Mapping) else None
    return named or routed_pool(step["component"], routes) or _declared(step["component"], registry)


def _declared(component: str, registry: Components) -> str | None:
    return registry.get(component).pool if component in registry else None


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) and value else None


def placed(pool: str | None, settings: Iterable[str]) -> str | None:
    """The pool as a place: itself when it has settings, else the default pool; None stays None."""
    if pool is None:
        return None
    return pool if pool in set(settings) else DEFAULT_POOL
