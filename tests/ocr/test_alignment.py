"""Blocks of an engine without geometry get their boxes from detected lines, and only from lines that say the same."""

from __future__ import annotations

import random
import textwrap
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from stepflow_assets.documents.geometry import Quad, hull
from stepflow_assets.documents.page import Confidence, TextCell
from stepflow_assets.documents.recognized import RecognizedBlock
from stepflow_assets.ocr.alignment import aligned
from stepflow_assets.ocr.protocol import OcrPage, PageStatus

WORDS = (
    "river",
    "stone",
    "lamp",
    "contract",
    "window",
    "apple",
    "broad",
    "market",
    "singer",
    "tower",
    "green",
    "paper",
)


def line(text, column=0, row=0, value=0.9, kind="ctc_char_mean"):
    left = 0.05 + 0.5 * column
    return TextCell(
        text=text,
        quad=Quad.of_box(left, 0.02 * row, left + 0.4, 0.02 * row + 0.015),
        confidence=Confidence(value=value, kind=kind),
    )


def page(*texts):
    return OcrPage(PageStatus.OK, blocks=tuple(RecognizedBlock(kind="text", text=text) for text in texts))


def quads(result):
    return [block.quad for block in result.blocks]


@st.composite
def set_pages(draw):
    """Blocks in columns, each set as lines: (texts of the blocks, their lines in the same order)."""
    pick = random.Random(draw(st.integers(0, 10_000)))
    texts, lines, words = [], [], iter(range(100, 1000))
    for column in range(draw(st.integers(1, 2))):
        row = 0
        for _ in range(draw(st.integers(1, 4))):
            text = " ".join(f"{pick.choice(WORDS)}{next(words)}" for _ in range(pick.randrange(1, 25)))
            texts.append(text)
            wrapped = textwrap.wrap(text, 40)
            lines.append([line(part, column, row + at) for at, part in enumerate(wrapped)])
            row += len(wrapped) + 1
    return texts, lines


@settings(max_examples=60, deadline=None)
@given(set_pages(), st.randoms(use_true_random=False))
def test_whatever_the_order_of_the_lines_each_block_gets_the_hull_of_its_own(made, order):
    texts, lines = made
    mixed = [item for own in lines for item in own]
    order.shuffle(mixed)
    assert quads(aligned(page(*texts), mixed)) == [hull(item.quad for item in own) for own in lines]


@settings(max_examples=60, deadline=None)
@given(set_pages())
def test_lines_that_come_row_by_row_go_to_blocks_that_come_column_by_column(made):
    texts, lines = made
    rows = sorted((item for own in lines for item in own), key=lambda item: (item.quad.box[1], item.quad.box[0]))
    assert quads(aligned(page(*texts), rows)) == [hull(item.quad for item in own) for own in lines]


@settings(max_examples=60, deadline=None)
@given(set_pages(), st.integers(0, 10_000))
def test_misread_letters_and_lost_spaces_do_not_move_a_box(made, seed):
    texts, lines = made
    pick = random.Random(seed)

    def misread(item):
        text = list(item.text.replace(" ", "") if pick.random() < 0.5 else item.text)
        if len(text) >= 12:
            text[pick.randrange(len(text))] = "#"
        return item.model_copy(update={"text": "".join(text)})

    noisy = [misread(item) for own in lines for item in own]
    assert quads(aligned(page(*texts), noisy)) == [hull(item.quad for item in own) for own in lines]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.text(max_size=40), max_size=8),
    st.lists(st.builds(line, st.text(max_size=25), st.integers(0, 1), st.integers(0, 45)), max_size=20),
)
def test_nothing_but_quad_and_confidence_changes_and_boxes_are_hulls_of_lines(texts, lines):
    before = page(*texts)
    after = aligned(before, lines)
    corners = {edge for item in lines for edge in item.quad.box}
    for old, new in zip(before.blocks, after.blocks, strict=True):
        assert new.model_copy(update={"quad": None, "confidence": None}) == old
        assert new.quad is None or set(new.quad.box) <= corners


def test_repeated_lines_go_each_to_its_own_block():
    texts = ["Apples from the orchard\nTotal 5", "Pears from the market\nTotal 5", "Plums from the tower\nTotal 5"]
    lines = [
        line(part, 0, 5 * at + below) for at, text in enumerate(texts) for below, part in enumerate(text.split("\n"))
    ]
    assert quads(aligned(page(*texts), lines)) == [hull(item.quad for item in lines[at : at + 2]) for at in (0, 2, 4)]


def test_a_line_that_both_columns_say_goes_to_the_column_it_is_in():
    left = [line(text, 0, row) for row, text in enumerate(("short text left", "Total", "end of it"))]
    right = [
        line(text, 1, row) for row, text in enumerate(("much longer text on the right", "Total", "and its own end"))
    ]
    rows = [item for pair in zip(left, right, strict=True) for item in pair]
    texts = [" ".join(item.text for item in column) for column in (left, right)]
    assert quads(aligned(page(*texts), rows)) == [hull(item.quad for item in column) for column in (left, right)]


def test_a_block_that_no_line_says_gets_no_box():
    result = aligned(page("An invented sentence about nothing here", ""), [line("river stone lamp"), line("12")])
    assert quads(result) == [None, None]
    assert [block.confidence for block in result.blocks] == [None, None]


def test_one_line_of_many_is_too_little_to_say_where_a_block_is():
    said = " ".join(f"{word} number {at}" for at, word in enumerate(WORDS))
    assert quads(aligned(page(said), [line("river number 0")])) == [None]


def test_a_short_line_fits_whole_words_only():
    assert quads(aligned(page("1985"), [line("5")])) == [None]
    assert quads(aligned(page("Page 5"), [line("5"), line("Page", 0, 1)]))[0] is not None


def test_without_lines_or_blocks_nothing_changes():
    assert aligned(page("some text"), []) == page("some text")
    assert aligned(page(), [line("some text")]) == page()


def test_confidence_comes_from_the_lines_with_its_kind_weighted_by_letters():
    result = aligned(page("abcdefgh ij"), [line("abcdefgh", value=1.0), line("ij", row=1, value=0.5)])
    assert result.blocks[0].confidence == Confidence(value=0.9, kind="ctc_char_mean")


def test_an_engines_own_confidence_and_box_are_kept():
    own = Confidence(value=0.4, kind="token_prob_page")
    box = Quad.of_box(0, 0, 1, 0.1)
    blocks = (
        RecognizedBlock(kind="title", text="river stone", quad=box),
        RecognizedBlock(kind="text", text="river stone", confidence=own),
    )
    below = line("river stone", row=20)
    after = aligned(OcrPage(PageStatus.OK, blocks=blocks), [line("river stone", row=1), below])
    assert after.blocks == (blocks[0], blocks[1].model_copy(update={"quad": below.quad}))


def test_lines_with_confidences_of_two_kinds_give_none():
    lines = [line("river stone"), line("lamp contract", row=1, kind="tess_word")]
    assert aligned(page("river stone lamp contract"), lines).blocks[0].confidence is None


def test_a_dense_table_of_equal_numbers_is_aligned_in_seconds():
    cells = ["0.0", "1", "12"] * 200
    lines = [
        TextCell(text=text, quad=Quad.of_box(0.01 * (at % 30), 0.02 * (at // 30), 1, 1))
        for at, text in enumerate(cells)
    ]
    start = time.process_time()
    (block,) = aligned(page(" ".join(cells)), lines).blocks
    assert time.process_time() - start < 3.0
    assert block.quad == hull(item.quad for item in lines)
