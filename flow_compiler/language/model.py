"""A flow as it was written, immutable, with its expressions parsed (notes/stepflow 1.1–1.3).

An explicit null equals an absent key. Keys the language does not have are kept in ``unknown``: diagnostics report them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from flow_compiler.errors import FlowError
from flow_compiler.language.canonical import NotJson, blob_id
from flow_compiler.language.expressions import NULL, Expression, Json, expression_to_json
from flow_compiler.language.source import Source


class ErrorAction(StrEnum):
    """What happens when a step's component fails."""

    FAIL = "fail"
    USE_DEFAULT = "useDefault"
    RETRY = "retry"


DEFAULT_MAX_RETRIES = 3


@dataclass(frozen=True, slots=True)
class OnError:
    """``default_value`` is JSON that is never evaluated; attempts are ``max_retries`` + 1."""

    action: ErrorAction = ErrorAction.FAIL
    default_value: Json = None
    max_retries: int = DEFAULT_MAX_RETRIES
    unknown: Mapping[str, Json] = field(default_factory=dict, compare=False)

    def to_json(self) -> dict[str, Json]:
        written: dict[str, Json] = {"action": str(self.action)}
        if self.action is ErrorAction.USE_DEFAULT and self.default_value is not None:
            written["defaultValue"] = self.default_value
        if self.action is ErrorAction.RETRY and self.max_retries != DEFAULT_MAX_RETRIES:
            written["maxRetries"] = self.max_retries
        return written


FAIL = OnError()


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a component."""

    id: str
    component: str
    input: Expression = NULL
    on_error: OnError = FAIL
    must_execute: bool = False
    metadata: Mapping[str, Json] = field(default_factory=dict)
    unknown: Mapping[str, Json] = field(default_factory=dict, compare=False)

    def to_json(self) -> dict[str, Json]:
        written: dict[str, Json] = {"id": self.id, "component": self.component}
        if self.input != NULL:
            written["input"] = expression_to_json(self.input)
        if self.on_error != FAIL:
            written["onError"] = self.on_error.to_json()
        if self.must_execute:
            written["mustExecute"] = True
        if self.metadata:
            written["metadata"] = dict(self.metadata)
        return written


@dataclass(frozen=True)
class Flow:
    """A whole flow. ``schemas``, ``test`` and ``examples`` are kept as written."""

    name: str | None = None
    description: str | None = None
    version: str | None = None
    schemas: Mapping[str, Json] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    output: Expression = NULL
    test: Mapping[str, Json] = field(default_factory=dict)
    examples: tuple[Mapping[str, Json], ...] = ()
    metadata: Mapping[str, Json] = field(default_factory=dict)
    unknown: Mapping[str, Json] = field(default_factory=dict, compare=False)
    source: Source = field(default_factory=Source, compare=False, repr=False)
    """Where the flow was read from; no part of what it says."""

    def step(self, step_id: str) -> Step:
        """The step with this id (the first one, where a rejected flow has two). Raises KeyError."""
        return self._by_id[step_id]

    def __contains__(self, step_id: object) -> bool:
        return step_id in self._by_id

    @cached_property
    def _by_id(self) -> dict[str, Step]:
        return {step.id: step for step in reversed(self.steps)}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the re-serialised flow, in its order (Stepflow's flow id, notes/stepflow 1.10). Raises FlowError for a
        flow that was not read, but made, from values that are not JSON."""
        try:
            return blob_id(self.to_json())
        except NotJson as error:
            raise FlowError(f"the flow has no JSON form: {error}") from error

    def to_json(self) -> dict[str, Json]:
        """The flow in Stepflow's field order, without defaults; ``flow_from_json`` of it gives an equal flow."""
        fields: dict[str, Json] = {
            "name": self.name,
            "description": self.description,
            "version": self.version,
            "schemas": dict(self.schemas) or None,
            "steps": [step.to_json() for step in self.steps] or None,
            "output": expression_to_json(self.output),
            "test": dict(self.test) or None,
            "examples": [dict(example) for example in self.examples] or None,
            "metadata": dict(self.metadata) or None,
        }
        return {key: value for key, value in fields.items() if value is not None}
