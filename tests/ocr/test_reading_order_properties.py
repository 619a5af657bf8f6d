"""Whatever the boxes: no line is lost and none is said twice."""

from __future__ import annotations

from collections import Counter

from hand_set_pages import HEIGHT, WIDTH, blocks, cell, turned
from hypothesis import given, settings
from hypothesis import strategies as st

TEXT = st.one_of(
    st.sampled_from(
        ["a", "1", "Figure 1. x", "• y", "word " * 9, "كلمة عربية", "人口", "12.", "Total 4", "-", "2.1 Results"]
    ),
    st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=30).filter(str.strip),
)
POINT = st.tuples(st.floats(0, WIDTH), st.floats(0, HEIGHT))


@st.composite
def boxes(draw):
    x, y = draw(POINT)
    width, height = draw(st.floats(0, 400)), draw(st.floats(0, 40))
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))


GRID_ALIGNED = st.builds(
    lambda column, row, width: (
        (60 * column, 15 * row),
        (60 * column + width, 15 * row),
        (60 * column + width, 15 * row + 11),
        (60 * column, 15 * row + 11),
    ),
    st.integers(0, 9),
    st.integers(0, 40),
    st.integers(5, 170),
)
ANY_QUAD = st.tuples(POINT, POINT, POINT, POINT)
CELL = st.builds(
    lambda text, corners, size, bold: cell(text, corners, font_size=size, bold=bold),
    TEXT,
    st.one_of(boxes(), GRID_ALIGNED, GRID_ALIGNED, ANY_QUAD),
    st.one_of(st.none(), st.floats(1, 60)),
    st.booleans(),
)
PAGES = st.lists(CELL, max_size=60)


@settings(max_examples=150, deadline=None)
@given(PAGES)
def test_every_line_is_in_exactly_one_block(page):
    numbered = [{**item, "index": index} for index, item in enumerate(page)]
    found = Counter(item["index"] for block in blocks(numbered) for item in block.cells)
    assert found == Counter(range(len(page)))


@settings(max_examples=60, deadline=None)
@given(PAGES)
def test_the_text_of_blocks_holds_the_letters_of_their_lines(page):
    for block in blocks(page):
        said = Counter(char for item in block.cells for char in item["text"] if char.isalnum())
        assert Counter(char for char in block.text if char.isalnum()) == said
        if block.table:
            assert Counter(char for row in block.table for text in row for char in text if char.isalnum()) == said
            assert len({len(row) for row in block.table}) == 1


@settings(max_examples=40, deadline=None)
@given(PAGES, st.floats(-180, 180))
def test_no_angle_loses_a_line(page, degrees):
    assert sum(len(block.cells) for block in blocks(turned(page, degrees))) == len(page)
