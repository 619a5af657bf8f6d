"""What a mocked component answers: each input, written as a key of any shape, and the outcome for it."""

from __future__ import annotations

import json
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from flow_compiler.configuration.strictness import Strict
from flow_compiler.language.expressions import Json
from flow_compiler.language.yaml_text import JsonKey


class MockError(Strict):
    """The failure of a mocked component."""

    what: ClassVar[str] = "the error of a mocked component"
    code: Annotated[str, Field(description="Such as COMPONENT_FAILED or INVALID_INPUT.")] = "COMPONENT_FAILED"
    message: str
    data: Json = None


class Behavior(Strict):
    """``outcome: success`` with a result, ``outcome: failed`` with an error, or ``error`` alone: the plugin breaks."""

    what: ClassVar[str] = "the behavior of a mocked component"
    input: Json = None
    outcome: Literal["success", "failed"] | None = None
    result: Json = None
    error: MockError | str | None = None

    @model_validator(mode="after")
    def _one_answer(self) -> Behavior:
        match self.outcome:
            case "success" if self.error is not None:
                raise ValueError("`outcome: success` has a `result:`, no `error:`")
            case "failed" if not isinstance(self.error, MockError):
                raise ValueError("`outcome: failed` needs `error: {code: …, message: …}`")
            case None if not isinstance(self.error, str):
                raise ValueError(
                    "write `outcome: success` with a `result:`, `outcome: failed` with an `error:`, or `error: TEXT`"
                )
        return self


def behaviors_of(written: Any) -> Any:
    """``{input: answer}`` as a list of answers with their inputs."""
    if not isinstance(written, dict):
        return written
    return [
        {**answer, "input": input_of(key)} if isinstance(answer, dict) else answer for key, answer in written.items()
    ]


def input_of(key: str) -> Json:
    """The input that a key stands for: of YAML the value itself, and of text that is a JSON object or array, that."""
    if isinstance(key, JsonKey) or key.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(key)
        except ValueError:
            return key
    return key
