"""Flows of many steps: each refers to the one before it, to the run's input and to an older step."""

from __future__ import annotations

from typing import Any


def large_flow(steps: int) -> dict[str, Any]:
    written = [{"id": f"s{n}", "component": "/builtin/noop", "input": _input(n)} for n in range(steps)]
    return {"name": "large", "description": "many steps", "steps": written, "output": {"$step": f"s{steps - 1}"}}


def _input(number: int) -> dict[str, Any]:
    given: dict[str, Any] = {"x": {"$input": "$.x"}, "n": number, "text": "some text"}
    if number > 0:
        given["a"] = {"$step": f"s{number - 1}", "path": "$.x"}
    if number > 5:
        given["b"] = {"$coalesce": [{"$step": f"s{number - 5}"}, None]}
    return given
