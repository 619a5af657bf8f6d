"""All rules, in order."""

from __future__ import annotations

from flow_compiler.errors import FlowRejected
from flow_compiler.language.collecting import without_collecting
from flow_compiler.language.diagnostics.diagnostic import Diagnostic
from flow_compiler.language.diagnostics.kinds import Level
from flow_compiler.language.diagnostics.references import references
from flow_compiler.language.diagnostics.schema_rules import schemas_are_schemas
from flow_compiler.language.diagnostics.spelling import expression_keys, unknown_keys
from flow_compiler.language.diagnostics.strict import is_ignored_silently, strictly
from flow_compiler.language.diagnostics.structure import (
    component_paths,
    named_and_described,
    reachability,
    step_ids,
)
from flow_compiler.language.diagnostics.subflows import subflows
from flow_compiler.language.diagnostics.wrappers import wrapper_keys
from flow_compiler.language.model import Flow

RULES = (
    step_ids,
    named_and_described,
    component_paths,
    references,
    reachability,
    unknown_keys,
    expression_keys,
    wrapper_keys,
    schemas_are_schemas,
)


@without_collecting()
def diagnose(flow: Flow) -> list[Diagnostic]:
    """Everything that can be said about the flow without running it."""
    return [*(found for rule in RULES for found in rule(flow)), *subflows(flow, diagnose)]


def reject_if_fatal(flow: Flow, *, strict: bool = False) -> list[Diagnostic]:
    """The diagnostics of a usable flow. Raises FlowRejected, with place and cause, when one of them is fatal; with
    ``strict`` also when a key means nothing."""
    found = strictly(diagnose(flow)) if strict else diagnose(flow)
    fatal = [each for each in found if each.level is Level.FATAL or (strict and is_ignored_silently(each))]
    if fatal:
        first = fatal[0]
        place = ":".join(str(part) for part in (flow.source.file, first.line, first.column) if part is not None)
        more = f" (and {len(fatal) - 1} more like this)" if len(fatal) > 1 else ""
        message = f"{first.path}: {first.message}{more}"
        raise FlowRejected(f"{place}: {message}" if place else message, next_step=first.instead or None)
    return found
