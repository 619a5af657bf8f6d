"""Which steps of a flow are assets, and which asset comes from which (design, idea 4).

Every needed step is an asset, except glue built-ins that the flow's output does not refer to; ``metadata.asset``
decides otherwise. Steps that are no assets are passed through: their assets are connected. A flow without any asset
gets one for its whole result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flow_compiler.language.dependencies import may_need, must_need, needed_steps
from flow_compiler.language.model import Flow

GLUE = frozenset(
    f"/builtin/{name}" for name in ("noop", "sleep", "create_messages", "put_blob", "get_blob", "load_file")
)
OUTPUT = ""
"""Stands for the step of the only asset of a flow whose steps are none; no step has this id."""


@dataclass(frozen=True)
class Lineage:
    """``needed`` are the steps that some input may need, in the flow's order, with the steps each refers to;
    ``certain`` those that every input needs: an ``$if`` or ``$coalesce`` decides about the others."""

    needed: Mapping[str, tuple[str, ...]]
    certain: frozenset[str]
    parents: Mapping[str, frozenset[str]]
    """Asset steps, in the flow's order, with the asset steps that each comes from."""
    absorbed: Mapping[str, frozenset[str]]
    """Asset steps with the steps that are no assets and lie between them and their parents."""

    @property
    def assets(self) -> tuple[str, ...]:
        return tuple(self.parents)


def lineage_of(flow: Flow) -> Lineage:
    """Steps refer to earlier steps only (diagnostics 3003), so one pass in the flow's order sees parents first."""
    needed = {step_id: _known(flow, may_need(flow.step(step_id).input)) for step_id in needed_steps(flow)}
    certain = _certain(flow)
    shown = set(may_need(flow.output))
    assets = [step_id for step_id in needed if _is_asset(flow, step_id, shown)]
    if not assets:
        return Lineage(needed, certain, {OUTPUT: frozenset()}, {OUTPUT: frozenset(needed)})
    above: dict[str, frozenset[str]] = {}
    between: dict[str, frozenset[str]] = {}
    for step_id, refers_to in needed.items():
        glue = [name for name in refers_to if name not in assets]
        above[step_id] = frozenset(set(refers_to) - set(glue)).union(*(above[name] for name in glue))
        between[step_id] = frozenset(glue).union(*(between[name] for name in glue))
    return Lineage(needed, certain, {name: above[name] for name in assets}, {name: between[name] for name in assets})


def _certain(flow: Flow) -> frozenset[str]:
    waiting = [*_known(flow, must_need(flow.output)), *(step.id for step in flow.steps if step.must_execute)]
    reached: set[str] = set()
    while waiting:
        step_id = waiting.pop()
        if step_id not in reached:
            reached.add(step_id)
            waiting.extend(_known(flow, must_need(flow.step(step_id).input)))
    return frozenset(reached)


def _known(flow: Flow, step_ids: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(step_id for step_id in step_ids if step_id in flow)


def _is_asset(flow: Flow, step_id: str, shown: set[str]) -> bool:
    step = flow.step(step_id)
    said = step.metadata.get("asset")
    return said if isinstance(said, bool) else step.component not in GLUE or step_id in shown
