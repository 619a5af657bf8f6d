"""Text layer and recognition of one page, put together."""

from __future__ import annotations

import pytest
from hand_set_pages import line, recognised

from stepflow_assets.documents.page import Route
from stepflow_assets.ocr.merging import not_in_layer, script_unread
from stepflow_assets.ocr.page_blocks import _chosen

LAYER = [line("The first line of the layer", 60, 100, 300), line("28", 60, 760, 8, size=6)]
HANGUL = [line("차세대 데이터 보안 기술", 60, 100, 200), line("미래 유망 보안기술 도출", 60, 120, 200)]


def texts(cells):
    return [item["text"] for item in cells]


def test_a_line_that_the_layer_covers_is_not_said_twice():
    seen = recognised([line("The flrst line of the layer", 58, 98, 304)])

    assert not_in_layer(seen, LAYER) == []


def test_a_line_of_a_picture_is_added():
    seen = recognised([line("only in the picture", 60, 300, 200)])

    assert texts(not_in_layer(seen, LAYER)) == ["only in the picture"]


@pytest.mark.parametrize(("text", "added"), [("28", []), ("29", ["29"])])
def test_a_short_line_in_a_wide_box_is_known_by_what_it_says(text, added):
    seen = recognised([line(text, 52, 752, 24, size=18)])

    assert texts(not_in_layer(seen, LAYER)) == added


def test_the_same_words_elsewhere_on_the_page_are_added():
    seen = recognised([line("first line", 60, 400, 80)])

    assert texts(not_in_layer(seen, LAYER)) == ["first line"]


def test_a_damaged_layer_in_a_script_that_recognition_does_not_read_is_better_than_what_it_made_up():
    seen = recognised([line("ddd nextal", 60, 100, 200)])

    assert script_unread(seen, HANGUL)
    assert _chosen(Route.OCR, HANGUL, seen, []).cells == HANGUL


def test_a_damaged_layer_in_letters_that_recognition_reads_is_replaced():
    damaged, seen = [line("Gdpdjhg ohwwhuv", 60, 100, 200)], recognised([line("Damaged letters", 60, 100, 200)])

    assert _chosen(Route.OCR, damaged, seen, []).cells == seen
