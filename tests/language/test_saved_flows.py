"""Property: a flow that is saved, as JSON or as YAML, and loaded again is the same flow."""

from __future__ import annotations

import json
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from flow_compiler.language.loader import parse_flow
from flow_compiler.language.reading import flow_from_json

# Half characters are no text.
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_NAMES = _TEXT | st.sampled_from(["$", "$.a", "a.b", "[0]", "'", '"', "]", '"]', "on", "1", "null", "<<", "~", "$step"])
_NUMBERS = st.integers() | st.integers(-(10**300), 10**300) | st.floats(allow_nan=False, allow_infinity=False)
_SCALARS = st.none() | st.booleans() | _NUMBERS | _NAMES
_VALUES: st.SearchStrategy[Any] = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3), max_leaves=8
)
_PLAIN_NAMES = _NAMES.filter(lambda name: "]" not in name and name == name.strip())
_PATHS = st.lists(st.integers(0, 2**64 - 1) | _PLAIN_NAMES, max_size=4).map(
    lambda parts: "$" + "".join(f"[{part}]" if isinstance(part, int) else f'["{part}"]' for part in parts)
)


def _expressions() -> st.SearchStrategy[Any]:
    return st.recursive(
        st.one_of(
            _SCALARS,
            _VALUES.map(lambda value: {"$literal": value}),
            (_PATHS | st.sampled_from(["", "$", "a.b", " a", "é"])).map(lambda path: {"$input": path}),
            st.builds(lambda step, path: {"$step": step, "path": path}, _NAMES, _PATHS),
            _PATHS.map(lambda path: {"$variable": path}),
        ),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(_TEXT, inner, max_size=3),
            st.builds(lambda c, t, e: {"$if": c, "then": t, "else": e}, inner, inner, inner),
            st.lists(inner, max_size=3).map(lambda items: {"$coalesce": items}),
            st.builds(lambda path, default: {"$variable": path, "default": default}, _PATHS, inner),
        ),
        max_leaves=6,
    )


_EXPRESSIONS = _expressions()
_ON_ERROR = st.one_of(
    st.just({"action": "fail"}),
    _VALUES.map(lambda value: {"action": "useDefault", "defaultValue": value}),
    st.integers(0, 2**32 - 1).map(lambda most: {"action": "retry", "maxRetries": most}),
)
_OBJECTS = st.dictionaries(_NAMES, _VALUES, max_size=3)
_STEPS = st.fixed_dictionaries(
    {"id": _TEXT, "component": _TEXT},
    optional={"input": _EXPRESSIONS, "onError": _ON_ERROR, "mustExecute": st.booleans(), "metadata": _OBJECTS},
)
_CASES = st.fixed_dictionaries({"name": _TEXT, "input": _VALUES}, optional={"output": _VALUES})
_FLOWS = st.fixed_dictionaries(
    {},
    optional={
        "name": _TEXT,
        "description": _TEXT,
        "version": _TEXT,
        "schemas": _OBJECTS.map(lambda properties: {"type": "object", "properties": properties}),
        "steps": st.lists(_STEPS, max_size=3),
        "output": _EXPRESSIONS,
        "test": st.lists(_CASES, max_size=2).map(lambda cases: {"cases": cases}),
        "examples": st.lists(_CASES, max_size=2),
        "metadata": _OBJECTS,
    },
)


@settings(max_examples=300, deadline=None)
@given(_FLOWS)
def test_a_saved_flow_is_the_same_flow(value: dict[str, Any]) -> None:
    flow = flow_from_json(value)
    saved = flow.to_json()
    texts = {
        "flow.json": json.dumps(saved),
        "indented.json": json.dumps(saved, ensure_ascii=False, indent=2),
        "flow.yaml": yaml.safe_dump(saved, sort_keys=False),
        "flowing.yaml": yaml.safe_dump(saved, sort_keys=False, default_flow_style=True, width=40),
        "json.yaml": json.dumps(saved),
    }
    for file, text in texts.items():
        again = parse_flow(text, file)
        assert again == flow, file
        assert again.digest == flow.digest, file
        assert json.dumps(again.to_json()) == json.dumps(saved), file
