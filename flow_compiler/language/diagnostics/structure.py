"""Rules about the parts of a flow, whatever they refer to: names, ids, component paths."""

from __future__ import annotations

from collections.abc import Iterator

from flow_compiler.language.dependencies import may_need
from flow_compiler.language.diagnostics.diagnostic import Diagnostic, finding
from flow_compiler.language.diagnostics.kinds import Kind
from flow_compiler.language.model import Flow
from flow_compiler.language.source import Where


def named_and_described(flow: Flow) -> Iterator[Diagnostic]:
    top = Where(flow.source)
    if flow.name is None or not flow.name.strip():
        yield finding(Kind.MISSING_FLOW_NAME, "the flow has no name", top.at("name"), instead="Add `name: my_flow`.")
    if flow.description is None:
        yield finding(
            Kind.MISSING_FLOW_DESCRIPTION,
            "the flow has no description",
            top.at("description"),
            instead="Add `description:` with a sentence on what the flow does.",
        )


def step_ids(flow: Flow) -> Iterator[Diagnostic]:
    first: dict[str, int] = {}
    for index, step in enumerate(flow.steps):
        where = Where(flow.source, ("steps", index, "id"))
        if not step.id.strip():
            yield finding(Kind.EMPTY_STEP_ID, "the step's id is empty", where, instead="Give the step a name.")
        if step.id in first:
            yield finding(
                Kind.DUPLICATE_STEP_ID,
                f"the id {step.id!r} is already taken by steps[{first[step.id]}]",
                where,
                instead="Give one of the two another id, and correct the references to it.",
            )
        first.setdefault(step.id, index)


def component_paths(flow: Flow) -> Iterator[Diagnostic]:
    for index, step in enumerate(flow.steps):
        if not step.component.startswith("/"):
            yield finding(
                Kind.INVALID_COMPONENT,
                f"the component {step.component!r} does not start with '/'",
                Where(flow.source, ("steps", index, "component")),
                instead=f"Write the full path, for example `{_full_path(step.component)}`.",
            )


def _full_path(component: str) -> str:
    """Of `noop`, and of the addresses of earlier versions: `builtin://noop`."""
    plugin, is_address, name = component.partition("://")
    return f"/{plugin}/{name.lstrip('/')}" if is_address else f"/builtin/{component}"


def reachability(flow: Flow) -> Iterator[Diagnostic]:
    """A step that nothing refers to never runs, unless it has ``mustExecute`` (the reference reports that one too)."""
    referred = set(may_need(flow.output)).union(*(may_need(step.input) for step in flow.steps))
    for index, step in enumerate(flow.steps):
        if step.id not in referred:
            runs = " (it runs because of `mustExecute`)" if step.must_execute else ", so it never runs"
            yield finding(
                Kind.UNREACHABLE_STEP,
                f"nothing refers to step {step.id!r}{runs}",
                Where(flow.source, ("steps", index)),
                instead="Refer to it from the output or from another step, or remove it.",
            )
