"""Real pages drawn without their photographs: the rule gives them the route it gives with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from stepflow_assets.pages.cells import cells_of
from stepflow_assets.pages.frame import PageFrame
from stepflow_assets.pages.images_on_page import placed_images
from stepflow_assets.pages.opening import open_pdf, open_pdf_page
from stepflow_assets.pages.page_bytes import PageBytes
from stepflow_assets.pages.pictures import small_grey
from stepflow_assets.pages.reading import read_pages
from stepflow_assets.pages.route import route_of
from stepflow_assets.pages.signals import ink_signals
from stepflow_assets.pages.words import page_text, words_of

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the repository"),
]


def signals_with_images(file: Path, number: int) -> dict[str, float]:
    opened = open_pdf_page(open_pdf(str(file), ()), number)
    try:
        frame = PageFrame.of(opened.page)
        cells = cells_of(words_of(opened.textpage, page_text(opened.textpage)), frame)
        images = [frame.box(*image.box) for image in placed_images(opened.page)]
        grey = small_grey(opened.page, opened.form, frame)
        return ink_signals(grey, [cell.box for cell in cells], images)
    finally:
        opened.close()


@pytest.mark.parametrize("name", ["2305.14962v1.pdf", "redp5110_sampled.pdf", "multi_page.pdf"])
def test_the_route_is_the_same_with_the_photographs(name: str) -> None:
    file = CORPUS / "born_digital" / name
    count = len(open_pdf(str(file), ()))
    pages = read_pages(str(file), "pdf", list(range(1, count + 1)), ())
    assert len(pages) == count
    for page in pages:
        assert isinstance(page, PageBytes)
        seen = {**page.signals, **signals_with_images(file, page.page)}
        assert route_of(seen)[0].value == page.route
    assert name == "multi_page.pdf" or any(page.signals["seen"] == 0 for page in pages if isinstance(page, PageBytes))
