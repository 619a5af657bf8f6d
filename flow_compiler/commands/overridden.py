"""A flow whose steps were patched for one run: what the patches broke is told before the run."""

from __future__ import annotations

from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from flow_compiler.errors import FlowRejected
from flow_compiler.language.dependencies import step_references
from flow_compiler.language.diagnostics import Diagnostic, Level, diagnose
from flow_compiler.language.model import Flow


def require_usable(flow: Flow) -> None:
    """Raises FlowRejected for a fatal finding. A patched step may refer to a later one (notes/stepflow 1.11): the order
    that steps are written in only matters for reading them."""
    left = {each.message for each in _fatal(_in_order(flow))}
    if not left:
        return
    found = [each for each in _fatal(flow) if each.message in left] or _fatal(_in_order(flow))
    more = f" (and {len(found) - 1} more like this)" if len(found) > 1 else ""
    raise FlowRejected(
        f"with --overrides: {found[0].path}: {found[0].message}{more}",
        next_step=found[0].instead or "Correct the patch of that step.",
    )


def _fatal(flow: Flow) -> list[Diagnostic]:
    return [each for each in diagnose(flow) if each.level is Level.FATAL]


def _in_order(flow: Flow) -> Flow:
    """Each step after what it refers to, where that is possible."""
    try:
        order = list(TopologicalSorter(step_references(flow)).static_order())
    except CycleError:
        return flow
    if len(order) != len(flow.steps):  # two steps of one id: fatal as it is
        return flow
    return replace(flow, steps=tuple(flow.step(step_id) for step_id in order))
