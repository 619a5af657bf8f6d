"""Which steps an expression, a step or the whole flow refers to, as far as the text alone can say.

What a run really needs is decided while it runs; it is always among what is listed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flow_compiler.language.expressions import Expression, StepRef
from flow_compiler.language.model import Flow
from flow_compiler.language.walk import Found, walk


def may_need(expression: Expression) -> tuple[str, ...]:
    """Ids of all steps referred to, every branch included, in the order written, each once."""
    return _referred(expression, only_certain=False)


def must_need(expression: Expression) -> tuple[str, ...]:
    """Ids of the steps that evaluating the expression always asks for: none from a branch or a later choice."""
    return _referred(expression, only_certain=True)


def step_references(flow: Flow) -> dict[str, tuple[str, ...]]:
    """Step id → ids its input may need. Ids that no step has are left out (a diagnostic reports them)."""
    return {step.id: tuple(name for name in may_need(step.input) if name in flow) for step in flow.steps}


def upstream(flow: Flow, step_ids: Iterable[str]) -> frozenset[str]:
    """The given steps and everything they may need, transitively."""
    references = step_references(flow)
    return _closure(references, (step for step in step_ids if step in references))


def downstream(flow: Flow, step_ids: Iterable[str]) -> frozenset[str]:
    """The given steps and everything that may need them, transitively."""
    dependents: dict[str, list[str]] = {step.id: [] for step in flow.steps}
    for step_id, needed in step_references(flow).items():
        for name in needed:
            dependents[name].append(step_id)
    return _closure(dependents, (step for step in step_ids if step in dependents))


def needed_steps(flow: Flow) -> tuple[str, ...]:
    """Ids of the steps that the output or a ``mustExecute`` step may need, in the flow's order."""
    goals = [*may_need(flow.output), *(step.id for step in flow.steps if step.must_execute)]
    needed = upstream(flow, goals)
    return tuple(step.id for step in flow.steps if step.id in needed)


def levels(flow: Flow) -> dict[str, int]:
    """Step id → length of the longest chain of references before it; steps of one level never need each other."""
    references = step_references(flow)
    found: dict[str, int] = {}
    for step in flow.steps:  # a step refers to earlier ones only
        found[step.id] = 1 + max((found.get(name, -1) for name in references[step.id]), default=-1)
    return found


def _referred(expression: Expression, *, only_certain: bool) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for found in walk(Found(expression)):
        if isinstance(found.expression, StepRef) and (found.certain or not only_certain):
            names[found.expression.step] = None
    return tuple(names)


def _closure(edges: Mapping[str, Iterable[str]], start: Iterable[str]) -> frozenset[str]:
    reached: set[str] = set()
    waiting = list(start)
    while waiting:
        step_id = waiting.pop()
        if step_id not in reached:
            reached.add(step_id)
            waiting.extend(edges[step_id])
    return frozenset(reached)
