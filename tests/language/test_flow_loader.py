"""Reading flows: YAML 1.2 values, and for everything wrong a place and what to write instead."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flow_compiler.errors import FlowLoadError
from flow_compiler.flow_files import load_flow
from flow_compiler.language.expressions import Literal
from flow_compiler.language.json_values import MAX_DEPTH, MAX_VALUES
from flow_compiler.language.loader import MAX_BYTES, flow_from_json, parse_flow, read_value


def output_of(yaml_value: str) -> object:
    output = parse_flow(f"output:\n  value: {yaml_value}\n").output
    assert isinstance(output, Literal)
    return output.value["value"]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ("False", False),
        ("on", "on"),
        ("yes", "yes"),
        ("NO", "NO"),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-0", 0),
        ("+7", 7),
        ("0x1F", 31),
        ("0o17", 15),
        ("0b11", 3),
        ("007", "007"),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2024-01-01", "2024-01-01"),
        ("1.5", 1.5),
        ("1.", 1.0),
        (".5e3", 500.0),
        ("1e3", 1000.0),
        ("00.5", "00.5"),
        ("9007199254740993", 9007199254740993),
        ("'12'", "12"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("!!int '12'", 12),
        ("!!float 1", 1.0),
        ("=", "="),
        ("|\n    two\n    lines", "two\nlines\n"),
    ],
)
def test_scalars_follow_yaml_1_2(written: str, value: object) -> None:
    read = output_of(written)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize("key", ["on", "off", "yes", "no", "1", "null", "true"])
def test_keys_are_text_whatever_they_look_like(key: str) -> None:
    assert parse_flow(f"output: {{{key}: 1}}").output == Literal({key: 1})


def test_aliases_repeat_values_and_texts_as_keys() -> None:
    flow = parse_flow("metadata: {a: &x [1, 2], b: *x, &k name: 1}\noutput: {*k : *x}")
    assert flow.metadata == {"a": [1, 2], "b": [1, 2], "name": 1}
    assert flow.output == Literal({"name": [1, 2]})


BAD = [
    ("steps:\n  - id: a\n", (2, 5), "missing field `component`", "component: /builtin/noop"),
    ("steps:\n  - component: /x\n", (2, 5), "missing field `id`", "id: my_step"),
    ("steps:\n  - {id: 1, component: /x}\n", (2, 10), "id must be text, not a number", 'id: "1"'),
    ("version: 1.0\n", (1, 10), "version must be text", 'version: "1.0"'),
    ("steps: {a: 1}\n", (1, 8), "steps must be an array, not an object", "`- `"),
    ("steps: [1]\n", (1, 9), "a step must be an object", "key: value"),
    ("- 1\n", (1, 1), "a flow must be an object, not an array", "key: value"),
    ("steps:\n  - {id: a, component: /x, onError: {action: skip}}\n", (2, 46), "`skip`", "useDefault"),
    ("steps:\n  - {id: a, component: /x, onError: {}}\n", (2, 37), "missing field `action`", "`retry`"),
    ("steps:\n  - {id: a, component: /x, onError: {action: retry, maxRetries: 2.0}}", (2, 65), "maxRetries", "maxRetries: 3"),
    ("steps:\n  - {id: a, component: /x, mustExecute: 1}\n", (2, 41), "true or false", "mustExecute: true"),
    ("schemas: {input: {type: object}}\n", (1, 11), "directly under `schemas`", "properties: {input: {type: object}}"),
    ("output:\n  a:\n    $from: {step: s}\n", (3, 5), "$from is no longer", "{$step: s}"),
    ("output:\n  - x\n  - $input: $.a[*]\n", (3, 13), "Invalid index '*'", "$.field"),
    ("output:\n  a: {$if: {$step: [1]}, then: 1}\n", (2, 20), "$step must be a string", "quotes"),
    ("name: a\nname: b\n", (2, 1), "the key 'name' is already given in line 1", "Keep one"),
    ("output: {<<: {a: 1}}\n", (1, 10), "merge keys", "quote the key"),
    ("output: {[1]: 2}\n", (1, 10), "a key must be text", "quotes"),
    ("output: !!python/object/apply:os.system [ls]\n", (1, 9), "the tag 'python/object/apply:os.system'", "Remove the tag"),
    ("output: !!binary aGVsbG8=\n", (1, 9), "the tag 'binary'", "Remove the tag"),
    ("output: !mine 1\n", (1, 9), "the tag '!mine'", "Remove the tag"),
    ("output: !!int x\n", (1, 9), "not a value of !!int", "leave !!int out"),
    ("output: .nan\n", (1, 9), "not a JSON number", "finite"),
    ("output: 1e999\n", (1, 9), "too large", "quotes"),
    ("output: &a [*a]\n", (1, 13), "contains itself", "Write the value out"),
    ("output: *a\n", (1, 9), "", ""),
    ("a: b: c\n", (1, 5), "not YAML", "colons"),
    ("output: [1, 2\n", (2, 1), "not YAML", "quotes"),
    ("name: a\n---\nname: b\n", (2, 1), "second YAML document", "one flow a file"),
    ("test: {cases: 1}\n", (1, 15), "cases must be an array", "`- `"),
    ("test: {cases: [{name: a}]}\n", (1, 16), "missing field `input`", "input:"),
    ("examples: [{input: 1}]\n", (1, 12), "missing field `name`", "name:"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place", "wrong", "instead"), BAD, ids=[case[0][:50] for case in BAD])
def test_a_wrong_flow_is_refused_with_place_cause_and_replacement(
    text: str, place: tuple[int, int], wrong: str, instead: str
) -> None:
    with pytest.raises(FlowLoadError) as error:
        parse_flow(text, "flow.yaml")
    assert (error.value.line, error.value.column) == place
    assert wrong in error.value.message
    assert instead in error.value.next_step
    assert str(error.value).startswith(f"flow.yaml:{place[0]}:{place[1]}: ")


@pytest.mark.parametrize(
    ("text", "place", "wrong"),
    [
        ('{"name": 1}', (1, 10), "name must be text"),
        ('{\n  "output": [\n    {"$step": 1}]}', (3, 15), "$step must be a string"),
        ('{"name": "a",\n "name": "b"}', (2, 2), "given twice"),
        ('{"name": "a",}', (1, 14), "not JSON"),
        ('{"name": "NaN",\n "output": [1, NaN]}', (2, 16), "NaN is not a JSON number"),
        ('{"output": -Infinity}', (1, 12), "-Infinity is not a JSON number"),
        ('{"output": 1e999}', (1, 12), "not a JSON number"),
        ('{"output":\n' + "9" * 5000 + "}", (2, 1), "too many digits"),
        ('{"output": ' + "[" * 5000 + "]" * 5000 + "}", (1, 111), "nested deeper than 100 levels"),
        ('{"output": ' + "[" * 150 + "]" * 150 + "}", (1, 111), "nested deeper than 100 levels"),
        ('{"output": ["é", "x\\ud800y"]}', (1, 18), "half of a character"),
        ('{"output": {"é": 1, "\\udfff": 2}}', (1, 21), "half of a character"),
    ],
    ids=["field", "nested", "twice", "syntax", "NaN", "infinity", "large", "digits", "depth", "depth+", "half", "key"],
)
def test_json_files_get_places_too(text: str, place: tuple[int, int], wrong: str) -> None:
    with pytest.raises(FlowLoadError) as error:
        parse_flow(text, "flow.json")
    assert wrong in error.value.message
    assert (error.value.line, error.value.column) == place


@pytest.mark.parametrize(
    ("data", "place", "wrong"),
    [
        ("a: é\nb: ä\x07x\n".encode(), (2, 5), "control characters are not allowed (U+0007)"),
        ("a: 😀😀\x07\n".encode(), (1, 6), "control characters are not allowed (U+0007)"),
        ("a: é\nü: caf".encode() + b"\xe9\n", (2, 7), "not UTF-8 text (byte 13)"),
        (b"\xef\xbb\xbf" + "é: ".encode() + b"\xe9\n", (1, 4), "not UTF-8 text (byte 7)"),
    ],
)
def test_columns_count_characters_where_a_file_is_no_text(
    tmp_path: Path, data: bytes, place: tuple[int, int], wrong: str
) -> None:
    file = tmp_path / "flow.yaml"
    file.write_bytes(data)
    with pytest.raises(FlowLoadError) as error:
        load_flow(file)
    assert wrong in error.value.message
    assert (error.value.line, error.value.column) == place


@pytest.mark.parametrize("text", ['{"a": NaN}', '{"a": 1e999}', '{"a": "\\ud800"}', "[" * 200 + "]" * 200])
def test_values_are_read_as_strictly_as_flows(text: str) -> None:
    with pytest.raises(FlowLoadError) as error:
        read_value(text, "value.json")
    assert error.value.line == 1
    assert error.value.column is not None


def test_half_a_character_in_a_text_is_refused_with_its_place() -> None:
    with pytest.raises(FlowLoadError, match="half of a character") as error:
        parse_flow("name: a\ndescription: 'é\ud800'\n", "flow.yaml")
    assert (error.value.line, error.value.column) == (2, 16)


def test_json_that_yaml_cannot_read_is_read_as_json() -> None:
    text = '{\t"output": "\\ud83d\\ude00\\/"}'
    assert parse_flow(text).output == Literal("😀/")
    assert parse_flow("{output: 1}").output == Literal(1)


def test_empty_text_is_the_empty_flow() -> None:
    assert parse_flow("") == parse_flow("# nothing\n") == parse_flow("null") == flow_from_json({})


def test_limits_hold_and_say_so() -> None:
    laughs = "metadata:\n  a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
        f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
    )
    with pytest.raises(FlowLoadError, match=f"{MAX_VALUES:,} values"):
        parse_flow(laughs)
    for opening, closing in (("[", "]"), ("{a: ", "}")):
        with pytest.raises(FlowLoadError, match=f"deeper than {MAX_DEPTH}"):
            parse_flow("output: " + opening * 20_000 + closing * 20_000)
    chain = "metadata:\n  a0: &a0 1\n" + "".join(f"  a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, MAX_DEPTH + 5))
    with pytest.raises(FlowLoadError, match=f"deeper than {MAX_DEPTH}"):
        parse_flow(chain)
    with pytest.raises(FlowLoadError, match="larger than 4 MiB"):
        parse_flow("#" * (MAX_BYTES + 1))


def test_values_that_are_not_json_are_refused_by_their_path() -> None:
    cyclic: list[object] = []
    cyclic.append(cyclic)
    for value, wrong in [
        ({"output": float("nan")}, r"\$\.output: nan"),
        ({"output": {1: 2}}, r"\$\.output: the key 1"),
        ({"output": [object()]}, r"\$\.output\[0\]: object"),
        ({"output": cyclic}, "nested deeper"),
    ]:
        with pytest.raises(FlowLoadError, match=wrong):
            flow_from_json(value)


def test_files_that_cannot_be_read_are_errors_with_the_file(tmp_path: Path) -> None:
    with pytest.raises(FlowLoadError, match="missing.yaml: cannot read the file: No such file"):
        load_flow(tmp_path / "missing.yaml")
    with pytest.raises(FlowLoadError, match="cannot read the file: Is a directory"):
        load_flow(tmp_path)
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"name: a\ndescription: caf\xe9\n")
    with pytest.raises(FlowLoadError, match=r"latin.yaml:2:17: not UTF-8") as error:
        load_flow(latin)
    assert "UTF-8" in error.value.next_step
    with_mark = tmp_path / "mark.yaml"
    with_mark.write_bytes(b"\xef\xbb\xbfname: a\n")
    assert load_flow(with_mark).name == "a"
    (tmp_path / "control.yaml").write_bytes(b"name: a\x00b\n")
    with pytest.raises(FlowLoadError, match="not YAML"):
        load_flow(tmp_path / "control.yaml")


def test_errors_survive_pickling_with_their_place() -> None:
    with pytest.raises(FlowLoadError) as error:
        parse_flow("version: 1\n", "flow.yaml")
    copied = pickle.loads(pickle.dumps(error.value))  # noqa: S301
    assert str(copied) == str(error.value) == "flow.yaml:1:10: $.version: version must be text, not a number"
    assert copied.next_step == error.value.next_step


SNIPPETS = st.sampled_from(
    ["steps:", "- id: a", "component: /x", "{", "}", "[", "]", "$step", "$input: $.a[0]", "&a", "*a", "!!str", "'", '"']
    + ["\n", "\n  ", "\n    ", ": ", ", ", "$literal:", "onError:", "action: retry", "|", ">", "?", "---", "<<", "\t", "\x00"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(SNIPPETS, max_size=25).map("".join) | st.text(max_size=60))
def test_whatever_the_text_the_answer_is_a_flow_or_a_load_error(text: str) -> None:
    for file in (None, "flow.json"):
        try:
            flow = parse_flow(text, file)
        except FlowLoadError as error:
            assert error.next_step
        else:
            assert flow_from_json(flow.to_json()) == flow


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text("a$.", max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["steps", "output", "$step", "$if", "then", "$input", "$coalesce", "$literal", "id", "component"]
                    + ["onError", "action", "schemas", "properties", "test", "cases", "examples", "metadata"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_whatever_the_value_yaml_and_json_agree(value: object) -> None:
    text = json.dumps(value, indent=1)
    results = []
    for file in ("flow.yaml", "flow.json"):
        try:
            results.append((parse_flow(text, file).to_json(), None))
        except FlowLoadError as error:
            results.append((None, (error.message, error.line, error.column)))
    assert results[0] == results[1]
