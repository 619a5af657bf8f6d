"""Lines that fit a width, and what is looked at to find them."""

from __future__ import annotations

from stepflow_assets.evidence.fonts import Face
from stepflow_assets.evidence.text_lines import wrap


class Counting(Face):
    """Counts the characters it measures."""

    measured = 0

    def width(self, text: str) -> float:
        self.measured += len(text)
        return super().width(text)


def test_lines_fit_and_hold_the_whole_text() -> None:
    text, face = "one two " + "x" * 200 + " three", Face(20)
    lines = wrap(text, face, 300)
    assert all(face.width(text[line.start : line.end]) <= 300 for line in lines)
    assert "".join(text[line.start : line.end] for line in lines).replace(" ", "") == text.replace(" ", "")
    assert len(lines) < 15


def test_a_word_of_any_length_is_measured_a_line_at_a_time() -> None:
    face = Counting(20)
    lines = wrap("x" * 20_000, face, 1000)
    assert face.measured < 1500 * len(lines)


def test_a_character_wider_than_the_line_has_a_line_of_its_own() -> None:
    assert [(line.start, line.end) for line in wrap("abc", Face(40), 1)] == [(0, 1), (1, 2), (2, 3)]
