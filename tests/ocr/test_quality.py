"""When an answer counts as a failure of its provider."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from pictures import page, photograph, saved
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from stepflow_assets.documents.geometry import Quad
from stepflow_assets.documents.page import Confidence, TextCell
from stepflow_assets.documents.recognized import RecognizedBlock, RecognizedCell
from stepflow_assets.ocr.ink import text_like_marks
from stepflow_assets.ocr.protocol import OcrPage, PageStatus, Picture, mean_confidence
from stepflow_assets.ocr.quality import TAKEN_AS_IT_IS, QualityRules, fault_of, repeated_share

RULES = QualityRules()
PROSE = (
    "The keeper of the lighthouse wrote down the weather every morning at six, and again when the lamp was lit. On the "
    "third of March the wind turned to the north, and no boat left the harbour for eleven days. He counted 1482 ships."
)


def said(*lines: str, confidence: float = 0.95) -> OcrPage:
    quad, sure = Quad.of_box(0.1, 0.1, 0.9, 0.2), Confidence(value=confidence, kind="ctc_char_mean")
    cells = tuple(TextCell(text=text, quad=quad, confidence=sure) for text in lines)
    return OcrPage(PageStatus.OK if lines else PageStatus.BLANK, cells, confidence=confidence if lines else None)


@pytest.fixture
def letter(tmp_path):
    return Picture(saved(page(), tmp_path))


def test_a_readable_answer_is_taken(letter):
    assert fault_of(said(PROSE), letter, RULES) is None


def test_no_text_on_a_page_with_writing_is_a_failure(letter):
    assert "ink but no text" in (fault_of(said(), letter, RULES) or "")


def test_a_few_letters_for_a_page_of_writing_are_a_failure(letter):
    assert "hardly any text" in (fault_of(said("S", "i", "."), letter, RULES) or "")


def test_a_page_with_one_word_is_read(tmp_path):
    assert fault_of(said("Appendix"), Picture(saved(page(["Appendix"]), tmp_path)), RULES) is None


def test_answers_without_any_letter_are_no_text(letter):
    assert "ink but no text" in (fault_of(said("…", "--"), letter, RULES) or "")


@pytest.mark.parametrize("shade", [255, 0, 200])
def test_no_text_on_an_empty_page_is_blank(tmp_path, shade):
    picture = Picture(saved(Image.new("RGB", (800, 1000), (shade,) * 3), tmp_path))
    assert fault_of(said(), picture, RULES) is None


def test_no_text_on_a_photograph_is_blank(tmp_path):
    assert fault_of(said(), Picture(saved(photograph(), tmp_path)), RULES) is None


def test_specks_rules_and_dark_edges_of_a_scan_are_not_writing(tmp_path):
    scan = Image.new("L", (1000, 1400), 250)
    pen = ImageDraw.Draw(scan)
    pen.rectangle((0, 0, 20, 1400), fill=10)
    for row in range(5):
        pen.line((100, 200 * row + 100, 900, 200 * row + 100), fill=0, width=3)
        pen.point((300, 150 + row * 80), fill=0)
    assert text_like_marks(saved(scan, tmp_path)) < RULES.minimum_marks


def test_text_nobody_is_sure_of_is_a_failure(letter):
    assert "confidence" in (fault_of(said("xq vvl", confidence=0.31), letter, RULES) or "")


def test_an_answer_that_is_cut_off_is_a_failure_however_good_it_began(letter):
    assert fault_of(replace(said(PROSE), truncated=True), letter, RULES) == "the answer is cut off"


def test_blocks_are_judged_like_lines(letter):
    def told(*texts, cells=()):
        blocks = tuple(RecognizedBlock(kind="text", text=text, cells=cells) for text in texts)
        return OcrPage(PageStatus.OK, blocks=blocks)

    assert fault_of(told(PROSE), letter, RULES) is None
    assert "repeats itself" in (fault_of(told(*["the same line again"] * 30), letter, RULES) or "")
    assert "ink but no text" in (fault_of(told("", ""), letter, RULES) or "")
    words = tuple(RecognizedCell(row=row, column=0, text=text) for row, text in enumerate(PROSE.split()))
    assert fault_of(told("", cells=words), letter, RULES) is None


def test_who_only_wants_lines_gets_them_however_badly_they_are_read(letter):
    assert fault_of(said("xq vvl", confidence=0.01), letter, TAKEN_AS_IT_IS) is None
    assert fault_of(said(), letter, TAKEN_AS_IT_IS) is None


def test_a_failed_page_says_why(letter):
    assert fault_of(OcrPage(PageStatus.FAILED, reason="cut off"), letter, RULES) == "cut off"


@pytest.mark.parametrize(
    ("text", "loops"),
    [
        (PROSE, False),
        (PROSE + "and then " * 40, True),
        ("the same line again\n" * 30, True),
        ("Contents\n" + "\n".join(f"{row}.1 Chapter {row} {'. ' * 40}{row * 7}" for row in range(12)), False),
        ("\n".join(f"{row} | yes | yes | {row * 37 % 101}" for row in range(40)), False),
        ("yes " * 20, False),  # too short to say
        ("人口が増えた。" * 60, True),
    ],
)
def test_a_phrase_said_again_and_again_is_a_loop(text, loops):
    assert (repeated_share(text) >= RULES.repeated_share) is loops


def test_looking_for_loops_takes_milliseconds():
    text = "\n".join(f"{row} {PROSE[row % 50 :]}" for row in range(60))
    began = time.process_time()
    repeated_share(text)
    assert time.process_time() - began < 0.1


def test_confidence_is_weighted_by_characters():
    assert mean_confidence([("ab", 1.0), ("abcdef", 0.5)]) == pytest.approx(0.625)
    assert mean_confidence([]) is None


@pytest.mark.parametrize("softness", [1, 3, 8, 20])
def test_textures_are_not_writing(tmp_path, softness):
    noise = Image.effect_noise((1200, 900), 60).filter(ImageFilter.GaussianBlur(softness))
    assert text_like_marks(saved(ImageOps.autocontrast(noise), tmp_path)) < RULES.minimum_marks


@pytest.mark.parametrize(
    "worn",
    [
        lambda scan: scan.point(lambda grey: 190 + grey // 5),
        lambda scan: scan.filter(ImageFilter.GaussianBlur(1.5)),
        ImageOps.invert,
        lambda scan: scan.rotate(90, expand=True),
    ],
    ids=["pale", "blurred", "white on black", "turned"],
)
def test_worn_writing_is_writing(tmp_path, worn):
    assert text_like_marks(saved(worn(page().convert("L")), tmp_path)) >= RULES.minimum_marks
