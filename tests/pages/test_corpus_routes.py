"""The routes of all pages of the corpus against what the manifest knows of them; ``pytest -s`` prints the table."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from stepflow_assets.pages.page_bytes import PageBytes
from stepflow_assets.pages.reading import page_count, read_pages

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the repository"),
]
FAMILIES = ("born_digital", "layout_human", "parser_regression", "rtl", "tables", "scans", "scans_derived")
ROUTES = ("text", "hybrid", "scan_text", "ocr", "blank")


def documents() -> list[dict[str, Any]]:
    rows = json.loads((CORPUS / "manifest.json").read_text()) if CORPUS.is_dir() else []
    return [row for row in rows if row["category"] in FAMILIES]


def pages_of(row: dict[str, Any]) -> list[PageBytes]:
    file = CORPUS / row["path"]
    format = "pdf" if file.suffix == ".pdf" else "image"
    count = page_count(str(file), format, ())
    found = read_pages(str(file), format, range(1, count + 1), ())
    assert all(isinstance(page, PageBytes) for page in found)
    return [page for page in found if isinstance(page, PageBytes)]


def is_picture(row: dict[str, Any]) -> bool:
    """Whether the manifest says that there is no text in the file: an image, or a PDF of scans."""
    return not row.get("text_chars")


@pytest.fixture(scope="module")
def routed() -> list[tuple[dict[str, Any], PageBytes]]:
    return [(row, page) for row in documents() for page in pages_of(row)]


def test_no_page_is_wrongly_routed_to_text(routed: list[tuple[dict[str, Any], PageBytes]]) -> None:
    table: dict[str, Counter[str]] = {}
    for row, page in routed:
        family = f"{row['category']}, {'pictures' if is_picture(row) else 'with text'}"
        table.setdefault(family, Counter())[page.route] += 1
    print(f"\n{'':32}" + "".join(f"{route:>11}" for route in ROUTES))
    for family, routes in sorted(table.items()):
        print(f"{family:32}" + "".join(f"{routes[route] or '–':>11}" for route in ROUTES))
    assert {page.route for row, page in routed if is_picture(row)} == {"ocr"}
    assert all(page.reason and page.signals for _, page in routed)


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w{2,}", unicodedata.normalize("NFKC", text).lower()))


def layer_of(page: PageBytes) -> str:
    return " ".join(cell["text"] for cell in json.loads(page.cells or b"[]"))


@pytest.mark.parametrize(
    "row",
    [row for row in documents() if not is_picture(row) and any(gt.endswith(".md") for gt in row["groundtruth"])],
    ids=lambda row: Path(row["path"]).name,
)
def test_the_layer_of_a_page_routed_to_text_says_what_its_ground_truth_says(row: dict[str, Any]) -> None:
    truth = words(next((CORPUS / gt).read_text() for gt in row["groundtruth"] if gt.endswith(".md")))
    for page in pages_of(row):
        if page.route == "text":
            layer = words(layer_of(page))
            assert (layer & truth).total() >= 0.8 * layer.total(), (page.page, layer - truth)
