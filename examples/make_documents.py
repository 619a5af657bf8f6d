"""Writes the documents in examples/documents: ``python examples/make_documents.py [FOLDER]``.

Everything is written for this project; nothing is downloaded. The same versions of the libraries write the same bytes.
Needs the development dependencies (reportlab, python-docx, python-pptx, openpyxl, pillow, pypdfium2, numpy).
"""

from __future__ import annotations

import sys
from pathlib import Path

from making import article, briefing, broken, handbook, notice, report, scan, tariffs, web


def make_all(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    report.make(folder / "report.pdf")
    article.make(folder / "article.pdf")
    scan.make(folder / "article.pdf", folder / "article-scan.pdf")
    notice.make(folder / "photo.jpg")
    handbook.make(folder / "emergency-handbook.docx")
    briefing.make(folder / "smart-meters.pptx")
    tariffs.make(folder / "tariffs.xlsx")
    web.make_page(folder / "customer-questions.html")
    web.make_notes(folder / "dam-inspection.md")
    broken.make_encrypted(folder / "encrypted.pdf")
    broken.make_truncated(folder / "report.pdf", folder / "truncated.pdf")


if __name__ == "__main__":
    make_all(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("documents"))
