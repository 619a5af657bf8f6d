"""When a result is what a test case expects: the table of ``stepflow test``, and what holds for every result."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flow_compiler.commands.expected_results import ANY_RUN, NoResult, comparable, differences


def good(result: Any) -> dict[str, Any]:
    return {"outcome": "success", "result": result}


def bad(code: str = "COMPONENT_FAILED", message: str = "no", **more: Any) -> dict[str, Any]:
    return {"outcome": "failed", "error": {"code": code, "message": message, **more}}


MATCHES = [
    ("equal scalars", good(1), good(1)),
    ("null is null", good(None), good(None)),
    ("an object may have more", good({"a": 1}), good({"a": 1, "b": 2})),
    ("deep inside too", good({"a": [{"b": 1}]}), good({"a": [{"b": 1, "c": 2}], "d": 3})),
    ("the empty object is part of any", good({}), good({"a": 1})),
    ("the order of keys says nothing", good({"a": 1, "b": 2}), good({"b": 2, "a": 1})),
    ("runs have other ids", good({"run_id": "one"}), good({"run_id": "two"})),
    ("in lists too", good([{"run_id": "one"}]), good([{"run_id": "two"}])),
    ("a backtrace is not compared", good({"a": 1, "backtrace": "x"}), good({"a": 1})),
    ("code and message", bad(), bad(data={"error": "x"})),
    ("data is a part", bad(data={"a": 1}), bad(data={"a": 1, "b": 2})),
    ("null for data is none", bad(data=None), bad()),
    ("the reference's own stack is not compared", bad(data={"stack": [{"error": "x"}]}), bad(data={"error": "y"})),
]
DIFFERS = [
    ("other scalars", good(1), good(2), "$.result", "1", "2"),
    ("an integer is no float", good(1), good(1.0), "$.result", "1", "1.0"),
    ("a float is no integer", good(94.0), good(94), "$.result", "94.0", "94"),
    ("true is not 1", good(True), good(1), "$.result", "true (a boolean)", "1 (a number)"),
    ("0 is not false", good(0), good(False), "$.result", "0 (a number)", "false (a boolean)"),
    ("text is no number", good("1"), good(1), "$.result", '"1" (text)', "1 (a number)"),
    ("a missing member", good({"a": {"b": 1}}), good({"a": {}}), "$.result.a.b", "1", "nothing"),
    ("null is not nothing", good({"a": None}), good({}), "$.result.a", "null", "nothing"),
    ("a shorter list", good([1, 2]), good([1]), "$.result", "2 elements", "1: [1]"),
    ("a longer list", good([]), good([1]), "$.result", "0 elements", "1: [1]"),
    ("an element", good([1, {"a": 2}]), good([1, {"a": 3}]), "$.result[1].a", "2", "3"),
    ("an object is no list", good({}), good([]), "$.result", "{} (an object)", "[] (an array)"),
    ("a run id that is no text", good({"run_id": 1}), good({"run_id": "x"}), "$.result.run_id", "1 (a number)", f'"{ANY_RUN}" (text)'),
    ("a failure", good(1), bad(), "$", "success: 1", "failed: COMPONENT_FAILED: no"),
    ("a success", bad(), good(1), "$", "failed: COMPONENT_FAILED: no", "success: 1"),
    ("another code", bad("TIMEOUT"), bad(), "$.error.code", '"TIMEOUT"', '"COMPONENT_FAILED"'),
    ("a part of the message", bad(message="n"), bad(), "$.error.message", '"n"', '"no"'),
    ("data that is not there", bad(data={"a": 1}), bad(), "$.error.data", '{"a": 1} (an object)', "null (null)"),
    ("a stack in a success", good({"stack": 1}), good({}), "$.result.stack", "1", "nothing"),
]  # fmt: skip
NO_RESULTS = [
    (None, "must be `{outcome: success"),
    ({"result": 1}, "must be `{outcome: success"),
    ({"outcome": "skipped"}, "must be `{outcome: success"),
    ({"outcome": "success"}, "missing field `result`"),
    ({"outcome": "failed"}, "missing field `error.code`"),
    ({"outcome": "failed", "error": {"code": "X"}}, "missing field `error.message`"),
    ({"outcome": "failed", "error": {"code": 1, "message": "x"}}, "missing field `error.code`"),
]


@pytest.mark.parametrize(("expected", "actual"), [case[1:] for case in MATCHES], ids=[case[0] for case in MATCHES])
def test_matches(expected: Any, actual: Any) -> None:
    assert differences(expected, actual) == ()


@pytest.mark.parametrize(
    ("expected", "actual", "path", "wanted", "got"), [case[1:] for case in DIFFERS], ids=[case[0] for case in DIFFERS]
)
def test_differs_and_says_where(expected: Any, actual: Any, path: str, wanted: str, got: str) -> None:
    (found,) = differences(expected, actual)
    assert (found.path, found.expected, found.got) == (path, wanted, got)


def test_every_difference_is_told_and_long_values_are_cut() -> None:
    found = differences(good({"a": 1, "b": "x" * 1000}), good({"a": 2, "b": "y"}))
    assert [each.path for each in found] == ["$.result.a", "$.result.b"]
    assert len(found[1].expected) < 300


@pytest.mark.parametrize(("expected", "told"), NO_RESULTS, ids=lambda case: str(case)[:40])
def test_what_is_no_flow_result_is_told(expected: Any, told: str) -> None:
    with pytest.raises(NoResult, match=re.escape(told)):
        differences(expected, good(1))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.just("run_id"), inner, max_size=4),
    max_leaves=12,
)
RESULTS = VALUES.map(good) | st.builds(bad, st.text(), st.text(), data=VALUES)


@given(RESULTS)
def test_every_result_matches_itself(result: Any) -> None:
    assert differences(result, copy.deepcopy(result)) == ()


@given(RESULTS)
def test_what_is_compared_is_compared_again_as_the_same(result: Any) -> None:
    assert comparable(comparable(result)) == comparable(result)


@given(st.dictionaries(st.text(), VALUES, min_size=1), st.data())
def test_a_part_of_an_object_is_expected_of_it_and_not_the_other_way_round(whole: dict[str, Any], data: Any) -> None:
    name = data.draw(st.sampled_from(sorted(whole)))
    part = {key: value for key, value in whole.items() if key != name}
    assert differences(good(part), good(whole)) == ()
    assert name == "backtrace" or differences(good(whole), good(part)) != ()


@given(VALUES, VALUES)
def test_results_that_match_each_other_are_equal_to_the_type(one: Any, other: Any) -> None:
    if not differences(good(one), good(other)) and not differences(good(other), good(one)):
        assert repr(_sorted(comparable(good(one)))) == repr(_sorted(comparable(good(other))))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value
