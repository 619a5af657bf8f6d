"""A page as it was read, held against what is known of it."""

from __future__ import annotations

from pathlib import Path

from stepflow_assets.documents.geometry import Quad
from stepflow_assets.documents.page import Block, TextCell
from stepflow_assets.evals.goals import missed
from stepflow_assets.evals.reading import ReadDocument, ReadPage
from stepflow_assets.evals.scores import Scores
from stepflow_assets.evals.scoring import score
from stepflow_assets.evals.tables import Box
from stepflow_assets.evals.truth import TrueArea, TrueDocument, TruePage, TrueWord


def word(text: str, left: float, right: float, y: float) -> TrueWord:
    return TrueWord(text, (left, y), (right, y), (left, y - 0.01, right, y + 0.01))


def line(text: str, left: float, right: float, y: float) -> TextCell:
    return TextCell(text=text, quad=Quad.of_box(left, y - 0.01, right, y + 0.01))


def block(*lines: TextCell, furniture: bool = False) -> Block:
    return Block(
        id="b", order=0, kind="text", text="\n".join(item.text for item in lines), lines=lines, furniture=furniture
    )


def scored(truth: TruePage, *blocks: Block, route: str = "ocr") -> Scores:
    read = ReadDocument((ReadPage(1, route, 600, 600, blocks),))
    return score(TrueDocument(Path("a.pdf"), "scans", (truth,)), read)


WORDS = (word("The", 0.1, 0.15, 0.1), word("first", 0.17, 0.25, 0.1), word("Second", 0.1, 0.2, 0.2))
PICTURE = TruePage(1, layer=False, words=WORDS, text="The first\nSecond")


def test_a_page_read_as_it_is_has_no_errors() -> None:
    found = scored(PICTURE, block(line("The first", 0.1, 0.25, 0.1), line("Second", 0.1, 0.2, 0.2)))

    assert (found.characters.edits, found.word_order.edits, found.order.swapped) == (0, 0, 0)
    assert (found.words.recall, found.words.precision, found.beside) == (1.0, 1.0, 0)


def test_order_is_scored_apart_from_recognition() -> None:
    found = scored(PICTURE, block(line("Second", 0.1, 0.2, 0.2), line("The first", 0.1, 0.25, 0.1)))

    assert found.characters.edits == 0
    assert found.order.rate == 1.0


def test_where_a_running_header_comes_is_no_matter_of_order() -> None:
    header = block(line("The first", 0.1, 0.25, 0.1), furniture=True)

    assert scored(PICTURE, block(line("Second", 0.1, 0.2, 0.2)), header).order.rate is None


def test_nor_is_where_a_line_in_the_margin_comes() -> None:
    words = (*WORDS, word("7", 0.5, 0.52, 0.96))
    truth = TruePage(1, layer=False, words=words, text="The first\nSecond\n7")
    first = block(line("7", 0.5, 0.52, 0.96), line("The first", 0.1, 0.25, 0.1), line("Second", 0.1, 0.2, 0.2))

    assert scored(truth, first).order.rate == 0.0


def test_what_another_engine_read_is_shown_and_is_no_truth() -> None:
    read = ReadDocument((ReadPage(1, "ocr", 600, 600, (block(line("The first", 0.1, 0.25, 0.1)),)),))
    found = score(TrueDocument(Path("a.pdf"), "scans", text="The flrst", ordered=True, reference=True), read)

    assert found.reference.recall == 0.5
    assert (found.characters.rate, found.words.recall) == (None, None)


def test_a_line_that_was_not_read_is_missing_and_one_read_twice_is_too_much() -> None:
    twice = block(*[line("The first", 0.1, 0.25, 0.1)] * 2)
    found = scored(PICTURE, twice)

    assert found.characters.edits == len("The first") + len("Second")
    assert (found.words.recall, found.words.precision) == (2 / 3, 2 / 4)


def test_words_where_the_truth_knows_of_no_text_are_neither_right_nor_wrong() -> None:
    screenshot = block(line("OK Cancel", 0.4, 0.6, 0.7))
    found = scored(PICTURE, block(line("The first", 0.1, 0.25, 0.1), line("Second", 0.1, 0.2, 0.2)), screenshot)

    assert (found.words.precision, found.characters.edits, found.beside) == (1.0, 0, 2)


def test_pieces_that_touch_are_one_word() -> None:
    truth = TruePage(1, layer=False, words=(word("lib", 0.1, 0.15, 0.1), word("1", 0.15, 0.16, 0.1)))

    assert scored(truth, block(line("lib1", 0.1, 0.16, 0.1))).characters.edits == 0


def test_paragraphs_are_compared_by_their_areas() -> None:
    def area(box: Box, order: float, text: str) -> TrueArea:
        return TrueArea(box, order, text)

    truth = TruePage(
        1, layer=True, areas=(area((0, 0, 0.5, 1), 0, "left one left two"), area((0.5, 0, 1, 1), 1, "right"))
    )
    left = [line("left one", 0.1, 0.3, 0.1), line("left two", 0.1, 0.3, 0.2)]
    right = line("right", 0.6, 0.8, 0.1)

    good = scored(truth, block(*left), block(right), route="text")
    across = scored(truth, block(left[0], right, left[1]), route="text")

    assert (good.characters.edits, good.order.rate) == (0, 0.0)
    assert across.order.rate == 0.5


def test_a_picture_that_was_read_from_a_text_layer_is_wrongly_routed() -> None:
    assert scored(PICTURE, route="text").wrongly_text == 1
    assert scored(PICTURE, route="ocr").wrongly_text == 0
    assert scored(TruePage(1, layer=True), route="text").wrongly_text == 0


def test_what_was_not_read_is_named_and_misses_every_goal() -> None:
    read = ReadDocument((ReadPage(1, "ocr", 600, 600),), failures=("page 1: page.timeout",))
    found = score(TrueDocument(Path("a.pdf"), "scans", (PICTURE,)), read)

    assert found.failed == ("a.pdf: page 1: page.timeout",)
    assert {str(fault) for fault in missed({"scans": found})} == {
        "scans: wrongly_text ≤ 0 is not shown, 1 not read",
        "scans: evidence ≥ 1 is not shown, 1 not read",
    }
