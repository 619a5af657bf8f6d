"""In which order a page is read, from geometry alone."""

from __future__ import annotations

import random

import pytest
from hand_set_pages import cell, column, line, order, recognised, turned

LEFT, RIGHT = column("left", 50, 150, 230, 30), column("right", 320, 150, 230, 30)
TITLE = line("A title across both of the columns", 120, 80, 360, size=18)
TWO_COLUMNS = [TITLE, *LEFT, *RIGHT]


def texts(cells):
    return [item["text"] for item in cells]


def shuffled(cells, seed=7):
    mixed = list(cells)
    random.Random(seed).shuffle(mixed)
    return mixed


def test_columns_are_read_one_after_the_other_below_a_title_across_both():
    assert order(shuffled(TWO_COLUMNS)) == texts(TWO_COLUMNS)


@pytest.mark.parametrize("degrees", [-5, -2.5, -0.8, 0.8, 2.5, 5, 90, 180, 270, 92])
def test_a_skewed_or_turned_page_is_read_in_the_same_order(degrees):
    assert order(shuffled(turned(recognised(TWO_COLUMNS), degrees))) == texts(TWO_COLUMNS)


def test_columns_whose_lines_are_not_level_stay_apart():
    right = column("right", 320, 156, 230, 27, pitch=15.5)
    assert order(shuffled([*LEFT, *right])) == texts([*LEFT, *right])


def test_a_wide_figure_caption_ends_the_columns_above_it():
    above = column("upper left", 50, 100, 230, 12) + column("upper right", 320, 100, 230, 12)
    caption = line("Figure 1. What is shown here concerns both of the columns.", 50, 300, 500)
    below = column("lower left", 50, 340, 230, 12) + column("lower right", 320, 340, 230, 12)
    page = [*above, caption, *below]
    assert order(shuffled(page)) == texts(page)


def test_three_columns_below_two():
    upper = column("A", 50, 80, 240, 10) + column("B", 310, 80, 240, 10)
    lower = column("C", 50, 300, 155, 10) + column("D", 220, 300, 155, 10) + column("E", 390, 300, 160, 10)
    assert order(shuffled([*upper, *lower])) == texts([*upper, *lower])


def test_a_page_number_below_the_gutter_does_not_tie_the_columns_together():
    number = line("47", 294, 150 + 30 * 14 + 6, 10)
    assert order(shuffled([*LEFT, *RIGHT, number])) == texts([*LEFT, *RIGHT, number])


def test_labels_of_a_chart_in_one_column_do_not_tie_the_columns_together():
    labels = [line(str(60 - 20 * row), 326, 196 + 30 * row, 7, size=5) for row in range(3)]
    right = column("right", 320, 150, 230, 3) + labels + column("below", 320, 290, 230, 15)
    read = order(shuffled([*LEFT, *right]))
    assert read[: len(LEFT)] == texts(LEFT)
    assert sorted(read[len(LEFT) :]) == sorted(texts(right))


def test_a_heading_inside_a_column_stays_there():
    heading = line("2 Method", 320, 150 + 30 * 14 + 10, 60, size=13)
    more = column("more", 320, 150 + 32 * 14, 230, 5)
    assert order(shuffled([*LEFT, *RIGHT, heading, *more])) == texts([*LEFT, *RIGHT, heading, *more])


def test_columns_of_a_right_to_left_page_are_read_from_the_right():
    words = "كلمات عربية في سطر طويل رقم"
    right = [line(f"{words} {row}", 320, 100 + 14 * row, 230) for row in range(10)]
    left = [line(f"{words} {row + 50}", 50, 100 + 14 * row, 230) for row in range(10)]
    assert order(shuffled([*left, *right])) == texts([*right, *left])


def test_a_line_up_the_margin_is_read_after_the_page():
    margin = cell("printed up the margin of the page", ((20, 600), (20, 300), (32, 300), (32, 600)), font_size=10)
    assert order([margin, *LEFT]) == texts([*LEFT, margin])


def test_rows_of_a_table_are_read_across():
    table = [
        line(text, x, 200 + 16 * row, 12 + 5 * len(text))
        for row, values in enumerate([("Name", "Age", "City"), ("Ada", "36", "London"), ("Alan", "41", "Wilmslow")])
        for text, x in zip(values, (80, 250, 400), strict=True)
    ]
    assert order(shuffled(table)) == texts(table)


def test_terms_beside_their_explanations_are_read_across():
    page = []
    for row in range(5):
        page.append(line(f"A term of the glossary {row}", 50, 100 + 42 * row, 150))
        page += column(f"said of it {row}:", 230, 100 + 42 * row, 320, 3)
    assert order(shuffled(page)) == texts(page)


def test_one_column_of_ragged_lines_is_read_top_down():
    page = [
        line(f"Line {row:02d} " + "w" * (row * 7 % 40), 60, 60 + 14 * row, 60 + (row * 7 % 40) * 9) for row in range(40)
    ]
    assert order(shuffled(page)) == texts(page)


@pytest.mark.parametrize("degrees", [-4, 3, 90, 180, 270])
def test_a_right_to_left_page_that_lies_askew_or_turned_is_read_from_the_right(degrees):
    words = "كلمات عربية في سطر طويل رقم"
    right = [line(f"{words} {row}", 320, 100 + 14 * row, 230) for row in range(10)]
    left = [line(f"{words} {row + 50}", 50, 100 + 14 * row, 230) for row in range(10)]
    assert order(shuffled(turned(recognised([*left, *right]), degrees))) == texts([*right, *left])


def test_rows_of_a_right_to_left_table_are_read_from_the_right():
    table = [
        line(text, x, 200 + 16 * row, 60)
        for row, values in enumerate(
            [("الاسم", "العمر", "المدينة"), ("أحمد", "ثلاثون", "بغداد"), ("ليلى", "عشرون", "دمشق")]
        )
        for text, x in zip(values, (440, 260, 80), strict=True)
    ]
    assert order(shuffled(table)) == texts(table)


def test_a_page_whose_lines_fan_out_is_read_in_the_same_order():
    """A photographed page: the angle of its lines goes from one side to the other down the page."""
    fanned = [turned([item], -2 + 4 * item["quad"]["points"][0][1])[0] for item in recognised(TWO_COLUMNS)]
    assert order(shuffled(fanned)) == texts(TWO_COLUMNS)


def test_footnotes_across_the_page_follow_both_columns():
    left, right = column("left", 50, 150, 230, 35), column("right", 320, 150, 230, 35)
    notes = [{**item, "font_size": 8} for item in column("footnote", 50, 700, 500, 3, pitch=11)]
    page = [TITLE, *left, *right, *notes]
    assert order(shuffled(page)) == texts(page)
