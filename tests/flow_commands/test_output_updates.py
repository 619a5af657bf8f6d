"""New outputs in a flow file: they are there, and everything else is as it was, to the byte."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flow_compiler.commands.documents import same
from flow_compiler.commands.output_updates import rewrite_outputs, with_outputs
from flow_compiler.commands.whole_files import rewrite
from flow_compiler.errors import FlowError
from flow_compiler.language.loader import read_value

NEW = {"outcome": "success", "result": {"list": [1, {"text": "a\nb\n"}], "word": "1e3", "no": None, "empty": []}}

BEFORE = """\
# Kept: the first line
name:   "spaced"   # kept

test:
    cases:
    # kept: before the case
    - name: one   # kept: behind the name
      input: {a:   1}
"""
AFTER = """

    # kept: between cases
    - {name: last,   input: 1}   # kept
metadata: {x:  'y'}
# Kept: the last line"""
OLD = {
    "block": "      output:  # kept: behind the key\n        outcome: success\n        result:\n          a: 1  # gone or kept",
    "flow": "      output: {outcome: success, result: 1}   # kept: behind",
    "several lines": "      output: {outcome: success,\n        result: 1}",
    "null": "      output: null",
    "nothing": "      output:",
    "in the middle": "      output: {outcome: success, result: 1}\n      description: >\n        kept\n        folded",
    "none": "      description: kept   # behind",
    "none, after a text block": "      description: |\n        kept\n",
}


@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("old", OLD.values(), ids=OLD.keys())
def test_only_the_output_changes(old: str, line_end: str) -> None:
    before, after = (part.replace("\n", line_end) for part in (BEFORE, AFTER))
    text = before + old.replace("\n", line_end) + after
    changed = with_outputs(text, {0: NEW})
    assert changed.startswith(before)
    assert changed.endswith(after)
    assert changed.count("kept") >= text.count("kept") - ("gone or kept" in old)
    assert changed.count("\n") == changed.count(line_end)
    wanted = read_value(text)
    wanted["test"]["cases"][0]["output"] = NEW
    assert same(read_value(changed), wanted)


def test_several_cases_are_changed_at_once() -> None:
    text = BEFORE + OLD["flow"] + AFTER
    changed = read_value(with_outputs(text, {0: NEW, 1: NEW}))
    assert [case["output"] for case in changed["test"]["cases"]] == [NEW, NEW]


def test_a_block_is_written_as_a_block_a_person_would_write() -> None:
    text = "test:\n  cases:\n  - name: a\n    input: 1\n"
    new = {"outcome": "success", "result": {"sum": 7, "word": "no"}}
    written = "    output:\n      outcome: success\n      result:\n        sum: 7\n        word: 'no'\n"
    assert with_outputs(text, {0: new}) == text + written


def test_a_json_file_stays_one() -> None:
    flow = {"name": "f", "test": {"cases": [{"name": "a", "input": 1, "output": {"outcome": "success", "result": 1}}]}}
    text = json.dumps(flow, indent=2)
    changed = with_outputs(text, {0: NEW}, "flow.json")
    assert json.loads(changed)["test"]["cases"][0]["output"] == NEW
    assert changed.startswith(text[: text.index('"output"')])


def test_an_output_that_others_refer_to_is_left_alone() -> None:
    text = (
        "test:\n  cases:\n  - {name: a, input: 1, output: &same {outcome: success, result: 1}}\n"
        "  - {name: b, input: 1, output: *same}\n"
    )
    with pytest.raises(FlowError, match="cannot be written without changing anything else"):
        with_outputs(text, {0: NEW})


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",))),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(exclude_categories=("Cs",))), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(VALUES, st.sampled_from(sorted(OLD)))
def test_whatever_is_written_is_read_back(value: Any, old: str) -> None:
    new = {"outcome": "success", "result": value}
    changed = with_outputs(BEFORE + OLD[old] + AFTER, {0: new})
    assert same(read_value(changed)["test"]["cases"][0]["output"], new)
    assert changed.startswith(BEFORE)
    assert changed.endswith(AFTER)


def test_a_file_behind_a_link_is_rewritten_whole_and_the_link_stays(tmp_path: Path) -> None:
    text = BEFORE + OLD["flow"] + AFTER
    (tmp_path / "real").mkdir()
    real = tmp_path / "real" / "flow.yaml"
    real.write_text(text)
    real.chmod(0o640)
    link = tmp_path / "flow.yaml"
    link.symlink_to(real)
    rewrite_outputs(link, {0: NEW})
    assert link.is_symlink()
    assert real.read_text() == with_outputs(text, {0: NEW})
    assert real.stat().st_mode & 0o777 == 0o640
    assert [file.name for file in real.parent.iterdir()] == ["flow.yaml"]


def test_what_cannot_be_written_leaves_the_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    file = tmp_path / "flow.yaml"
    file.write_text("before")
    monkeypatch.setattr("shutil.copymode", full)
    with pytest.raises(OSError, match="No space"):
        rewrite(file, b"after")
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]
