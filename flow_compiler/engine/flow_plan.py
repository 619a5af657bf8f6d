"""What is known about a flow before it runs, worked out once per flow and shared by all its items."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from flow_compiler.engine.enforcing import EnforcedSchemas
from flow_compiler.engine.outcomes import Json
from flow_compiler.errors import FlowLoadError
from flow_compiler.language.canonical import NotJson, blob_id
from flow_compiler.language.expressions import ArrayExpr, Coalesce, Expression, If, ObjectExpr, VariableRef
from flow_compiler.language.model import Flow, Step
from flow_compiler.language.reading import flow_from_json
from flow_compiler.language.schemas import variable_defaults

_KEPT = 128


@dataclass(frozen=True)
class FlowPlan:
    """A flow ready to run. ``choosing`` names the steps whose input can come to need further steps while they wait
    (None: the output): it has an ``$if``, a ``$coalesce`` or a default."""

    flow: Flow
    steps: Mapping[str, Step]
    must_execute: tuple[str, ...]
    choosing: frozenset[str | None]
    variable_defaults: Mapping[str, Json]
    enforced: EnforcedSchemas | None

    @classmethod
    def of(cls, flow: Flow, *, enforce: bool = False) -> FlowPlan:
        """``enforce``: also where the flow does not ask for it. Raises FlowError when its schemas cannot be enforced."""
        parts: dict[str | None, Expression] = {step.id: step.input for step in flow.steps}
        parts[None] = flow.output
        enforced = EnforcedSchemas.asked_for(flow, always=enforce)
        return cls(
            flow=flow,
            steps={step.id: step if enforced is None else enforced.step(step) for step in flow.steps},
            must_execute=tuple(step.id for step in flow.steps if step.must_execute),
            choosing=frozenset(name for name, expression in parts.items() if _chooses(expression)),
            variable_defaults=variable_defaults(flow),
            enforced=enforced,
        )


def _chooses(expression: Expression) -> bool:
    match expression:
        case If() | Coalesce():
            return True
        case VariableRef():
            return expression.default is not None
        case ObjectExpr():
            return any(map(_chooses, expression.fields.values()))
        case ArrayExpr():
            return any(map(_chooses, expression.items))
        case _:
            return False


class FlowPlans:
    """Plans by flow, and by the blob id of a flow given as JSON; the least recently used are dropped."""

    def __init__(self, *, enforce: bool = False) -> None:
        self._enforce = enforce
        self._kept: OrderedDict[str | int, FlowPlan] = OrderedDict()

    def of(self, flow: Flow) -> FlowPlan:
        # The plan holds the flow, so its identity cannot be taken by another one while the plan is kept.
        return self._keep(id(flow), flow) if (kept := self._find(id(flow))) is None else kept

    def of_json(self, value: Json) -> FlowPlan:
        """Raises FlowLoadError. A flow that differs in the order of its keys is another one: so are its results."""
        try:
            key = blob_id(value)
        except NotJson as error:
            flow_from_json(value)  # says what it is, and where
            raise FlowLoadError(f"the flow has no JSON form: {error}") from error
        return self._keep(key, flow_from_json(value)) if (kept := self._find(key)) is None else kept

    def _find(self, key: str | int) -> FlowPlan | None:
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def _keep(self, key: str | int, flow: Flow) -> FlowPlan:
        plan = self._kept[key] = FlowPlan.of(flow, enforce=self._enforce)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return plan
