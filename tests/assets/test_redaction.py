"""Names of forgotten keys in what Dagster keeps as text."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from flow_compiler.assets.history_files import redact_file
from flow_compiler.assets.redaction import ForgottenKey, Redaction

KEY, ODD = "docs:a.pdf", 'docs:größe "x" 人.md'
KEYS = [
    "docs:0.pdf",
    KEY,
    "docs:a.pdf (1).pdf",
    "docs:a.pdf.bak",
    "docs:sub/a.pdf.gz",
    "old-docs:a.pdf.gz",
    ODD,
    "docs:z.pdf",
]


@pytest.fixture
def redaction() -> Redaction:
    forgotten = [
        ForgottenKey(KEY, "forgotten:1", ("a.pdf", "/data/docs/a.pdf")),
        ForgottenKey(ODD, "forgotten:2", ('größe "x" 人.md',)),
    ]
    return Redaction(forgotten, [KEYS])


def test_items_of_a_list_are_compared_whole(redaction: Redaction) -> None:
    config = {"ops": {"batch": {"config": {"documents": KEYS}}}}
    assert json.loads(redaction.stored(json.dumps(config))) == {
        "ops": {
            "batch": {"config": {"documents": [{KEY: "forgotten:1", ODD: "forgotten:2"}.get(key, key) for key in KEYS]}}
        }
    }


@pytest.mark.parametrize("ensure_ascii", [True, False])
def test_json_inside_strings_of_json_is_looked_into(redaction: Redaction, ensure_ascii: bool) -> None:
    def nested(of: Any) -> str:
        return json.dumps(
            {"a": json.dumps([json.dumps({"b": of}, ensure_ascii=ensure_ascii)])}, ensure_ascii=ensure_ascii
        )

    assert json.loads(redaction.stored(nested(ODD))) == json.loads(nested("forgotten:2"))


def test_a_text_without_a_name_is_left_as_it_is(redaction: Redaction) -> None:
    text = '{"b" : "docs:a.pdf.bak",\t"a": 1e2}'
    assert redaction.stored(text) is text


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("docs:a.pdf: it is damaged", "forgotten:1: it is damaged"),
        ("no document 'a.pdf' in source 'docs'", "no document 'forgotten:1' in source 'docs'"),
        ("there is no file '/data/docs/a.pdf'.", "there is no file 'forgotten:1'."),
        ("docs:a.pdf, docs:a.pdf.bak", "forgotten:1, docs:a.pdf.bak"),
        ("docs:a.pdf (1).pdf: it is damaged", "docs:a.pdf (1).pdf: it is damaged"),
        ("old-docs:a.pdf and docs:sub/a.pdf", "old-docs:a.pdf and docs:sub/a.pdf"),
        ("'/data/other/a.pdf'", "'/data/other/a.pdf'"),
        ('docs:größe "x" 人.md is empty', "forgotten:2 is empty"),
        ("file:///docs:gr%C3%B6%C3%9Fe", "file:///docs:gr%C3%B6%C3%9Fe"),
    ],
)
def test_in_a_sentence_a_name_counts_where_no_longer_name_has_it(
    message: str, expected: str, redaction: Redaction
) -> None:
    assert redaction.sentence(message) == expected
    assert json.loads(redaction.stored(json.dumps({"message": message}))) == {"message": expected}


def test_a_file_name_of_one_word_could_be_any_word(redaction: Redaction) -> None:
    one_word = Redaction([ForgottenKey("docs:pages", "forgotten:3", ("pages",))], [])
    assert one_word.sentence("2 of 3 pages of 'pages' in docs:pages") == "2 of 3 pages of forgotten:3 in forgotten:3"


def test_a_file_name_that_another_key_ends_in_may_be_its() -> None:
    shared = Redaction([ForgottenKey("docs:sub/a.pdf", "forgotten:3", ("sub/a.pdf", "a.pdf"))], [KEYS])
    message = "docs:a.pdf: no document 'a.pdf' in source 'docs', unlike 'sub/a.pdf'"
    assert shared.sentence(message) == message.replace("sub/a.pdf", "forgotten:3")


def test_names_that_dagster_gave_are_no_keys() -> None:
    same = Redaction([ForgottenKey("pages", "forgotten:3")], [])
    body = {
        "asset_key": {"__class__": "AssetKey", "path": ["flow", "pages"]},
        "step_key": "pages",
        "partition": "pages",
    }
    assert same.value(body) == body | {"partition": "forgotten:3"}


@pytest.mark.parametrize(
    ("start", "end", "left"),
    [
        (KEY, "docs:z.pdf", ("docs:a.pdf (1).pdf", "docs:z.pdf")),
        ("docs:0.pdf", KEY, ("docs:0.pdf", "docs:0.pdf")),
        (KEY, ODD, ("docs:a.pdf (1).pdf", "old-docs:a.pdf.gz")),
        (KEY, KEY, ("forgotten:1", "forgotten:1")),
        ("docs:deleted before.pdf", KEY, ("docs:deleted before.pdf", "forgotten:1")),
        ("docs:0.pdf", "docs:z.pdf", ("docs:0.pdf", "docs:z.pdf")),
    ],
)
def test_a_range_is_what_is_left_of_it(start: str, end: str, left: tuple[str, str], redaction: Redaction) -> None:
    tags = {"dagster/asset_partition_range_start": start, "dagster/asset_partition_range_end": end}
    snapped = {"__class__": "PartitionKeyRange", "start": start, "end": end}
    assert tuple(redaction.value(tags).values()) == left
    assert (redaction.value(snapped)["start"], redaction.value(snapped)["end"]) == left


def test_a_log_loses_the_lines_about_a_key_and_the_name_elsewhere(redaction: Redaction, tmp_path: Path) -> None:
    log = tmp_path / "a.err"
    log.write_text(f"time - ERROR - step - {KEY}: damaged\ntime - ERROR - docs:a.pdf.bak: damaged\nfailed: {KEY}, x\n")
    redact_file(log, redaction)
    assert log.read_text() == "time - ERROR - docs:a.pdf.bak: damaged\nfailed: forgotten:1, x\n"


def test_a_value_between_ops_loses_the_name(redaction: Redaction, tmp_path: Path) -> None:
    file = tmp_path / "batch"
    file.write_bytes(pickle.dumps({"keys": [KEY, "docs:z.pdf"], "refused": {ODD: {"error": "t.bad"}}}))
    redact_file(file, redaction)
    assert loaded(file) == {
        "keys": ["forgotten:1", "docs:z.pdf"],
        "refused": {"forgotten:2": {"error": "t.bad"}},
    }


def test_a_value_that_cannot_be_looked_into_goes_when_it_names_a_key(redaction: Redaction, tmp_path: Path) -> None:
    naming, other = tmp_path / "naming", tmp_path / "other"
    naming.write_bytes(pickle.dumps(Path(KEY)))
    other.write_bytes(pickle.dumps(Path("elsewhere")))
    for file in (naming, other):
        redact_file(file, redaction)
    assert not naming.exists()
    assert loaded(other) == Path("elsewhere")


def loaded(file: Path) -> Any:
    return pickle.loads(file.read_bytes())  # noqa: S301
