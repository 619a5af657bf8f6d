"""The rules chunks are measured and cut by."""

from __future__ import annotations

import pytest

from stepflow_assets.chunks.sentences import sentence_ends
from stepflow_assets.chunks.tokenizer import count_tokens
from stepflow_assets.documents.cells import CellRange


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("  \n ", 0),
        ("river", 1),
        ("international", 3),
        ("1234567", 3),
        ("don't", 3),
        ("人口增长", 4),
        ("река", 2),
        ("snake_case", 3),
        ("🙂🙂", 2),
    ],
)
def test_tokens_are_counted_without_a_vocabulary(text, tokens):
    assert count_tokens(text) == tokens


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("It rose. It fell.", ["It rose. ", "It fell."]),
        ("Dr. Smith saw it. He left.", ["Dr. Smith saw it. ", "He left."]),
        ("See Fig. 3 for J. Doe.", ["See Fig. 3 for J. Doe."]),
        ("He said “no.” Then left.", ["He said “no.” ", "Then left."]),
        ("It grew by 3.5 percent. Good!", ["It grew by 3.5 percent. ", "Good!"]),
        ("河水上涨。人们离开了。", ["河水上涨。", "人们离开了。"]),
        ("ما هذا؟ كتاب", ["ما هذا؟ ", "كتاب"]),
        ("one\ntwo", ["one\n", "two"]),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_says_so(text, parts):
    ends = sentence_ends(text)
    assert [text[start:end] for start, end in zip([0, *ends], ends, strict=False)] == parts


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        ("A1:B2", "A3:B3", "A1:B3"),
        ("A1:B2", "C1:D2", "A1:D2"),
        ("A1:D9", "B2", "A1:D9"),
        ("A1:B2", "A4:B4", None),
        ("A1:B2", "B3:C3", None),
    ],
)
def test_ranges_are_joined_when_the_result_holds_nothing_else(first, second, joined):
    found = CellRange.parse(first).joined(CellRange.parse(second))
    assert (str(found) if found else None) == joined


@pytest.mark.parametrize("text", ["A1", "B2:D14", "AA10:AZ99", "XFD1048576"])
def test_ranges_are_written_as_they_are_read(text):
    assert str(CellRange.parse(text)) == text
    assert str(CellRange.parse(text.lower())) == text


@pytest.mark.parametrize("text", ["", "1A", "A0", "Sheet!A1", "A1:B2:C3"])
def test_what_is_no_range_is_refused(text):
    with pytest.raises(ValueError, match="no cell range"):
        CellRange.parse(text)
