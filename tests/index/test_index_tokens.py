"""Token rules of the embedded index: what a text is found by, and that no query can be misunderstood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepflow_assets.resources.embedded_index.snippets import END, START, WIDTH, snippet
from stepflow_assets.resources.embedded_index.tokens import document_tokens, fold, number, query_terms


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Hello, World!", [("hello",), ("world",)]),
        ("snake_case", [("snake",), ("case",)]),
        ("B12 H2O", [("b12",), ("h2o",)]),
        ("人口増", [("人", "人口"), ("口", "口増"), ("増",)]),
        ("5G基地", [("5g",), ("基", "基地"), ("地",)]),
        ("4,711.50", [("4", "4711", "471150"), ("711",), ("50",)]),
        ("12.5km", [("12", "125"), ("5",), ("km",)]),
        ("end. 3 begins", [("end",), ("3",), ("begins",)]),
        ("２０２６年", [("2026",), ("年",)]),
        ("…—!?😀", []),
    ],
)
def test_tokens_of_a_document(text: str, tokens: list[tuple[str, ...]]) -> None:
    assert list(document_tokens(text)) == tokens


@pytest.mark.parametrize(
    ("text", "joined", "whole"),
    [
        ("4711", "4711", None),
        ("4,711", "4711", None),
        ("4.711.000", "4711000", None),
        ("4,711.500", "4711500", "4711"),
        ("3.14", "314", "3"),
        ("1'234'567.8", "12345678", "1234567"),
    ],
)
def test_numbers_know_their_spellings(text: str, joined: str, whole: str | None) -> None:
    found = number(text)
    assert (found.joined, found.whole) == (joined, whole)


@pytest.mark.parametrize("spelling", ["Müller", "MÜLLER", "Mu\u0308ller", "ｍüｌｌｅｒ", "Mül\u00adler"])
def test_spellings_of_one_word_fold_to_one(spelling: str) -> None:
    assert fold(spelling) == "muller"


def test_marks_that_make_another_letter_are_kept() -> None:
    assert fold("का") != fold("क")
    assert next(document_tokens("が"))[0] != next(document_tokens("か"))[0]


@given(st.text())
def test_tokens_hold_nothing_a_query_could_break_on(text: str) -> None:
    tokens = [token for position in document_tokens(text) for token in position]
    tokens += [token for term in query_terms(text) for phrase in term.alternatives for token in phrase]
    assert all(token and not set(token) & set(' "*^():\x00') for token in tokens)


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1))
def test_every_text_is_found_by_itself(text: str) -> None:
    tokens = {token for position in document_tokens(text) for token in position}
    for term in query_terms(text):
        assert any(len(phrase) > 1 or phrase[0] in tokens for phrase in term.alternatives)


@given(st.text(max_size=2000), st.text(max_size=40))
def test_a_snippet_is_balanced_short_and_from_the_text(text: str, query: str) -> None:
    shown = snippet(text, query_terms(query))
    depth = 0
    for char in shown:
        depth += (char == START) - (char == END)
        assert depth in (0, 1)
    assert depth == 0
    assert len(shown) <= WIDTH * 2
    plain = shown.replace(START, "").replace(END, "").strip("…")
    assert "".join(plain.split()) in "".join(text.replace(START, " ").replace(END, " ").split())
