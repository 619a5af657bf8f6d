"""Assembly: what repeats in the margins goes, what a page break cut is joined, each unit knows its headings."""

from __future__ import annotations

import pytest
from hand_built_pages import LINE, page, paragraph, table

from stepflow_assets.chunks.anchors import PageAnchor
from stepflow_assets.chunks.assembly import assemble
from stepflow_assets.chunks.furniture import furniture
from stepflow_assets.chunks.units import line_starts
from stepflow_assets.documents.geometry import Quad
from stepflow_assets.documents.page import TextCell

BODY = "Something different stands in the body of every page."


def texts(*pages) -> list[str]:
    return [unit.text for unit in assemble(pages).units]


def book(margin, pages=5, **placing):
    """Pages with ``margin(number)`` at the top and a body of their own."""
    return [
        page(number, [paragraph(margin(number), **({"top": 0.03} | placing)), paragraph(f"{BODY} ({number})")])
        for number in range(1, pages + 1)
    ]


@pytest.mark.parametrize(
    "margin",
    [
        pytest.param(lambda n: "Annual Report", id="same text"),
        pytest.param(lambda n: f"Page {n} of 40", id="page number"),
        pytest.param(lambda n: f"{n + 118}", id="page number with an offset"),
        pytest.param(lambda n: ["i", "ii", "iii", "iv", "v"][n - 1], id="roman page number"),
        pytest.param(lambda n: "ANNUAL  report" if n % 2 else "Annual Report", id="other case and spacing"),
    ],
)
def test_what_repeats_in_the_margin_is_left_out_and_counted(margin):
    pages = book(margin)
    assembly = assemble(pages)
    assert [unit.text for unit in assembly.units] == [f"{BODY} ({n})" for n in range(1, 6)]
    assert assembly.furniture == 5
    assert assembly.furniture_words == sum(len(margin(n).split()) for n in range(1, 6))


@pytest.mark.parametrize(
    ("margin", "placing", "pages"),
    [
        pytest.param(lambda n: "Annual Report", {"top": 0.4}, 5, id="in the body"),
        pytest.param(lambda n: "Annual Report", {}, 2, id="on two pages only"),
        pytest.param(
            lambda n: f"Chapter {n * n}", {"kind": "section_header"}, 5, id="numbers that do not follow the pages"
        ),
        pytest.param(lambda n: ["one", "two", "three", "four", "five"][n - 1], {}, 5, id="different texts"),
    ],
)
def test_what_does_not_run_through_the_pages_is_kept(margin, placing, pages):
    assert not furniture(book(margin, pages, **placing))


def test_alternating_headers_of_left_and_right_pages_are_both_found():
    assert len(furniture(book(lambda n: "Left page" if n % 2 else "Right page", pages=6))) == 6


def test_a_header_at_another_height_is_not_the_running_header():
    pages = [page(n, [paragraph("Summary", top=0.01 + 0.03 * n), paragraph(f"{BODY} ({n})")]) for n in (1, 2, 3)]
    assert not furniture(pages)


def test_a_document_that_only_repeats_itself_is_not_all_furniture():
    pages = [page(n, [paragraph("Alder trees stand by the river.", top=0.05)]) for n in range(1, 6)]
    assert not furniture(pages)


def test_what_page_analysis_marked_as_furniture_is_left_out():
    blocks = [paragraph("Confidential", kind="page_footer"), paragraph("7", furniture=True), paragraph("Text.")]
    assembly = assemble([page(1, blocks)])
    assert [unit.text for unit in assembly.units] == ["Text."]
    assert assembly.furniture == 2


@pytest.mark.parametrize(
    ("end", "begin", "joined"),
    [
        ("the river rose", "and fell again.", "the river rose and fell again."),
        ("an inter-", "national agreement", "an international agreement"),
        ("an inter\u00ad", "national agreement", "an international agreement"),
        ("The river rose.", "and fell again.", None),
        ("the river rose", "And fell again.", None),
        ("the following:", "and fell again.", None),
    ],
)
def test_a_paragraph_goes_on_over_a_page_break_when_its_text_does(end, begin, joined):
    found = texts(page(1, [paragraph("First line of it", end)]), page(2, [paragraph(begin)]))
    first = f"First line of it {end}"
    assert found == ([f"First line of it {joined}"] if joined else [first, begin])


def test_ideographs_are_joined_without_a_space_when_the_last_line_is_full():
    found = texts(page(1, [paragraph("河水在春天里上涨，", "人们看到水位在夜里")]), page(2, [paragraph("又上升了。")]))
    assert found == ["河水在春天里上涨， 人们看到水位在夜里又上升了。"]


def test_the_document_itself_decides_whether_a_hyphen_belongs_to_the_word():
    pages = [
        page(1, [paragraph("A well-known fact.", top=0.2), paragraph("this is a well-")]),
        page(2, [paragraph("known fact")]),
    ]
    assert texts(*pages)[-1] == "this is a well-known fact"


def test_a_joined_paragraph_keeps_the_places_of_both_halves():
    first, second = paragraph("it rose", "and rose"), paragraph("and fell again.", top=0.08)
    [unit] = assemble([page(1, [first]), page(2, [second])]).units
    anchors = [span.anchor for span in unit.spans]
    assert [anchor.page for anchor in anchors if isinstance(anchor, PageAnchor)] == [1, 1, 2]
    assert [quad for anchor in anchors for quad in anchor.quads] == [
        first.lines[0].quad,
        first.lines[1].quad,
        second.lines[0].quad,
    ]
    assert "".join(unit.text[span.start : span.end] for span in unit.spans).split() == unit.text.split()


def test_a_paragraph_may_run_over_three_pages():
    found = texts(page(1, [paragraph("it rose")]), page(2, [paragraph("and rose")]), page(3, [paragraph("and fell.")]))
    assert found == ["it rose and rose and fell."]


def test_a_header_of_a_small_page_on_large_paper_is_found_where_nothing_stands_above_it():
    assert len(furniture(book(lambda n: f"{n} C. Auer, et al.", top=0.15))) == 5


@pytest.mark.parametrize("aside", ["7", "- 12 -", "arXiv:2305.1 [cs.CV] 24 May"])
def test_page_numbers_and_text_up_the_margin_are_passed_over(aside):
    between = paragraph(aside, top=0.9)
    if "arXiv" in aside:
        upwards = Quad.model_validate({"points": [(0.03, 0.7), (0.03, 0.2), (0.06, 0.2), (0.06, 0.7)]})
        line = TextCell(text=aside, quad=upwards)
        between = between.model_copy(update={"quad": upwards, "lines": (line,)})
    found = texts(page(1, [paragraph("it rose"), between]), page(2, [paragraph("and fell.")]))
    assert found == ["it rose and fell.", aside]


@pytest.mark.parametrize("between", ["footnote", "picture", "caption", "table"])
def test_a_float_between_the_halves_does_not_part_them(between):
    middle = table([["a", "b"]]) if between == "table" else paragraph("A note.", kind=between, top=0.8)
    found = texts(page(1, [paragraph("it rose"), middle]), page(2, [paragraph("and fell.")]))
    assert found[0] == "it rose and fell."
    assert len(found) == 2


def test_a_heading_between_the_halves_parts_them():
    heading = paragraph("Floods", kind="section_header", top=0.8)
    assert len(texts(page(1, [paragraph("it rose"), heading]), page(2, [paragraph("and fell.")]))) == 3


def test_a_lost_page_between_the_halves_parts_them():
    assert len(texts(page(1, [paragraph("it rose")]), page(3, [paragraph("and fell.")]))) == 2


def test_a_column_break_is_joined_but_the_next_paragraph_of_a_column_is_not():
    left = paragraph("it rose", top=0.8, left=0.1, right=0.45)
    below = paragraph("and fell.", top=0.85, left=0.1, right=0.45)
    right = paragraph("and fell.", top=0.1, left=0.55, right=0.9)
    assert len(texts(page(1, [left, below]))) == 2
    assert texts(page(1, [left, right])) == ["it rose and fell."]


def test_units_stand_under_their_heading_path():
    blocks = [
        paragraph("Report", kind="title"),
        paragraph("Rivers", kind="section_header", level=1),
        paragraph("North", kind="section_header", level=2),
        paragraph("It rose."),
        paragraph("Lakes", kind="section_header", level=1),
        paragraph("They froze."),
    ]
    headings = {unit.text: unit.headings for unit in assemble([page(1, blocks)]).units}
    assert headings["It rose."] == ("Report", "Rivers", "North")
    assert headings["They froze."] == ("Report", "Lakes")
    assert headings["North"] == ("Report", "Rivers", "North")


@pytest.mark.parametrize(
    ("text", "lines", "starts"),
    [
        ("one two three", ["one two", "three"], [0, 8]),
        ("international law", ["inter-", "national law"], [0, 5]),
        ("one  two\nthree", ["one two", "three"], [0, 9]),
        ("ein Wort", ["ein", "anderes Wort"], []),
        ("one two three", ["one two"], []),
        ("one", [], []),
    ],
)
def test_lines_are_found_in_the_text_of_their_block(text, lines, starts):
    cells = [
        TextCell(text=line, quad=Quad.of_box(0.1, 0.1 + i * LINE, 0.9, 0.1 + i * LINE)) for i, line in enumerate(lines)
    ]
    assert line_starts(text, cells) == starts
