"""The route of a page: the rule by its thresholds, and pages of each kind."""

from __future__ import annotations

from pathlib import Path

import PIL.Image
import pytest
from reportlab.pdfgen.canvas import Canvas

from stepflow_assets.pages.page_bytes import PageBytes
from stepflow_assets.pages.reading import read_pages
from stepflow_assets.pages.route import route_of
from stepflow_assets.pages.script import script_signals
from tests.pages.pdf_files import LOREM, article, line, lines, pdf, picture, scan, together

SOUND = {
    "chars": 2000.0,
    "ink": 0.05,
    "cov": 0.0,
    "maperr": 0.0,
    "guess": 0.0,
    "bad": 0.0,
    "latin": 1.0,
    "words": 350.0,
    "vowel": 0.39,
    "stop": 0.3,
    "vowelless": 0.01,
    "unx": 0.05,
    "unx_noimg": 0.05,
}


@pytest.mark.parametrize(
    ("signals", "route"),
    [
        ({}, "text"),
        ({"chars": 0, "ink": 0.0007, "cov": 0.019}, "blank"),
        ({"chars": 15, "ink": 0.0007, "cov": 0.019}, "text"),
        ({"chars": 15, "ink": 0.0008, "cov": 0.0}, "ocr"),
        ({"chars": 15, "unx": 0.02}, "text"),
        ({"chars": 15, "unx": 0.02, "cov": 0.02}, "ocr"),
        ({"chars": 15, "unx": 0.02, "maperr": 0.04}, "ocr"),
        ({"chars": 15, "unx": 0.02, "bad": 0.03}, "ocr"),
        ({"chars": 0, "unx": 0.0}, "ocr"),
        ({"chars": 0, "ink": 0.0, "cov": 0.02}, "ocr"),
        ({"maperr": 0.04}, "ocr"),
        ({"maperr": 0.039}, "text"),
        ({"maperr": 0.08, "guess": 0.38}, "text"),
        ({"maperr": 0.15, "guess": 0.38}, "ocr"),
        ({"maperr": 0.08, "guess": 0.12}, "ocr"),
        ({"bad": 0.03}, "ocr"),
        ({"vowel": 0.24}, "ocr"),
        ({"vowel": 0.24, "words": 59}, "text"),
        ({"vowel": 0.24, "latin": 0.8}, "text"),
        ({"stop": 0.009, "vowelless": 0.11}, "ocr"),
        ({"stop": 0.009, "vowelless": 0.1}, "text"),
        ({"stop": 0.009, "vowelless": 0.11, "words": 149}, "text"),
        ({"cov": 0.8, "unx": 0.35}, "ocr"),
        ({"cov": 0.8, "unx": 0.34}, "scan_text"),
        ({"cov": 0.8, "unx": 0.0}, "scan_text"),
        ({"unx": 0.6, "unx_noimg": 0.6}, "hybrid"),
        ({"unx": 0.6, "unx_noimg": 0.6, "ink": 0.01}, "text"),
        ({"cov": 0.15, "unx": 0.2, "unx_noimg": 0.05}, "hybrid"),
        ({"cov": 0.14, "unx": 0.2, "unx_noimg": 0.05}, "text"),
    ],
)
def test_the_rule(signals: dict[str, float], route: str) -> None:
    found, reason = route_of({**SOUND, **signals})
    assert found.value == route
    assert reason


def outlined_letters(canvas: Canvas) -> None:
    outlines(canvas, caption="")


def outlines(canvas: Canvas, caption: str = "Figure 1 shows the outlines") -> None:
    """Letters as shapes: what a text layer cannot hold."""
    for row in range(40):
        for column in range(40):
            canvas.rect(60 + column * 12, 80 + row * 16, 6, 8, fill=1)
    line(caption, 72, 750)(canvas)


def hidden_text(canvas: Canvas, first: int = 60) -> None:
    """Someone else's recognition under the scan: invisible text that covers its lines."""
    for row in range(first, 1040, 24):
        written = canvas.beginText()
        written.setTextRenderMode(3)
        written.setFont("Helvetica", 10)
        written.setTextOrigin(43, 792 - (row + 11) * 0.72)
        written.setHorizScale(105)
        written.textOut(LOREM[:106])
        canvas.drawText(written)


def some_hidden_text(canvas: Canvas) -> None:
    """The same, but it missed the first lines."""
    hidden_text(canvas, 60 + 10 * 24)


def shifted(text: str) -> str:
    """What a font with a shifted encoding says: every letter is another one."""
    return "".join(chr((ord(char) - 97 + 10) % 26 + 97) if char.islower() else char for char in text)


BACKGROUND = PIL.Image.linear_gradient("L").point(lambda value: 225 + value // 9)
GARBLED = lines(*[shifted(LOREM.lower())[:90]] * 12)
FIGURE = together(lines(*[LOREM[:90]] * 12), picture(scan((400, 300)), 100, 200, 400, 300))


@pytest.mark.parametrize(
    ("draw", "route"),
    [
        (article(), "text"),
        (lambda canvas: None, "blank"),
        (picture(scan()), "ocr"),
        (together(picture(scan()), hidden_text), "scan_text"),
        (together(picture(scan()), some_hidden_text), "scan_text"),
        (together(picture(BACKGROUND), article()), "scan_text"),
        (outlines, "hybrid"),
        (FIGURE, "hybrid"),
        (GARBLED, "ocr"),
        (line("Page 7"), "text"),
        (line("PART ONE", size=60), "text"),
        (together(line("Fig. 1"), outlined_letters), "ocr"),
    ],
    ids=[
        "article",
        "blank",
        "scan",
        "scan with text",
        "scan with some text",
        "text on a background",
        "outlines",
        "figure",
        "garbled",
        "page number",
        "few big letters",
        "few letters in a drawing",
    ],
)
def test_pages_of_each_kind(draw: object, route: str, tmp_path: Path) -> None:
    (page,) = read_pages(str(pdf(tmp_path / "a.pdf", draw)), "pdf", [1], ())
    assert isinstance(page, PageBytes)
    assert page.route == route, (page.reason, page.signals)
    assert (page.picture is not None) == (route not in ("text", "blank"))
    assert page.signals["chars"] >= 0


def test_an_image_inside_a_form_counts_as_image(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.beginForm("stamp")
        picture(PIL.Image.new("RGB", (40, 40), "grey"), 0, 0, 306, 396)(canvas)
        canvas.endForm()
        canvas.saveState()
        canvas.translate(306, 0)
        canvas.doForm("stamp")
        canvas.restoreState()
        lines(*[LOREM[:40]] * 20, top=760)(canvas)

    (page,) = read_pages(str(pdf(tmp_path / "a.pdf", draw)), "pdf", [1], ())
    assert isinstance(page, PageBytes)
    assert page.signals["cov"] == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("a b\nc", "chars", 3),
        ("aei", "vowel", 1.0),
        ("öäüt", "vowel", 0.75),
        ("привет мир", "latin", 0.0),
        ("the cat", "stop", 0.5),
        ("xyz brr the", "vowelless", 0.333),
        ("ab\ue001\x07", "bad", 0.5),
        ("soft\x02", "bad", 0.0),
        ("", "words", 0),
    ],
)
def test_signals_of_the_script(text: str, name: str, value: float) -> None:
    assert script_signals(text)[name] == pytest.approx(value, abs=0.001)
