"""Known values of the figures: characters, words, order, tables."""

from __future__ import annotations

import pytest

from stepflow_assets.evals.order import Disorder, disorder
from stepflow_assets.evals.tables import MOST_CELLS, Cell, Table, TablesFound, grid, tables_found, teds
from stepflow_assets.evals.texts import Errors, character_errors, normal, word_errors, words_found


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("“quoted” – it’s", '"quoted" - it\'s'),
        ("ﬁnal ２０２６", "final 2026"),
        ("seg-\nmentation", "segmentation"),
        ("seg\ufffementation", "segmentation"),
        ("well-\n2026", "well- 2026"),  # a number is no second half of a word
        ("• an item", "an item"),
        ("Contents ........ 7", "Contents 7"),
        ("named , as follows :", "named, as follows:"),
    ],
)
def test_typography_is_not_scored(text: str, same: str) -> None:
    assert normal(text) == same


@pytest.mark.parametrize(
    ("truth", "text", "characters", "words"),
    [
        ("the cat sat", "the cat sat", (0, 11), (0, 3)),
        ("the cat sat", "the cot sat", (1, 11), (1, 3)),
        ("the cat sat", "thecat sat", (1, 11), (2, 3)),
        ("the cat sat", "", (11, 11), (3, 3)),
        ("", "made up", (7, 0), (2, 0)),
    ],
)
def test_errors_are_edits_and_the_length_of_the_truth(
    truth: str, text: str, characters: tuple[int, int], words: tuple[int, int]
) -> None:
    assert character_errors(truth, text) == Errors(*characters)
    assert word_errors(truth, text) == Errors(*words)


def test_errors_of_pages_add_up_by_length_and_not_by_page() -> None:
    assert (Errors(1, 10) + Errors(0, 90)).rate == 0.01
    assert Errors().rate is None


def test_words_are_counted_with_repeats_and_without_order_or_case() -> None:
    found = words_found(["One fish, two fish"], ["fish two", "ONE red"])

    assert (found.recall, found.precision) == (3 / 4, 3 / 4)


@pytest.mark.parametrize(
    ("positions", "rate"),
    [([0, 1, 2, 3], 0.0), ([3, 2, 1, 0], 1.0), ([0, 2, 1, 3], 1 / 6), ([2, 3, 0, 1], 4 / 6), ([0, 0, 1, 1], 0.0)],
)
def test_disorder_is_the_share_of_pairs_the_wrong_way_round(positions: list[float], rate: float) -> None:
    assert disorder(positions).rate == pytest.approx(rate)


def test_things_of_equal_place_are_no_pair() -> None:
    assert disorder([1, 1, 1]) == Disorder(0, 0)
    assert disorder([1, 0, 1]) == Disorder(1, 2)


ROWS = [["Name", "Age"], ["Ada", "36"], ["Alan", "41"]]


def test_teds_of_equal_tables_is_one() -> None:
    assert teds(grid(ROWS), grid(ROWS)) == 1.0


def test_teds_falls_with_each_permutation_of_the_rows() -> None:
    swapped = teds(grid(ROWS), grid([ROWS[0], ROWS[2], ROWS[1]]))
    turned = teds(grid(ROWS), grid(ROWS[::-1]))

    assert 1.0 > swapped > turned > 0.0


def test_teds_counts_a_missing_row_a_wrong_cell_and_a_lost_span() -> None:
    assert teds(grid(ROWS), grid(ROWS[:2])) == pytest.approx(1 - 3 / 10)  # a row and its two cells, of ten nodes
    assert teds(grid([["abcd"]]), grid([["abcx"]])) == pytest.approx(1 - 0.25 / 3)
    spanning = Table((Cell(0, 0, "Total", columns=2),))
    assert teds(spanning, grid([["Total"]])) == pytest.approx(1 - 1 / 3)


def test_of_a_very_large_table_as_many_rows_are_compared_as_time_allows() -> None:
    rows = [[str(10 * y + x) for x in range(10)] for y in range(MOST_CELLS // 5)]
    changed = [*rows[:-1], ["?"] * 10]

    assert teds(grid(rows), grid(changed)) == 1.0


def test_a_table_is_found_where_it_shares_most_of_its_box() -> None:
    truth = [grid(ROWS, (0.1, 0.1, 0.9, 0.3)), grid(ROWS, (0.1, 0.6, 0.9, 0.8))]
    read = [grid(ROWS, (0.1, 0.11, 0.9, 0.31)), grid(ROWS, (0.1, 0.75, 0.9, 0.95))]

    assert tables_found(truth, read) == TablesFound(true=2, found=1, extra=1, likeness=1.0)
    assert tables_found(truth, read).teds == 0.5
