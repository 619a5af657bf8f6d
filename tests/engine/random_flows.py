"""Random flows of everything the language has, for properties of the engine."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from hypothesis import strategies as st

from tests.engine.eager import PATHS, SCHEMAS, VARIABLES

INPUTS: list[Any] = [
    {"x": 1, "n": None, "f": False, "o": {"k": [1, 2]}, "a.b": {"c": 0}, "0": "zero", " s": 1.5, "é": "ü"},
    [[], {"x": 2**60}],
    {},
    None,
    "text",
]
_LITERALS = st.sampled_from([None, True, False, 0, 1, 1.0, -1.5, 2**60, "", "text", "$", [], {}])


@lru_cache  # to make the strategy costs more than to draw from it
def expressions(earlier: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """An expression that may refer to the given steps."""
    leaves: list[st.SearchStrategy[Any]] = [
        _LITERALS,
        st.sampled_from(list(PATHS)).map(lambda path: {"$input": path}),
        st.sampled_from(list(VARIABLES)).map(lambda name: {"$variable": name}),
        st.sampled_from([{"$literal": {"$step": "nowhere"}}, {"$literal": {"$if": 1}}]),
    ]
    if earlier:
        steps, paths = st.sampled_from(earlier), st.sampled_from(list(PATHS))
        leaves += [
            steps.map(lambda step: {"$step": step}),
            st.builds(lambda step, path: {"$step": step, "path": path}, steps, paths),
        ]
    return st.recursive(
        st.one_of(leaves),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(st.sampled_from(["x", "o", "k", "a.b"]), inner, max_size=3),
            st.builds(lambda c, t, e: {"$if": c, "then": t, "else": e}, inner, inner, inner),
            st.builds(lambda c, t: {"$if": c, "then": t}, inner, inner),
            st.lists(inner, max_size=3).map(lambda items: {"$coalesce": items}),
            st.builds(lambda v, d: {"$variable": v, "default": d}, st.sampled_from(list(VARIABLES)), inner),
        ),
        max_leaves=6,
    )


_ON_ERROR = st.sampled_from(
    [
        None,
        {"action": "fail"},
        {"action": "useDefault"},
        {"action": "useDefault", "defaultValue": {"x": {"$input": "x"}}},
        {"action": "retry", "maxRetries": 0},
        {"action": "retry", "maxRetries": 2},
    ]
)


@st.composite
def flows(draw: st.DrawFn, *, inside: int = 2, most_steps: int = 5) -> dict[str, Any]:
    """``inside``: how deep flows are nested."""
    names = tuple(f"s{number}" for number in range(draw(st.integers(0, most_steps))))
    steps = [draw(_steps(name, names[:position], inside)) for position, name in enumerate(names)]
    return {"schemas": SCHEMAS, "steps": steps, "output": draw(expressions(names))}


@st.composite
def _steps(draw: st.DrawFn, name: str, earlier: tuple[str, ...], inside: int) -> dict[str, Any]:
    kinds = ["/builtin/noop", "/py/ident", "/py/nothing", "/py/absent", "/py/boom", "/py/flaky"]
    if inside:
        kinds += ["/builtin/map", "/builtin/iterate", "/py/eval_inside"]
    component = draw(st.sampled_from(kinds))
    given: Any = draw(expressions(earlier))
    match component:
        case "/py/boom":
            given = {"message": "boom", "given": given}
        case "/py/flaky":
            given = {"succeed_on": draw(st.integers(1, 4)), "given": given}
        case "/builtin/map":
            items = st.lists(expressions(earlier), max_size=3) | expressions(earlier)
            given = {"workflow": {"$literal": draw(_inner(inside))}, "items": draw(items)}
        case "/builtin/iterate":
            flow = draw(_inner(inside))
            flow["output"] = {"result": flow["output"]}
            given = {"flow": {"$literal": flow}, "initial_input": given}
        case "/py/eval_inside":
            given = {"flow": {"$literal": draw(_inner(inside))}, "input": given}
    must_execute = draw(st.sampled_from([None, False, True]))
    return {
        "id": name,
        "component": component,
        "input": given,
        "onError": draw(_ON_ERROR),
        "mustExecute": must_execute,
    }


@lru_cache
def _inner(inside: int) -> st.SearchStrategy[dict[str, Any]]:
    return flows(inside=inside - 1, most_steps=2)
