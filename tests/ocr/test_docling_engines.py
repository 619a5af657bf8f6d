"""Engines that docling knows, as providers: real ones, with and without torch, and what is said where one is missing."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from pathlib import Path

import openvino
import pytest
from pictures import LETTER, page, saved
from PIL import Image

from benchmarks.docling_standard.environment import FOLDER
from stepflow_assets.errors import ProviderError, ProviderUnavailable, SettingsError
from stepflow_assets.ocr.docling_provider import DoclingProvider
from stepflow_assets.ocr.protocol import Geometry, OcrPage, PageStatus, Picture
from stepflow_assets.ocr.registry import OcrProviders

ROOT = Path(__file__).resolve().parents[2]
STANDARD = FOLDER / "bin" / "python"
needs_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
without_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="torch is installed here")


def read(engine: str, picture: Image.Image, folder: Path) -> OcrPage:
    (answer,) = DoclingProvider(engine).recognize([Picture(saved(picture, folder))])
    return answer


@needs_tesseract
def test_words_of_docling_s_tesseract_become_lines_with_words(tmp_path):
    answer = read("tesseract", page(), tmp_path)
    assert answer.status is PageStatus.OK
    assert [line.text for line in answer.lines] == list(LETTER)
    first = answer.lines[0]
    assert [first.text[span.start : span.end] for span in first.words] == LETTER[0].split()
    assert (first.words[0].begins, first.words[-1].ends) == (0.0, 1.0)
    assert first.quad.box[0] == pytest.approx(40 / 480, abs=0.01)
    assert first.confidence.kind == "tess_word"
    assert answer.confidence > 0.9
    assert DoclingProvider("tesseract").capabilities.geometry is Geometry.WORD


@needs_tesseract
def test_lines_of_a_turned_page_run_the_way_its_text_does(tmp_path):
    answer = read("tesseract", page().rotate(-90, expand=True), tmp_path)
    assert [line.text for line in answer.lines] == list(LETTER)
    for line in answer.lines:
        (x0, y0), (x1, y1) = line.quad.points[:2]
        assert x0 == pytest.approx(x1, abs=0.01)
        assert y0 < y1


@needs_tesseract
def test_the_raw_cells_are_kept_and_do_not_change_from_run_to_run(tmp_path):
    first, second = read("tesseract", page(), tmp_path), read("tesseract", page(), tmp_path)
    assert first.raw == second.raw
    assert len(json.loads(first.raw)["cells"]) == sum(len(line.split()) for line in LETTER)


@needs_tesseract
def test_an_empty_picture_is_blank(tmp_path):
    answer = read("tesseract", Image.new("RGB", (600, 800), "white"), tmp_path)
    assert (answer.status, answer.lines, answer.confidence) == (PageStatus.BLANK, (), None)


@needs_tesseract
def test_a_file_that_is_no_picture_is_refused(tmp_path):
    (tmp_path / "page.png").write_bytes(b"not a picture")
    with pytest.raises(ProviderError, match="cannot be decoded"):
        DoclingProvider("tesseract").recognize([Picture(str(tmp_path / "page.png"))])


@without_torch
@pytest.mark.parametrize("engine", ["rapidocr", "easyocr"])
def test_an_engine_whose_packages_are_missing_is_unavailable_and_names_the_extra(engine, tmp_path):
    with pytest.raises(ProviderUnavailable, match=f"{engine} cannot be loaded") as raised:
        read(engine, page(), tmp_path)
    assert not raised.value.retryable
    assert "stepflow-assets[docling]" in raised.value.next_step


def test_an_engine_docling_does_not_know_is_unavailable_and_the_known_ones_are_named(tmp_path):
    with pytest.raises(ProviderUnavailable, match="'surya'") as raised:
        read("surya", page(), tmp_path)
    assert "tesserocr" in raised.value.next_step


def test_a_language_the_engine_has_no_data_for_is_unavailable(tmp_path):
    if shutil.which("tesseract") is None:
        pytest.skip("tesseract is not installed")
    with pytest.raises(ProviderUnavailable, match="cannot be loaded"):
        DoclingProvider("tesseract").recognize([Picture(saved(page(), tmp_path), languages=("am",))])


def test_a_chain_names_the_engine_and_each_has_a_profile_of_its_own():
    chain = OcrProviders.from_settings("rapidocr, docling:easyocr, docling:rapidocr").providers
    assert [provider.name for provider in chain] == ["rapidocr", "docling:easyocr", "docling:rapidocr"]
    assert len({provider.profile for provider in chain}) == 3
    with pytest.raises(SettingsError, match="docling:easyocr"):
        OcrProviders.from_settings("docling")


@pytest.mark.process
@pytest.mark.skipif(
    not STANDARD.exists(), reason="benchmarks.docling_standard.environment was not made (torch, several GB)"
)
def test_docling_s_rapidocr_reads_in_an_environment_with_torch(tmp_path):
    """In docling's environment; what only the platform has (OpenVINO) comes after it on the path."""
    program = (
        "import sys, json; sys.path.append(sys.argv[1]); sys.path.insert(0, sys.argv[2])\n"
        "from stepflow_assets.ocr.docling_provider import DoclingProvider\n"
        "from stepflow_assets.ocr.protocol import Picture\n"
        "(answer,) = DoclingProvider('rapidocr').recognize([Picture(sys.argv[3])])\n"
        "kinds = {line.confidence.kind for line in answer.lines}\n"
        "print(json.dumps([[line.text for line in answer.lines], sorted(kinds), answer.confidence]))\n"
    )
    arguments = ["-c", program, str(Path(openvino.__file__).parents[1]), str(ROOT), saved(page(), tmp_path)]
    done = subprocess.run([str(STANDARD), *arguments], capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    lines, kinds, confidence = json.loads(done.stdout.splitlines()[-1])
    assert ["".join(text.split()) for text in lines] == ["".join(text.split()) for text in LETTER]
    assert kinds == ["ctc_char_mean"]
    assert confidence > 0.9
