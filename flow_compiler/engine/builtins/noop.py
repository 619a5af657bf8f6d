"""``/builtin/noop``: its input."""

from __future__ import annotations

from flow_compiler.engine.components import ComponentContext, component
from flow_compiler.engine.outcomes import Json


@component("/builtin/noop", effect="pure", builtin=True)
async def noop(given: Json, context: ComponentContext) -> Json:  # noqa: ARG001  the signature of every component
    """Gives back its input."""
    return given
