"""Real scans against their ground truth: clean, turned, skewed and low resolution (corpus: see its manifest)."""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
from collections import Counter
from pathlib import Path

import pypdfium2
import pytest
from pictures import saved
from PIL import Image
from rapidfuzz.distance import Levenshtein

from stepflow_assets.ocr.protocol import Picture
from stepflow_assets.ocr.quality import QualityRules, fault_of
from stepflow_assets.ocr.rapidocr_provider import RapidOcrProvider
from stepflow_assets.ocr.reading_order.blocks import ordered_blocks
from stepflow_assets.ocr.tesseract_provider import TesseractProvider

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the repository"),
]
LONG_SIDE = 2000


def read(file: str, number: int, folder: Path) -> tuple[str, list[str]]:
    """(text in reading order, faults found) of one page."""
    page = pypdfium2.PdfDocument(CORPUS / file)[number]
    width, height = page.get_size()
    picture = page.render(scale=LONG_SIDE / max(width, height)).to_pil()
    given = Picture(saved(picture.convert("RGB"), folder))
    (answer,) = RapidOcrProvider().recognize([given])
    fault = fault_of(answer, given, QualityRules())
    cells = [item.model_dump(mode="json") for item in answer.lines]
    return "\n".join(block.text for block in ordered_blocks(cells, width, height)), [fault] if fault else []


def normal(text: str) -> str:
    text = unicodedata.normalize("NFKC", text)
    for one, other in (("’", "'"), ("‘", "'"), ("“", '"'), ("”", '"'), ("–", "-"), ("—", "-")):
        text = text.replace(one, other)
    return re.sub(r"\s+", "", re.sub(r"-\s*\n(?=[a-z])", "", text))


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.casefold()))


@pytest.mark.parametrize(
    ("name", "number", "recall", "precision"),
    [
        ("simple_150_rot180", 0, 0.97, 0.97),
        ("redbook_150_skew-2.5", 0, 0.97, 0.97),
        ("paper_200_skew0.8", 1, 0.95, 0.97),
        ("paper_150_rot90", 0, 0.88, 0.93),
    ],
)
def test_words_of_a_scan_are_found(name, number, recall, precision, tmp_path):
    truth = json.loads((CORPUS / f"scans_derived/gt/{name}.words.json").read_text())[number]["text"]
    text, faults = read(f"scans_derived/{name}.pdf", number, tmp_path)
    expected, found = words(truth), words(text)
    shared = sum((expected & found).values())
    assert not faults
    assert shared / sum(expected.values()) >= recall
    assert shared / sum(found.values()) >= precision


@pytest.mark.parametrize("file", ["ocr_test", "ocr_test_rotated_90", "ocr_test_rotated_270"])
def test_a_scan_reads_the_same_however_it_is_turned(file, tmp_path):
    text, faults = read(f"scans/{file}.pdf", 0, tmp_path)
    truth = (CORPUS / "scans/gt/ocr_test.tesseract.full_page.md").read_text()
    assert not faults
    assert Levenshtein.distance(normal(truth), normal(text)) <= 2


def test_a_page_in_reading_order_has_few_wrong_characters(tmp_path):
    truth = json.loads((CORPUS / "scans_derived/gt/simple_150_rot180.words.json").read_text())[0]["text"]
    text, _ = read("scans_derived/simple_150_rot180.pdf", 0, tmp_path)
    assert Levenshtein.distance(normal(truth), normal(text)) / len(normal(truth)) <= 0.01


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
@pytest.mark.parametrize("turn", [0, 90, 180, 270, 5, -5, 93])
def test_tesseract_reads_a_scan_however_it_lies(turn, tmp_path):
    truth = json.loads((CORPUS / "scans_derived/gt/simple_300_clean.words.json").read_text())[0]["text"]
    page = pypdfium2.PdfDocument(CORPUS / "scans_derived/simple_300_clean.pdf")[0]
    picture = page.render(scale=LONG_SIDE / max(page.get_size())).to_pil().convert("L")
    lying = picture.rotate(turn, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC)
    (answer,) = TesseractProvider().recognize([Picture(saved(lying, tmp_path))])
    cells = [item.model_dump(mode="json") for item in answer.lines]
    text = "\n".join(block.text for block in ordered_blocks(cells, lying.width / 3, lying.height / 3))
    assert Levenshtein.distance(normal(truth), normal(text)) / len(normal(truth)) <= 0.01
