"""Property: the lazy engine gives what a naive evaluator gives that runs every step in order first."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from flow_compiler.engine.components import Resources
from flow_compiler.engine.engine import Engine
from flow_compiler.engine.outcomes import Failure, FlowResult, Success
from flow_compiler.engine.storage import memory_stores
from flow_compiler.language.reading import flow_from_json

from .py_components import PY
from .running import QUICK

FAILED = object()
INPUT = {"x": 1, "n": None, "f": False, "o": {"k": [1, 2]}}


def expressions(earlier: list[str]) -> st.SearchStrategy[Any]:
    leaves: list[st.SearchStrategy[Any]] = [
        st.sampled_from([None, True, False, 0, 1, "", "text"]),
        st.sampled_from(["$", "x", "n", "f", "$.o.k[1]", "absent", "$.o.k[9]"]).map(lambda path: {"$input": path}),
        st.just({"$variable": "v"}),
        st.just({"$variable": "absent"}),
    ]
    if earlier:
        leaves.append(
            st.builds(
                lambda step, path: {"$step": step} if path is None else {"$step": step, "path": path},
                st.sampled_from(earlier),
                st.sampled_from([None, "x", "$.o.k"]),
            )
        )
    return st.recursive(
        st.one_of(leaves),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
            st.builds(lambda c, t, e: {"$if": c, "then": t, "else": e}, inner, inner, inner),
            st.lists(inner, max_size=3).map(lambda items: {"$coalesce": items}),
        ),
        max_leaves=5,
    )


@st.composite
def flows(draw: st.DrawFn) -> dict[str, Any]:
    names = [f"s{n}" for n in range(draw(st.integers(0, 5)))]
    steps = []
    for position, name in enumerate(names):
        component = draw(st.sampled_from(["/builtin/noop", "/builtin/noop", "/py/ident", "/py/absent"]))
        steps.append({"id": name, "component": component, "input": draw(expressions(names[:position]))})
    return {"steps": steps, "output": draw(expressions(names))}


def path(value: Any, text: str | None) -> Any:
    parts: list[Any] = {
        "$": [],
        None: [],
        "$.o.k[1]": ["o", "k", 1],
        "$.o.k[9]": ["o", "k", 9],
        "$.o.k": ["o", "k"],
    }.get(text, [text])
    for part in parts:
        try:
            value = value[part] if isinstance(value, dict if isinstance(part, str) else list) else FAILED
        except (KeyError, IndexError):
            return FAILED
    return value


def eager(expression: Any, results: dict[str, Any]) -> Any:
    match expression:
        case {"$if": condition, "then": then, "else": otherwise}:
            found = eager(condition, results)
            taken, other = eager(then, results), eager(otherwise, results)
            return other if found is FAILED or found is None or found is False else taken
        case {"$coalesce": members}:
            values = [eager(member, results) for member in members]
            return next((value for value in values if value is not None), None)
        case {"$step": step}:
            found = results[step]
            return found if found is FAILED or found is None else path(found, expression.get("path"))
        case {"$input": text}:
            return path(INPUT, text)
        case {"$variable": name}:
            return {"v": 1}.get(name, FAILED)
        case dict():
            members = {key: eager(member, results) for key, member in expression.items()}
            return FAILED if FAILED in members.values() else members
        case list():
            items = [eager(member, results) for member in expression]
            return FAILED if any(item is FAILED for item in items) else items
        case _:
            return expression


def naive(flow: dict[str, Any]) -> Any:
    results: dict[str, Any] = {}
    for step in flow["steps"]:
        value = eager(step["input"], results)
        results[step["id"]] = FAILED if step["component"] == "/py/absent" else value
    return eager(flow["output"], results)


async def lazy(flow: dict[str, Any]) -> FlowResult:
    async with Engine(PY, memory_stores(), Resources(), QUICK) as engine:
        item = engine.item(flow_from_json(flow), run_id="r", key="k", input=INPUT, variables={"v": 1})
        return (await item.evaluate()).result


@settings(max_examples=150, deadline=None)
@given(flows())
def test_lazy_equals_eager(flow: dict[str, Any]) -> None:
    expected, got = naive(flow), asyncio.run(lazy(flow))
    if expected is FAILED:
        assert isinstance(got, Failure)
    else:
        assert got == Success(result=expected)
