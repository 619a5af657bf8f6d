"""The schemas of a flow's input, variables, steps and output, as far as they are declared or follow from what is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flow_compiler.language.expressions import (
    ArrayExpr,
    Coalesce,
    Expression,
    If,
    InputRef,
    Json,
    Literal,
    ObjectExpr,
    StepRef,
    VariableRef,
)
from flow_compiler.language.model import Flow
from flow_compiler.language.paths import Path
from flow_compiler.language.schemas import declared_variables, variable_defaults
from flow_compiler.language.types.building import (
    NEVER,
    NULL,
    array_of,
    may_be_null,
    object_of,
    schema_of_value,
    union,
    without_null,
)
from flow_compiler.language.types.documents import UNKNOWN, Documents
from flow_compiler.language.types.parts import part_at


@dataclass(frozen=True)
class Signature:
    """What a component takes and gives, as JSON schemas. ``closed``: its results have no other fields than those listed."""

    input: Json = field(default_factory=dict)
    output: Json = field(default_factory=dict)
    closed: bool = False


Signatures = Callable[[str], Signature | None]
"""Component path → its signature; None where nobody knows the component."""


@dataclass(frozen=True)
class FlowTypes:
    """Schemas of one flow. ``steps`` fills in the order of the flow: a step refers to earlier ones only."""

    documents: Documents
    given: Json
    variables: Mapping[str, Json]
    variable_defaults: Mapping[str, Json]
    declared_steps: Mapping[str, Json]
    declared_output: Json
    steps: dict[str, Json] = field(default_factory=dict)

    @classmethod
    def declared_by(cls, flow: Flow, documents: Documents, given: Json = UNKNOWN) -> FlowTypes:
        """What the flow itself says. ``given`` is the input's schema where the flow does not say it."""
        root = documents.adopt(dict(flow.schemas))
        properties = _properties(root)
        return cls(
            documents=documents,
            given=properties.get("input", given),
            variables={
                name: _properties(properties.get("variables")).get(name, UNKNOWN) for name in declared_variables(flow)
            },
            variable_defaults=variable_defaults(flow),
            declared_steps=_properties(properties.get("steps")),
            declared_output=properties.get("output", UNKNOWN),
        )

    def of(self, expression: Expression) -> Json:
        """A schema that every value of the expression has, given values of the declared schemas."""
        match expression:
            case Literal(value):
                return schema_of_value(value)
            case ObjectExpr(fields):
                return object_of({name: self.of(part) for name, part in fields.items()})
            case ArrayExpr(items):
                return array_of([self.of(item) for item in items])
            case InputRef(path):
                return self.part(self.given, path)
            case StepRef(step, path):
                return self._of_step(self.steps.get(step, UNKNOWN), path)
            case VariableRef():
                return self._of_variable(expression)
            case If(condition, then, otherwise):
                return self._of_choice(condition, then, otherwise)
            case Coalesce(items):
                return self._of_first(items)

    def part(self, schema: Json, path: Path) -> Json:
        """What the path means; where it means nothing, that is reported once, and nothing follows from it."""
        found = part_at(schema, path, self.documents)
        return found.schema if found.missing is None else UNKNOWN

    def _of_step(self, result: Json, path: Path) -> Json:
        """A step whose result is null gives null whatever the path."""
        if path.is_whole:
            return result
        found = self.part(without_null(result, self.documents), path)
        return union([found, NULL]) if may_be_null(result, self.documents) else found

    def _of_variable(self, reference: VariableRef) -> Json:
        name = reference.name
        schema = self.variables.get(name, UNKNOWN) if name is not None else NEVER
        choices = [part_at(schema, reference.rest, self.documents).schema]
        if name is not None and name in self.variable_defaults:
            default = schema_of_value(self.variable_defaults[name])
            choices.append(part_at(default, reference.rest, self.documents).schema)
        if reference.default is not None:
            choices.append(self.of(reference.default))
        return union(choices)

    def _of_choice(self, condition: Expression, then: Expression, otherwise: Expression) -> Json:
        if isinstance(condition, Literal):
            return self.of(otherwise if condition.value is None or condition.value is False else then)
        return union([self.of(then), self.of(otherwise)])

    def _of_first(self, items: tuple[Expression, ...]) -> Json:
        choices: list[Json] = []
        for item in items:
            found = self.of(item)
            choices.append(without_null(found, self.documents))
            if found is not NEVER and not may_be_null(found, self.documents):
                return union(choices)
        return union([*choices, NULL])


def _properties(schema: Json) -> Mapping[str, Json]:
    found = schema.get("properties") if isinstance(schema, Mapping) else None
    return found if isinstance(found, dict) else {}
