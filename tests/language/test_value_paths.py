"""Paths read as in notes/stepflow 1.5."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flow_compiler.language.paths import MISSING, WHOLE, Path, PathError

VALUE = {"a": {"b": [1, 2, {"c": 3, "d e": 4}], "n": None}, "a.b": "dotted", " a": "spaced", "0": "zero", "s": "text"}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (None, ()),
        ("", ()),
        ("$", ()),
        (" $ ", ()),
        ("field", ("field",)),
        ("a.b", ("a.b",)),
        (" a", (" a",)),
        ("$.a", ("a",)),
        ("$..a", ("a",)),
        ("$.a.", ("a",)),
        ("$.a.b[0]", ("a", "b", 0)),
        ("$[ 1 ]", (1,)),
        ("$.0", ("0",)),
        ("$['a'][\"b\"]", ("a", "b")),
        ('$["x.y"]', ("x.y",)),
        ('$[""]', ("",)),
        ("$.a b]c", ("a b]c",)),
        (" $.a ", ("a",)),
    ],
)
def test_text_means_these_parts(text: str | None, parts: tuple[str | int, ...]) -> None:
    assert Path.parse(text).parts == parts


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("$field", "Invalid character 'f'"),
        ("$[0]field", "Invalid character 'f'"),
        ("$[", "Unclosed bracket"),
        ("$.a[", "Unclosed bracket"),
        ('$["a', "Unclosed bracket"),
        ("$[a]", "Invalid index 'a'"),
        ("$[*]", "Invalid index '\\*'"),
        ("$[-1]", "Invalid index '-1'"),
        ("$[1:2]", "Invalid index"),
        ("$[]", "Invalid index ''"),
        ('$["]', "Invalid index"),
        ("$[٣]", "Invalid index"),
        ("$[99999999999999999999]", "Invalid index"),
    ],
)
def test_what_is_no_path_is_refused_with_the_reason(text: str, message: str) -> None:
    with pytest.raises(PathError, match=message):
        Path.parse(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$", VALUE),
        ("$.a.b[1]", 2),
        ('$.a.b[2]["d e"]', 4),
        ("a.b", "dotted"),
        (" a", "spaced"),
        ("$.0", "zero"),
        ("$.a.n", None),
    ],
)
def test_a_path_finds_its_part(text: str, found: object) -> None:
    assert Path.parse(text).resolve(VALUE) == found


@pytest.mark.parametrize("text", ["nope", "$.a.b[3]", "$[0]", "$.a[0]", "$.s[0]", "$.s.x", "$.a.n.x", "$.a.b.c"])
def test_what_is_not_there_is_missing_and_never_an_error(text: str) -> None:
    assert Path.parse(text).resolve(VALUE) is MISSING


def test_an_index_of_an_array_is_not_a_field_of_an_object() -> None:
    assert Path((0,)).resolve({0: "never JSON"}) is MISSING
    assert Path(("0",)).resolve(["x"]) is MISSING


@given(st.text() | st.text(alphabet="$.[]'\"ab0 *"))
def test_any_text_is_a_path_or_a_path_error_and_its_normal_form_reads_back_as_the_same(text: str) -> None:
    try:
        path = Path.parse(text)
    except PathError:
        return
    assert Path.parse(str(path)) == path


@given(st.lists(st.integers(0, 3) | st.sampled_from(["a", "b"]), max_size=4))
def test_resolve_agrees_with_plain_indexing(parts: list[str | int]) -> None:
    value: object = "leaf"
    for part in reversed(parts):
        value = {part: value} if isinstance(part, str) else [None] * part + [value]
    assert Path(tuple(parts)).resolve(value) == "leaf"
    assert (Path(tuple(parts)) == WHOLE) is (not parts)
