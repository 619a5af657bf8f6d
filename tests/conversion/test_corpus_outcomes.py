"""Every document of the corpus: read and prepared or converted, or refused with the right error."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from flow_compiler.errors import ComponentError
from stepflow_assets.errors import DocumentError
from tests.source.component_calls import ComponentCalls, component_calls

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.process,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside this checkout"),
]
REFUSED = {
    "broken/corrupted.pdf": "document.damaged",
    "broken/encrypted_pw1234.pdf": "document.encrypted",
    "broken/truncated_60pct.pdf": "document.damaged",
    "broken/truncated.docx": "document.damaged",
}
FORMATS = {
    "broken/not_a_pdf.pdf": "html",
    "broken/form_fields_ownerpw.pdf": "pdf",
}
BY_CATEGORY = {
    "odf": {"odp", "ods", "odt"},
    "email": {"eml", "msg"},
    "webvtt": {"vtt"},
}
PAGED = ("born_digital", "rtl", "tables", "layout_human", "scans", "scans_derived", "parser_regression")


@pytest.fixture(scope="module")
def calls() -> Iterator[ComponentCalls]:
    with component_calls() as made:
        yield made


def manifest() -> list[dict[str, object]]:
    file = CORPUS / "manifest.json"
    return json.loads(file.read_text()) if file.exists() else []


async def outcome(calls: ComponentCalls, path: str) -> tuple[str, int]:
    """(format, pages or blocks), or (code, 0)."""
    try:
        listing = await calls.read(CORPUS / path)
        if listing.page_count is None:
            return listing.format, len(await calls.blocks(CORPUS / path))
        failed = [page.code for page in await calls.prepare(listing.pages) if isinstance(page, ComponentError)]
        return (failed[0], 0) if failed else (listing.format, listing.page_count)
    except DocumentError as error:
        assert error.category.value == "source"
        assert error.next_step
        return error.code, 0


@pytest.mark.timeout(300)
def test_every_document_ends_as_it_should(calls: ComponentCalls) -> None:
    async def all_outcomes() -> dict[str, tuple[str, int]]:
        return {str(entry["path"]): await outcome(calls, str(entry["path"])) for entry in manifest()}

    found = asyncio.run(all_outcomes())
    assert len(found) == 132
    assert {path: code for path, (code, count) in found.items() if count == 0} == REFUSED
    for entry in manifest():
        path, category = str(entry["path"]), str(entry["category"])
        format, count = found[path]
        if path in REFUSED:
            continue
        if path in FORMATS:
            assert format == FORMATS[path]
        elif category in PAGED:
            assert format in ("pdf", "image"), path
        else:
            assert format in BY_CATEGORY.get(category, {category}), path
        if entry.get("pages"):
            assert count == entry["pages"], path


def test_pages_get_the_routes_they_need(calls: ComponentCalls) -> None:
    async def routes(path: str) -> Counter[str]:
        return Counter(content.route.value for content in await calls.contents(CORPUS / path))

    for path, expected in (
        ("born_digital/multi_page.pdf", {"text": 5}),
        ("born_digital/2305.14962v1.pdf", {"text": 12}),
        ("born_digital/redp5110_sampled.pdf", {"text": 11, "hybrid": 5, "ocr": 1, "blank": 1}),
        ("scans/ocr_test_rotated_90.pdf", {"ocr": 1}),
        ("scans/2206.01062.tif", {"ocr": 2}),
        ("parser_regression/text_as_lines_02.pdf", {"hybrid": 1}),
        ("rtl/right_to_left_01.pdf", {"text": 1}),
    ):
        assert asyncio.run(routes(path)) == expected, path


def test_arabic_ligatures_are_spelled_forwards(calls: ComponentCalls) -> None:
    async def words() -> str:
        (content,) = await calls.contents(CORPUS / "rtl/right_to_left_01.pdf")
        return " ".join(cell.text for cell in await calls.cells(content))

    assert "تحسين الإنتاجية" in asyncio.run(words())
