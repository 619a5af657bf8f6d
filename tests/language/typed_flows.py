"""Random flows of copying steps, with inputs, variables, and schemas that are true of these."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

NAMES = ("a", "b")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 2.0]) | st.sampled_from(["", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=2),
    max_leaves=5,
)
PATHS = st.lists(st.sampled_from([".a", ".b", "[0]", "[1]"]), max_size=2).map(lambda parts: "$" + "".join(parts))


def expressions(steps: int) -> st.SearchStrategy[Any]:
    references = st.builds(lambda path: {"$input": path}, PATHS)
    if steps:
        names = st.integers(0, steps - 1).map(lambda number: f"s{number}")
        references |= st.builds(lambda name, path: {"$step": name, "path": path}, names, PATHS)
    return st.recursive(
        references
        | VALUES.map(lambda value: {"$literal": value})
        | st.builds(lambda path: {"$variable": "v" + path[1:]}, PATHS),
        lambda inner: st.one_of(
            st.builds(lambda c, t, e: {"$if": c, "then": t, "else": e}, inner, inner, inner),
            st.lists(inner, max_size=3).map(lambda items: {"$coalesce": items}),
            st.lists(inner, max_size=2),
            st.dictionaries(st.sampled_from(NAMES), inner, max_size=2),
            st.builds(lambda default, path: {"$variable": "$.w" + path[1:], "default": default}, inner, PATHS),
        ),
        max_leaves=5,
    )


@st.composite
def flows(draw: st.DrawFn) -> tuple[dict[str, Any], Any, Any]:
    """A flow of copying steps, an input and a variable, each declared by a schema that is true of it."""
    value, variable = draw(VALUES), draw(VALUES)
    count = draw(st.integers(0, 3))
    steps: list[dict[str, Any]] = [
        {"id": f"s{number}", "component": "/builtin/noop", "input": draw(expressions(number))}
        for number in range(count)
    ]
    declared = {
        "input": draw(schemas_of(value)),
        "variables": {"properties": {"v": draw(schemas_of(variable)), "w": {}}},
    }
    return {
        "schemas": {"type": "object", "properties": declared},
        "steps": steps,
        "output": draw(expressions(count)),
    }, value, variable  # fmt: skip


def schemas_of(value: Any) -> st.SearchStrategy[Any]:
    """Schemas that the value has."""
    return st.sampled_from(
        [_exact(value), _loose(value), {"anyOf": [_loose(value), {"type": "null"}]}, {"const": value}, {}]
    )


def _exact(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return {
            "type": "object",
            "properties": {key: _exact(each) for key, each in value.items()},
            "additionalProperties": False,
        }
    if isinstance(value, list):
        return (
            {"type": "array", "prefixItems": [_exact(each) for each in value], "items": False}
            if value
            else {"type": "array"}
        )
    return {"enum": [value, "other"]}


def _loose(value: Any) -> dict[str, Any]:
    match value:
        case dict():
            return {"type": "object", "properties": {key: _loose(each) for key, each in value.items()}}
        case list():
            return (
                {"type": "array", "items": {"anyOf": [_loose(each) for each in value]}} if value else {"type": "array"}
            )
        case None | bool():
            return {"type": ["null", "boolean"]}
        case str():
            return {"type": "string"}
        case _:
            return {"type": "number"}
