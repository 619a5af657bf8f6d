"""What a value means (notes/stepflow 1.4), and that writing it gives it back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flow_compiler.errors import FlowLoadError
from flow_compiler.language.expressions import (
    NULL,
    ArrayExpr,
    Coalesce,
    Expression,
    If,
    InputRef,
    Literal,
    ObjectExpr,
    StepRef,
    VariableRef,
    expression_to_json,
    parse_expression,
)
from flow_compiler.language.paths import WHOLE, Path


@pytest.mark.parametrize(
    ("value", "expression"),
    [
        (None, NULL),
        ([1, {"a": "b"}], Literal([1, {"a": "b"}])),
        ({"$literal": {"$step": "x"}}, Literal({"$step": "x"}, protected=True)),
        ({"$input": None}, InputRef(WHOLE)),
        ({"$input": "$"}, InputRef(WHOLE)),
        ({"$input": "a", "path": "b"}, InputRef(Path(("a",)))),
        ({"$step": "s"}, StepRef("s")),
        ({"$step": "s", "path": None}, StepRef("s")),
        ({"$step": "s", "path": "$.a[0]"}, StepRef("s", Path(("a", 0)))),
        ({"$variable": "v"}, VariableRef(Path(("v",)))),
        ({"$variable": "$.v.a", "default": {"$step": "s"}}, VariableRef(Path(("v", "a")), StepRef("s"))),
        ({"$variable": "v", "default": None}, VariableRef(Path(("v",)), NULL)),
        ({"$if": True, "then": 1}, If(Literal(True), Literal(1), NULL)),
        ({"$coalesce": []}, Coalesce(())),
        ({"$coalesce": [{"$step": "s"}, 1]}, Coalesce((StepRef("s"), Literal(1)))),
        ({"a": {"$step": "s"}, "b": 1}, ObjectExpr({"a": StepRef("s"), "b": Literal(1)})),
        ([{"$input": "a"}], ArrayExpr((InputRef(Path(("a",))),))),
        ({"$foo": 1}, Literal({"$foo": 1})),
    ],
)
def test_a_value_means_this_expression(value: Any, expression: Expression) -> None:
    assert parse_expression(value) == expression


def test_the_first_deciding_key_wins_whatever_the_order_written() -> None:
    order = ["$literal", "$if", "$coalesce", "$step", "$input", "$variable"]
    parts = {"$literal": 0, "$if": True, "then": 1, "$coalesce": [], "$step": "s", "$input": "i", "$variable": "v"}
    kinds = [Literal, If, Coalesce, StepRef, InputRef, VariableRef]
    for kind in kinds:
        assert isinstance(parse_expression(dict(reversed(parts.items()))), kind)
        del parts[order[kinds.index(kind)]]


@pytest.mark.parametrize(
    ("value", "wrong", "instead"),
    [
        ({"$from": {"step": "a"}, "path": "b"}, "$from", "{$step: a, path: b}"),
        ({"$from": {"workflow": "input"}, "path": "b"}, "$from", "{$input: b}"),
        ({"$from": {"variable": "v"}}, "$from", "{$variable: v}"),
        ({"$from": 1}, "$from", "$literal"),
        ({"$if": 1}, "no `then`", "then:"),
        ({"$coalesce": 1}, "must be an array, not a number", "[first choice"),
        ({"$step": 1}, "must be a string, not a number", "quotes"),
        ({"$input": 3}, "expected a path (text), not a number", "$input: $.items[0]"),
        ({"$step": "s", "path": "$["}, "Unclosed bracket", "`path`"),
        ({"a": [{"$input": "$x"}]}, "$.a[0].$input", "$.field"),
    ],
)
def test_a_wrong_expression_is_refused_with_what_to_write_instead(value: Any, wrong: str, instead: str) -> None:
    with pytest.raises(FlowLoadError) as error:
        parse_expression(value)
    assert wrong in error.value.message
    assert instead in error.value.next_step


def test_a_variable_reference_knows_its_name_and_the_rest() -> None:
    reference = VariableRef(Path.parse("$.v.a[0]"))
    assert (reference.name, reference.rest) == ("v", Path(("a", 0)))
    assert VariableRef(Path.parse("$[0]")).name is None


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab.$[] ", max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab$.", max_size=3), inner, max_size=3),
    max_leaves=6,
)
PATHS = st.lists(st.integers(0, 9) | st.text("ab. ", max_size=3), max_size=3).map(tuple).map(Path)
EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(
    st.builds(Literal, PLAIN, protected=st.just(True))
    | st.builds(InputRef, PATHS)
    | st.builds(StepRef, st.text(max_size=3), PATHS),
    lambda inner: (
        st.builds(If, inner, inner, inner)
        | st.lists(inner, max_size=3).map(tuple).map(Coalesce)
        | st.lists(inner, min_size=1, max_size=3).map(tuple).map(ArrayExpr)
        | st.dictionaries(st.text("ab.", max_size=3), inner, min_size=1, max_size=3).map(ObjectExpr)
        | st.builds(VariableRef, PATHS, st.none() | inner)
    ),
    max_leaves=8,
)


@given(EXPRESSIONS)
def test_what_is_written_reads_back_as_the_same_expression(expression: Expression) -> None:
    assert parse_expression(expression_to_json(expression)) == expression


@given(PLAIN)
def test_a_value_without_directives_means_itself(value: Any) -> None:
    assert expression_to_json(parse_expression(value)) == value
