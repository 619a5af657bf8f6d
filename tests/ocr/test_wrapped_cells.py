"""Tables whose cells hold several lines."""

from __future__ import annotations

import pytest
from hand_set_pages import blocks, column, line, recognised

NUMBERS = (("89,200", "45,100"), ("15,400", "8,900"), ("5,600", "5,600"), ("3,100", "2,900"))
LABELS = (("Depreciation", "and", "amortization"), ("Stock", "compensation"), ("Merger costs",), ("Taxes", "on income"))


def tables(page):
    return [block.table for block in blocks(page) if block.table]


def ledger(*, pitch=11.0, gap=8.0, at=0.5):
    """Rows whose label is wrapped over up to three lines; the numbers stand at this share of the label's height."""
    page, y = [], 100.0
    for label, numbers in zip(LABELS, NUMBERS, strict=True):
        page += [line(text, 60, y + pitch * index, 8 * len(text), size=10) for index, text in enumerate(label)]
        middle = y + at * pitch * (len(label) - 1)
        page += [line(text, x, middle, 40, size=10) for text, x in zip(numbers, (250, 350), strict=True)]
        y += pitch * len(label) + gap
    return page


@pytest.mark.parametrize("at", [0.0, 0.5, 1.0], ids=["top", "middle", "bottom"])
@pytest.mark.parametrize("seen", [list, recognised], ids=["text layer", "recognised"])
def test_a_label_of_several_lines_is_one_cell_wherever_its_numbers_stand(seen, at):
    expected = tuple((" ".join(label), *numbers) for label, numbers in zip(LABELS, NUMBERS, strict=True))

    assert tables(seen(ledger(at=at))) == [expected]


def test_headings_of_two_lines_are_one_row():
    page = []
    for x, (upper, lower) in zip(
        (200, 300, 400), (("Cloud", "services"), ("Data", "centres"), ("All", "others")), strict=True
    ):
        page += [line(upper, x, 100, 50), line(lower, x, 111, 50)]
    for row in range(4):
        page += [line(f"Year {row}", 60, 140 + 24 * row, 50)]
        page += [line(f"{row}{x}", x, 140 + 24 * row, 30) for x in (200, 300, 400)]

    assert tables(page)[0][:2] == (
        ("", "Cloud services", "Data centres", "All others"),
        ("Year 0", "0200", "0300", "0400"),
    )


def test_rows_of_numbers_are_never_one_row_however_close_they_stand():
    page = []
    for row in range(6):
        y = 100 + 12 * row + 14 * (row // 2)  # in pairs
        page += [line(f"Item {row}", 60, y, 40), line(f"{row}1", 200, y, 20), line(f"{row}2", 300, y, 20)]

    assert [row[1] for row in tables(page)[0]] == ["01", "11", "21", "31", "41", "51"]


def test_a_total_whose_name_stands_beside_it_does_not_break_the_table():
    page = []
    for row, (name, amount) in enumerate([("Hours", "12000"), ("Licence", "8500"), ("Upkeep", "4500")]):
        page += [
            line(str(row), 60, 100 + 24 * row, 8),
            line(name, 90, 100 + 24 * row, 60),
            line(amount, 460, 100 + 24 * row, 40),
        ]
    page += [line("Total", 330, 176, 40), line("25000", 460, 176, 40)]

    assert tables(page)[0][-1] == ("", "Total", "25000")


def test_columns_that_a_recogniser_kept_apart_stay_apart_however_narrow_the_gutter():
    page = [
        line(text, x, 100 + 20 * row, 50, size=10)
        for row in range(4)
        for x, text in ((100, f"1.{row}"), (153, f"(0.{row}, 1.{row})"), (260, f"2.{row}"))
    ]

    assert {len(row) for row in tables(recognised(page))[0]} == {3}


def test_a_paragraph_below_a_table_is_not_its_last_row():
    page = [*ledger(), *column("after the table", 60, 240, 420, 3, pitch=12)]
    [table] = tables(page)

    assert table[-1] == ("Taxes on income", "3,100", "2,900")
