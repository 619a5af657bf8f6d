"""The example documents are what their README says, and only one of them answers each question."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import yaml
from docx import Document
from openpyxl import load_workbook
from PIL import Image
from pptx import Presentation

EXAMPLES = Path(__file__).parents[2] / "examples"
DOCUMENTS = EXAMPLES / "documents"
QUESTIONS: list[dict[str, Any]] = yaml.safe_load((EXAMPLES / "questions.yaml").read_text(encoding="utf-8"))["questions"]


def pages(name: str, password: str | None = None) -> list[str]:
    document = pypdfium2.PdfDocument(DOCUMENTS / name, password=password)
    texts = [page.get_textpage().get_text_range() for page in document]
    document.close()
    return texts


def test_all_are_here_and_small() -> None:
    names = {file.name for file in DOCUMENTS.iterdir()}
    told = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert len(names) == 11
    assert all(f"`{name}`" in told for name in names)
    assert sum(file.stat().st_size for file in DOCUMENTS.iterdir()) < 1_500_000


@pytest.mark.parametrize(
    ("name", "count", "said"),
    [
        ("report.pdf", 4, ["From the chair", "Neighbouring utilities", "infrastructure leakage index", "6 Outlook"]),
        ("article.pdf", 2, ["Listening at Night", "One night, step by step"]),
    ],
)
def test_born_digital_pages_have_their_text(name: str, count: int, said: list[str]) -> None:
    found = pages(name)
    assert len(found) == count
    whole = " ".join(" ".join(found).split())
    assert all(words in whole for words in said)


def test_the_scan_is_pictures_only() -> None:
    assert pages("article-scan.pdf") == ["", "", ""]


def test_the_slip_is_not_in_the_born_digital_article() -> None:
    assert "Correction" not in "".join(pages("article.pdf"))


def test_the_photo_is_a_photo() -> None:
    with Image.open(DOCUMENTS / "photo.jpg") as photo:
        assert (photo.format, photo.size) == ("JPEG", (1200, 1600))


def test_the_encrypted_document_opens_with_its_password_only() -> None:
    with pytest.raises(pypdfium2.PdfiumError, match="password"):
        pages("encrypted.pdf")
    assert "Minutes of the board" in pages("encrypted.pdf", "open sesame")[0]


def test_the_truncated_document_does_not_open() -> None:
    with pytest.raises(pypdfium2.PdfiumError, match="Data format"):
        pages("truncated.pdf")


def test_the_office_files_open() -> None:
    handbook = Document(str(DOCUMENTS / "emergency-handbook.docx"))
    assert [item.text for item in handbook.paragraphs if item.style.name == "Heading 1"][3] == "4  Contamination"
    assert len(Presentation(str(DOCUMENTS / "smart-meters.pptx")).slides) == 4
    tariffs = load_workbook(DOCUMENTS / "tariffs.xlsx")
    assert tariffs.sheetnames == ["Tariffs 2026", "Connections"]
    assert [cell.value for cell in tariffs["Tariffs 2026"]["A9:C9"][0]] == ["Farm", "40 mm", 26.85]


@pytest.mark.parametrize("name", ["customer-questions.html", "dam-inspection.md"])
def test_the_markup_is_unicode(name: str) -> None:
    text = (DOCUMENTS / name).read_text(encoding="utf-8")
    assert not text.isascii()
    assert "Kestrel Ridge" in text


def test_no_file_names_the_machine_it_was_made_on() -> None:
    here = str(EXAMPLES.parent).encode()
    for file in DOCUMENTS.iterdir():
        data = file.read_bytes()
        assert here not in data
        assert b"/root" not in data


def test_questions_name_a_document_and_a_place() -> None:
    kinds = [tuple(question["place"]) for question in QUESTIONS]
    assert kinds == [("page",), ("page",), ("sheet", "cells"), ("slide",), ("element",)]
    assert all((DOCUMENTS / question["document"]).is_file() for question in QUESTIONS)
    assert len({question["document"] for question in QUESTIONS}) == 5


@pytest.mark.process
def test_the_script_writes_them_again(tmp_path: Path) -> None:
    """Markup to the byte; what goes through libraries, by what it shows: their next version may pack it differently."""
    script = [sys.executable, str(EXAMPLES / "make_documents.py"), str(tmp_path)]
    subprocess.run(script, check=True, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    assert {file.name for file in tmp_path.iterdir()} == {file.name for file in DOCUMENTS.iterdir()}
    for name in ("customer-questions.html", "dam-inspection.md"):
        assert (tmp_path / name).read_bytes() == (DOCUMENTS / name).read_bytes()
    for name in ("report.pdf", "article.pdf"):
        again = pypdfium2.PdfDocument(io.BytesIO((tmp_path / name).read_bytes()))
        assert [page.get_textpage().get_text_range() for page in again] == pages(name)
        again.close()
