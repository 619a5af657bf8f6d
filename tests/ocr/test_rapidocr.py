"""RapidOCR itself, on pictures drawn here: text, places, turned pages, and what memory it takes."""

from __future__ import annotations

import json
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor

import pytest
from pictures import LETTER, page, saved
from PIL import Image

from stepflow_assets.errors import ProviderError
from stepflow_assets.ocr.protocol import PageStatus, Picture
from stepflow_assets.ocr.rapidocr_provider import RapidOcrProvider

PROVIDER = RapidOcrProvider()


def read(picture: Image.Image, folder):
    (answer,) = PROVIDER.recognize([Picture(saved(picture, folder))])
    return answer


def letters(text: str) -> str:
    return "".join(text.split())


def test_lines_come_back_with_text_place_and_confidence(tmp_path):
    answer = read(page(), tmp_path)
    assert answer.status is PageStatus.OK
    assert [letters(item.text) for item in answer.lines] == [letters(text) for text in LETTER]
    for row, item in enumerate(answer.lines):
        left, top, right, bottom = item.quad.box
        assert left == pytest.approx(40 / 480, abs=0.02)
        baseline = (60 + row * 22.4) / 360
        assert top < baseline < bottom + 0.02
        assert 0.5 < right < 0.9
        assert item.confidence.value > 0.9
    assert answer.confidence > 0.9


def test_the_raw_output_is_kept_without_anything_that_changes_from_run_to_run(tmp_path):
    first, second = read(page(), tmp_path), read(page(), tmp_path)
    assert first.raw == second.raw
    raw = json.loads(first.raw)
    assert raw["pixels"] == [960, 720]
    assert raw["turned"] == 0
    assert len(raw["lines"]) == len(LETTER)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_page_is_read_upright_and_its_places_are_on_the_turned_page(tmp_path, degrees):
    picture = page()
    upright = read(picture, tmp_path)
    turned = read(picture.rotate(-degrees, expand=True), tmp_path)
    assert [letters(item.text) for item in turned.lines] == [letters(text) for text in LETTER]
    assert json.loads(turned.raw)["turned"] == degrees
    clockwise = {90: lambda x, y: (1 - y, x), 180: lambda x, y: (1 - x, 1 - y), 270: lambda x, y: (y, 1 - x)}[degrees]
    for item, same in zip(turned.lines, upright.lines, strict=True):
        for (x, y), corner in zip(item.quad.points, same.quad.points, strict=True):
            assert (x, y) == pytest.approx(clockwise(*corner), abs=0.02)


def test_an_empty_picture_is_blank(tmp_path):
    answer = read(Image.new("RGB", (600, 800), "white"), tmp_path)
    assert (answer.status, answer.lines) == (PageStatus.BLANK, ())


@pytest.mark.parametrize("size", [(1, 1), (8, 900), (1500, 10), (40, 40)])
def test_pictures_of_odd_shapes_are_no_problem(tmp_path, size):
    assert read(Image.new("RGB", size, "white"), tmp_path).status is PageStatus.BLANK


def test_a_strip_with_one_line_is_read(tmp_path):
    strip = page(LETTER[:1]).crop((40, 80, 900, 140))
    assert [letters(item.text) for item in read(strip, tmp_path).lines] == [letters(LETTER[0])]


def test_a_large_picture_is_read_at_a_bounded_size(tmp_path):
    picture = page().resize((3840, 2880))
    answer = read(picture, tmp_path)
    assert [letters(item.text) for item in answer.lines] == [letters(text) for text in LETTER]
    assert json.loads(answer.raw)["pixels"] == [3840, 2880]


def test_a_file_that_is_no_picture_is_refused(tmp_path):
    (tmp_path / "page.png").write_bytes(b"not a picture")
    with pytest.raises(ProviderError, match="cannot be decoded"):
        PROVIDER.recognize([Picture(str(tmp_path / "page.png"))])


def test_it_says_nothing(tmp_path, capfd):
    read(page(), tmp_path)
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_stays_below_its_share_of_memory(tmp_path):
    """Two recognisers and everything else have to fit into 4 GiB: 1.3 GiB each, measured 1.0."""
    # A process of its own: this one holds what other tests loaded.
    with ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn")) as own:
        assert own.submit(_memory_after_reading, tmp_path).result(timeout=120) < 1.5 * 2**30


def _memory_after_reading(folder):
    import psutil

    for width in (1000, 1240, 1414):
        read(page(LETTER, size=28, width=width / 2, height=1000), folder)
    return psutil.Process().memory_full_info().pss
