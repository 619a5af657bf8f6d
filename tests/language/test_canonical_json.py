"""Equal values give equal bytes; what is not JSON is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flow_compiler.language.canonical import NotJson, blob_id, canonical_json, digest, ordered_json

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(
    SCALARS.filter(lambda value: not isinstance(value, str) or value.isprintable()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abé$", max_size=3), inner, max_size=4),
    max_leaves=15,
)


def test_keys_are_sorted_for_keys_and_kept_in_order_for_blobs() -> None:
    assert canonical_json({"b": 1, "a": [1, 2]}) == b'{"a":[1,2],"b":1}'
    assert ordered_json({"b": 1, "a": [1, 2]}) == b'{"b":1,"a":[1,2]}'


def test_integers_stay_integers_and_text_stays_utf8() -> None:
    assert canonical_json([1, 1.0, 2**70, True]) == b"[1,1.0,1180591620717411303424,true]"
    assert canonical_json({"é": "ü"}) == '{"é":"ü"}'.encode()
    assert digest(1) != digest(1.0)


def test_blob_ids_are_those_of_the_reference() -> None:
    value = {"message": "Hello, blobs!", "number": 42, "nested": {"array": [1, 2, 3], "boolean": True}}
    assert blob_id(value).startswith("868591347a85")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), {1, 2}, b"bytes", object(), "\ud800"])
def test_what_has_no_json_form_is_refused(value: object) -> None:
    with pytest.raises(NotJson):
        canonical_json([value])


@given(VALUES)
def test_the_bytes_read_back_as_the_value(value: object) -> None:
    assert json.loads(canonical_json(value)) == value
    assert canonical_json(json.loads(canonical_json(value))) == canonical_json(value)


@given(st.dictionaries(st.text("abc", max_size=3), VALUES, max_size=5))
def test_the_order_of_keys_does_not_matter(value: dict[str, object]) -> None:
    assert digest(value) == digest(dict(reversed(value.items())))
