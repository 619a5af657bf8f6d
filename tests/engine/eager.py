"""A naive interpreter, to compare with: it runs every step in the order written and evaluates every branch.

Written from the language's description and from nothing of the engine. A failure is only that it failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FAILED = object()

PATHS: dict[str | None, list[str | int]] = {
    None: [],
    "": [],
    "$": [],
    " $ ": [],
    "x": ["x"],
    "$.x": ["x"],
    "$..x": ["x"],
    "$.n": ["n"],
    "f": ["f"],
    "$.f.": ["f"],
    "$.o.k": ["o", "k"],
    "$['o'][\"k\"]": ["o", "k"],
    "$.o.k[1]": ["o", "k", 1],
    "$.o['k'][ 0 ]": ["o", "k", 0],
    "$.o.k[9]": ["o", "k", 9],
    "$.o[0]": ["o", 0],
    "$[1]": [1],
    "$[0].x": [0, "x"],
    "a.b": ["a.b"],
    '$["a.b"].c': ["a.b", "c"],
    "$.a.b": ["a", "b"],
    "$.0": ["0"],
    " s": [" s"],
    "é": ["é"],
    "absent": ["absent"],
    "$.n.deeper": ["n", "deeper"],
    "$.results[0].result": ["results", 0, "result"],
    "$.result.result": ["result", "result"],
}
"""Every way to write a path, and the parts it means."""

VARIABLES: dict[str, list[str | int]] = {
    "given": ["given"],
    "$.given": ["given"],
    "$.given.k[0]": ["given", "k", 0],
    "$.given.absent": ["given", "absent"],
    "null": ["null"],
    "$['default'][1]": ["default", 1],
    "implied": ["implied"],
    "required": ["required"],
    "absent": ["absent"],
    "$": [],
}
GIVEN = {"given": {"k": [7]}, "null": None}
SCHEMAS = {
    "type": "object",
    "properties": {
        "variables": {
            "type": "object",
            "required": ["required"],
            "properties": {
                "given": {"default": "not this"},
                "null": {"type": "string", "default": "nor this"},
                "default": {"type": "array", "default": [1, {"z": 2}]},
                "implied": {"type": "integer"},
                "required": {"type": "string"},
            },
        }
    },
}
_KNOWN: dict[str, Any] = {**GIVEN, "default": [1, {"z": 2}], "implied": 0}
ALONE: dict[str, Any] = {}
"""What a flow inside has of variables: nothing."""


def run(flow: Mapping[str, Any], given: Any, variables: Mapping[str, Any] = _KNOWN) -> Any:
    """The value of the flow's output, or FAILED."""
    results: dict[str, Any] = {}
    for step in flow["steps"]:
        value = evaluate(step.get("input"), given, variables, results)
        results[step["id"]] = value if value is FAILED else _call(step, value)
    return evaluate(flow.get("output"), given, variables, results)


def evaluate(expression: Any, given: Any, variables: Mapping[str, Any], results: Mapping[str, Any]) -> Any:
    def part(inner: Any) -> Any:
        return evaluate(inner, given, variables, results)

    match expression:
        case {"$literal": value}:
            return value
        case {"$if": condition, "then": then}:
            found, taken, other = part(condition), part(then), part(expression.get("else"))
            return other if found is FAILED or found is None or found is False else taken
        case {"$coalesce": members}:
            return next((value for value in [part(member) for member in members] if value is not None), None)
        case {"$step": step}:
            found = results[step]
            return found if found is FAILED or found is None else _follow(found, PATHS[expression.get("path")])
        case {"$input": text}:
            return _follow(given, PATHS[text])
        case {"$variable": text}:
            name, *rest = VARIABLES[text] or [None]
            found = _follow(variables[name], rest) if name in variables else FAILED
            return part(expression["default"]) if found is FAILED and "default" in expression else found
        case dict():
            members = {key: part(member) for key, member in expression.items()}
            return FAILED if any(member is FAILED for member in members.values()) else members
        case list():
            items = [part(item) for item in expression]
            return FAILED if any(item is FAILED for item in items) else items
        case _:
            return expression


def _follow(value: Any, parts: list[Any]) -> Any:
    for part in parts:
        try:
            value = value[part] if isinstance(value, dict if isinstance(part, str) else list) else FAILED
        except (KeyError, IndexError):
            return FAILED
    return value


def _call(step: Mapping[str, Any], value: Any) -> Any:
    component, on_error = step["component"], step.get("onError") or {}
    if component == "/py/absent":
        return FAILED  # nobody serves it: onError does not help
    if (
        component == "/py/flaky"
        and on_error.get("action") == "retry"
        and value["succeed_on"] <= on_error["maxRetries"] + 1
    ):
        return {"attempt": value["succeed_on"]}
    result = _once(component, value)
    if result is FAILED and on_error.get("action") == "useDefault":
        return on_error.get("defaultValue")
    return result


def _once(component: str, value: Any) -> Any:
    match component:
        case "/builtin/noop" | "/py/ident":
            return value
        case "/py/nothing":
            return None
        case "/py/flaky" if value["succeed_on"] == 1:
            return {"attempt": 1}
        case "/builtin/map" if isinstance(value["items"], list):
            ended = [_outcome(run(value["workflow"], item, ALONE)) for item in value["items"]]
            good = sum(each["outcome"] == "success" for each in ended)
            return {"results": ended, "successful": good, "failed": len(ended) - good}
        case "/builtin/iterate":
            result = run(value["flow"], value["initial_input"], ALONE)
            return result if result is FAILED else {"result": result["result"], "iterations": 1, "terminated": False}
        case "/py/eval_inside":
            return {"result": _outcome(run(value["flow"], value["input"], ALONE))}
        case _:
            return FAILED


def _outcome(result: Any) -> dict[str, Any]:
    return {"outcome": "failed"} if result is FAILED else {"outcome": "success", "result": result}


def comparable(value: Any) -> Any:
    """The engine's value with its failures reduced to that they failed."""
    match value:
        case {"outcome": "failed", "error": _}:
            return {"outcome": "failed"}
        case dict():
            return {key: comparable(member) for key, member in value.items()}
        case list():
            return [comparable(item) for item in value]
        case _:
            return value
