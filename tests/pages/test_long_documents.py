"""A document of many pages: each is what it is alone, and the worker does not hold on to those it has read."""

from __future__ import annotations

import json
from pathlib import Path

from stepflow_assets.pages import opening
from stepflow_assets.pages.page_bytes import PageBytes
from stepflow_assets.pages.reading import read_pages
from tests.pages.pdf_files import line, pdf


def test_a_document_is_opened_anew_before_its_parsed_pages_add_up(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(opening, "_PAGES_KEPT", 4)
    file = pdf(tmp_path / "long.pdf", *(line(f"This is page {number} of ten") for number in range(1, 11)))
    opened: list[object] = []
    replace = opening._Last.replace.__func__
    monkeypatch.setattr(
        opening._Last,
        "replace",
        classmethod(lambda cls, path, document: (opened.append(path), replace(cls, path, document))),
    )
    read = read_pages(str(file), "pdf", range(1, 11), ())
    texts = [json.loads(page.cells or b"[]")[0]["text"] for page in read if isinstance(page, PageBytes)]
    assert texts == [f"This is page {number} of ten" for number in range(1, 11)]
    assert len(opened) == 3
