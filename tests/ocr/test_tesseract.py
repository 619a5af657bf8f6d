"""Tesseract itself, on pictures drawn here: text, words, turned and skewed pages, and that it never outlives its page."""

from __future__ import annotations

import asyncio
import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import psutil
import pytest
from pictures import LETTER, page, saved
from PIL import Image

from stepflow_assets.documents.page import TextCell
from stepflow_assets.errors import PageTimeout, ProviderError, ProviderUnavailable
from stepflow_assets.ocr.protocol import Geometry, OcrPage, PageStatus, Picture
from stepflow_assets.ocr.registry import OcrProviders
from stepflow_assets.ocr.tesseract_languages import data_for, scripts_read_with
from stepflow_assets.ocr.tesseract_provider import TesseractProvider
from stepflow_assets.workers.pool import WorkerPool

needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract") is None,
    reason="tesseract is not installed (apt-get install tesseract-ocr tesseract-ocr-osd)",
)
PROVIDER = TesseractProvider()
MISSING = TesseractProvider("tesseract-that-is-not-there")


def read(picture: Image.Image, folder: Path) -> OcrPage:
    (answer,) = PROVIDER.recognize([Picture(saved(picture, folder))])
    return answer


def noise(folder: Path, side: int = 3000) -> Picture:
    """A picture that takes it minutes."""
    pixels = np.random.default_rng(1).integers(0, 255, (side, side), dtype=np.uint8)
    return Picture(saved(Image.fromarray(pixels), folder))


def running() -> list[psutil.Process]:
    return [process for process in psutil.Process().children(recursive=True) if process.name() == "tesseract"]


def word_box(line: TextCell, index: int) -> tuple[float, float]:
    """(left, right) of a word of a lying line, as shares of the page's width."""
    (left, _), (right, _) = line.quad.points[:2]
    span = line.words[index]
    return left + span.begins * (right - left), left + span.ends * (right - left)


@needs_tesseract
def test_lines_come_back_with_text_place_and_confidence(tmp_path):
    answer = read(page(), tmp_path)
    assert answer.status is PageStatus.OK
    assert [item.text for item in answer.lines] == list(LETTER)
    for row, item in enumerate(answer.lines):
        left, top, right, bottom = item.quad.box
        assert left == pytest.approx(40 / 480, abs=0.01)
        assert top < (60 + row * 22.4) / 360 - 0.01 < bottom
        assert 0.5 < right < 0.9
        assert item.confidence.kind == "tess_word"
        assert item.confidence.value > 0.8
    assert answer.confidence > 0.9


@needs_tesseract
def test_every_word_has_its_characters_and_its_share_of_the_line(tmp_path):
    line = read(page(), tmp_path).lines[0]
    assert [line.text[span.start : span.end] for span in line.words] == LETTER[0].split()
    assert line.words[0].begins == 0.0
    assert line.words[-1].ends == 1.0
    places = [word_box(line, index) for index in range(len(line.words))]
    assert all(left < right for left, right in places)
    assert all(before[1] < after[0] for before, after in zip(places, places[1:], strict=False))


@needs_tesseract
def test_columns_are_lines_of_their_own(tmp_path):
    canvas = Image.new("RGB", (1700, 500), "white")
    canvas.paste(page(("Left column begins here", "and goes on below it"), width=400, height=200), (0, 0))
    canvas.paste(page(("Right column starts too", "with a second line"), width=400, height=200), (850, 0))
    texts = {line.text for line in read(canvas, tmp_path).lines}
    assert {"Left column begins here", "Right column starts too", "with a second line"} <= texts


@needs_tesseract
@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_page_is_read_upright_and_its_places_are_on_the_turned_page(tmp_path, degrees):
    picture = page()
    upright = read(picture, tmp_path)
    turned = read(picture.rotate(-degrees, expand=True), tmp_path)
    assert [item.text for item in turned.lines] == list(LETTER)
    assert json.loads(turned.raw)["turned"] == degrees
    clockwise = {90: lambda x, y: (1 - y, x), 180: lambda x, y: (1 - x, 1 - y), 270: lambda x, y: (y, 1 - x)}[degrees]
    for item, same in zip(turned.lines, upright.lines, strict=True):
        assert item.words == same.words
        for (x, y), corner in zip(item.quad.points, same.quad.points, strict=True):
            assert (x, y) == pytest.approx(clockwise(*corner), abs=0.01)


@needs_tesseract
@pytest.mark.parametrize("skew", [-5, -2, 3, 5])
def test_a_skewed_page_is_read_and_its_quads_lie_along_its_lines(tmp_path, skew):
    picture = page().rotate(skew, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC)
    answer = read(picture, tmp_path)
    assert [item.text for item in answer.lines] == list(LETTER)
    assert json.loads(answer.raw)["skew"] == pytest.approx(-skew, abs=0.3)
    for item in answer.lines:
        (x0, y0), (x1, y1) = item.quad.points[:2]
        rise = np.degrees(np.arctan2((y0 - y1) * picture.height, (x1 - x0) * picture.width))
        assert rise == pytest.approx(skew, abs=0.6)


@needs_tesseract
def test_a_line_up_the_margin_keeps_its_direction(tmp_path):
    margin = page(("Archive of the harbour office",), width=300, height=80).rotate(90, expand=True)
    canvas = Image.new("RGB", (1200, 720), "white")
    canvas.paste(margin.crop((60, 0, 160, 600)), (20, 60))
    canvas.paste(page(), (200, 0))
    found = [line for line in read(canvas, tmp_path).lines if "Archive" in line.text]
    assert len(found) == 1
    (x0, y0), (x1, y1) = found[0].quad.points[:2]
    assert y0 > y1
    assert x0 == pytest.approx(x1, abs=0.02)


@needs_tesseract
def test_the_raw_output_is_kept_without_anything_that_changes_from_run_to_run(tmp_path):
    first, second = read(page(), tmp_path), read(page(), tmp_path)
    assert first.raw == second.raw
    raw = json.loads(first.raw)
    assert (raw["pixels"], raw["turned"], raw["skew"], raw["data"]) == ([960, 720], 0, 0.0, ["eng"])
    assert raw["tsv"].startswith("level\tpage_num")


@needs_tesseract
def test_an_empty_picture_is_blank(tmp_path):
    answer = read(Image.new("RGB", (600, 800), "white"), tmp_path)
    assert (answer.status, answer.lines, answer.confidence) == (PageStatus.BLANK, (), None)


@needs_tesseract
@pytest.mark.parametrize("size", [(1, 1), (8, 900), (1500, 10), (40, 40)])
def test_pictures_of_odd_shapes_are_no_problem(tmp_path, size):
    assert read(Image.new("RGB", size, "white"), tmp_path).status is PageStatus.BLANK


@needs_tesseract
def test_a_file_that_is_no_picture_is_refused(tmp_path):
    (tmp_path / "page.png").write_bytes(b"not a picture")
    with pytest.raises(ProviderError, match="cannot be decoded"):
        PROVIDER.recognize([Picture(str(tmp_path / "page.png"))])


@needs_tesseract
def test_a_page_that_takes_too_long_ends_the_program(tmp_path):
    with pytest.raises(PageTimeout, match="was ended"):
        TesseractProvider(seconds=0.2).recognize([noise(tmp_path)])
    assert running() == []


@needs_tesseract
def test_a_worker_that_is_ended_takes_the_program_with_it(tmp_path):
    async def recognized() -> None:
        pool = WorkerPool("ocr", workers=1, deadline=2.0)
        try:
            with pytest.raises(PageTimeout, match="its worker process was ended"):
                await pool.run(PROVIDER.recognize, [noise(tmp_path)])
        finally:
            pool.close()

    asyncio.run(recognized())
    gone, alive = psutil.wait_procs(running(), timeout=5)
    assert alive == []


@needs_tesseract
def test_the_profile_names_version_data_and_their_content():
    name, version, data, digest = PROVIDER.profile.split()[:4]
    assert name == "tesseract"
    assert version[0].isdigit()
    assert "eng" in data.split("+")
    assert len(digest) == 12


@needs_tesseract
def test_it_reads_the_scripts_it_has_data_for_and_says_where_words_are():
    assert "Latn" in PROVIDER.capabilities.scripts
    assert PROVIDER.capabilities.geometry is Geometry.WORD
    assert pickle.loads(pickle.dumps(PROVIDER)) == PROVIDER  # noqa: S301


def test_where_it_is_missing_it_says_what_to_install(tmp_path):
    assert MISSING.profile == "tesseract, not installed"
    with pytest.raises(ProviderUnavailable) as raised:
        MISSING.recognize([Picture(saved(page(), tmp_path))])
    assert not raised.value.retryable
    assert "apt-get install tesseract-ocr" in raised.value.next_step


def test_a_chain_names_it_with_or_without_its_path():
    chain = OcrProviders.from_settings("rapidocr, tesseract:/opt/bin/tesseract")
    assert chain.providers[1] == TesseractProvider("/opt/bin/tesseract")


@pytest.mark.parametrize(
    ("languages", "installed", "loaded"),
    [
        (("en",), ("eng", "deu"), ("eng",)),
        (("de", "en"), ("eng", "deu"), ("deu", "eng")),
        (("pt-BR",), ("eng", "por"), ("por",)),
        (("zh-Hant",), ("chi_sim", "chi_tra"), ("chi_tra",)),
        (("sr", "sr-Latn"), ("srp", "srp_latn"), ("srp", "srp_latn")),
        (("de",), ("eng",), ("eng",)),
        (("de",), ("eng", "script/Latin"), ("script/Latin",)),
        (("ar", "en"), ("eng",), ("eng",)),
    ],
)
def test_languages_are_read_with_their_own_data_or_that_of_their_script(languages, installed, loaded):
    assert data_for(languages, installed) == loaded


def test_a_language_without_data_is_refused_with_what_to_install():
    with pytest.raises(ProviderUnavailable, match="no data for ko") as raised:
        data_for(("ko",), ("eng",))
    assert "tesseract-ocr-" in raised.value.next_step


def test_scripts_follow_from_the_data():
    assert scripts_read_with(("eng", "ara", "chi_sim")) == {"Latn", "Arab", "Hans"}
    assert scripts_read_with(("script/Cyrillic",)) == {"Cyrl"}
