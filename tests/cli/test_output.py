"""What a document says does not steer the terminal."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from stepflow_assets.cli.output import plain, print_table
from stepflow_assets.cli.search import emphasised, print_hit

HOSTILE = "\x1b[31mred\x1b]0;owned\x07 \x9b2J text\r\x08"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb\nc", "a\tb\nc"),
        (HOSTILE, "[31mred]0;owned 2J text"),
        ("Übergröße 人口", "Übergröße 人口"),
        ("a\x7fb", "ab"),
    ],
)
def test_control_characters_are_left_out(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_the_found_words_of_a_snippet_are_the_only_ones_in_bold() -> None:
    assert emphasised("a\n\x1b[1m \x02word\x03 \x07b") == "a [1m \x1b[1mword\x1b[22m b"


def test_a_hit_and_a_table_hold_no_control_sequence_of_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    hit = SimpleNamespace(
        document_id=f"docs:{HOSTILE}", chunk=SimpleNamespace(places=()), snippet=HOSTILE, chunk_id="c", score=1.0
    )
    print_hit(1, hit)
    print_table(["headings"], [[HOSTILE]])
    shown = capsys.readouterr().out
    assert "red]0;owned" in shown
    assert not any(mark in shown for mark in ("\x1b[31m", "\x1b]", "\x07", "\x9b", "\x08"))
