"""Schemas of a flow, enforced: only where the flow (``metadata: {enforce_schemas: true}``) or the engine's settings ask.

Input and variables are checked before a step is called, results as they come, the output last. JSON schema 2020-12, or the
draft that ``$schema`` names, with formats; nothing is ever fetched. Messages name fields, never values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flow_compiler.engine.failures import CallFailed
from flow_compiler.engine.outcomes import Failure, Json, TaskErrorCode
from flow_compiler.errors import Category, FlowError
from flow_compiler.language.diagnostics.schema_rules import schemas_are_schemas
from flow_compiler.language.model import Flow, Step
from flow_compiler.language.schemas import (
    declared_steps,
    declared_variables,
    input_schema,
    output_schema,
    variables_schema,
)

if TYPE_CHECKING:
    from flow_compiler.language.schema_errors import Misfits

ASKS = "enforce_schemas"
"""The key of a flow's ``metadata``."""


@dataclass(frozen=True, slots=True)
class EnforcedStep(Step):
    """A step whose result is held against the schema that the flow declares."""

    misfits: Misfits = lambda _value: ()

    def require(self, result: Json) -> None:
        """Raises CallFailed: the step's component failed, so ``onError`` decides what follows."""
        found = self.misfits(result)
        if found:
            raise CallFailed(
                Failure(
                    code=TaskErrorCode.COMPONENT_FAILED,
                    message=f'the result of step "{self.id}" does not fit schemas.properties.steps: {_said(found)}',
                    error="component.broken_output",
                    next_step=f"Correct {self.component}, or the schema declared for the step.",
                )
            )


@dataclass(frozen=True)
class EnforcedSchemas:
    """Of one flow. Each part is None where the flow declares nothing."""

    given: Misfits | None
    variables: Misfits | None
    output: Misfits | None
    steps: Mapping[str, Misfits]
    defaults: Mapping[str, Json]

    @classmethod
    def asked_for(cls, flow: Flow, *, always: bool) -> EnforcedSchemas | None:
        """None where nobody asks. Raises FlowError when what is declared cannot be enforced: it is no JSON schema, or refers
        to something that is not in the flow."""
        if not flow.schemas or not (always or flow.metadata.get(ASKS) is True):
            return None
        for found in schemas_are_schemas(flow):
            raise FlowError(
                f"{found.path}: the schemas of the flow cannot be enforced: {found.message}",
                code="flow.schemas",
                next_step=found.instead,
            )
        from flow_compiler.language.schema_errors import validator_of  # brings jsonschema: only for who asks

        of: Callable[..., Misfits] = validator_of(flow)
        return cls(
            given=of("input") if input_schema(flow) is not None else None,
            variables=of("variables") if variables_schema(flow) is not None else None,
            output=of("output") if output_schema(flow) is not None else None,
            steps={step_id: of("steps", "properties", step_id) for step_id in declared_steps(flow)},
            defaults={
                name: schema["default"]
                for name, schema in declared_variables(flow).items()
                if isinstance(schema, dict) and "default" in schema
            },
        )

    def step(self, step: Step) -> Step:
        """The step, with what its result is held against."""
        misfits = self.steps.get(step.id)
        if misfits is None:
            return step
        fields: dict[str, Any] = {name: getattr(step, name) for name in Step.__dataclass_fields__}
        return EnforcedStep(**fields, misfits=misfits)

    def refusal(self, given: Json, variables: Mapping[str, Json]) -> Failure | None:
        """Why the flow is not begun."""
        for what, misfits, value in (
            ("input", self.given, given),
            ("variables", self.variables, {**self.defaults, **variables}),
        ):
            found = misfits(value) if misfits is not None else ()
            if found:
                return Failure(
                    code=TaskErrorCode.INVALID_INPUT,
                    message=f"the {what} does not fit schemas.properties.{what}: {_said(found)}",
                    error="flow.input_refused",
                    category=Category.INPUT,
                    next_step=f"Correct the named field of the {what}, or the schema in the flow.",
                )
        return None

    def broken_output(self, output: Json) -> Failure | None:
        found = self.output(output) if self.output is not None else ()
        if not found:
            return None
        return Failure(
            code=TaskErrorCode.EXPRESSION_FAILURE,
            message=f"the output does not fit schemas.properties.output: {_said(found)}",
            error="flow.output_refused",
            category=Category.INPUT,
            next_step="Correct the flow's output, or the schema declared for it.",
        )


def require_fitting(flow: Flow, given: Json, variables: Mapping[str, Json], *, always: bool = False) -> None:
    """For who wants to know before a run is made of it. Raises FlowError as a run would be refused."""
    enforced = EnforcedSchemas.asked_for(flow, always=always)
    refusal = enforced.refusal(given, variables) if enforced is not None else None
    if refusal is not None:
        raise FlowError(refusal.message, code=refusal.error, next_step=refusal.next_step)


def _said(found: tuple[str, ...]) -> str:
    return "; ".join(found)
