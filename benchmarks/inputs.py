"""The documents the benchmarks work on: the shared corpus where it is there, else the example documents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.measuring import REPOSITORY

CORPUS = REPOSITORY.parent / "shared" / "corpus"
EXAMPLES = REPOSITORY / "examples" / "documents"


def born_digital() -> list[Path]:
    """Two born-digital PDFs of the corpus (12 and 18 pages), or the example report."""
    wanted = [CORPUS / "born_digital" / name for name in ("2305.14962v1.pdf", "redp5110_sampled.pdf")]
    return wanted if all(file.is_file() for file in wanted) else [EXAMPLES / "report.pdf"]


def corpus(*folders: str, most: int | None = None) -> list[Path]:
    """Documents of corpus folders, ground truth left out; empty without the corpus."""
    found = [
        file
        for folder in folders
        if (CORPUS / folder).is_dir()
        for file in sorted((CORPUS / folder).iterdir())
        if file.is_file() and file.suffix != ".json"
    ]
    return found[:most]


def text_pages(source: Path, into: Path, *, copy: int) -> Path:
    """A PDF with those pages of ``source`` whose text layer is complete: no recogniser has anything to do there, so both
    sides read the same words. Copies differ by 0.1 pt in page width, so that none is recognised as seen before."""
    import pypdfium2

    from stepflow_assets.pages.reading import read_pages

    with pypdfium2.PdfDocument(source) as document:
        numbers = range(1, len(document) + 1)
        read = read_pages(str(source), "pdf", list(numbers), ())
        complete = [
            number - 1 for number, page in zip(numbers, read, strict=True) if getattr(page, "route", "") == "text"
        ]
        copied = pypdfium2.PdfDocument.new()
        copied.import_pages(document, complete)
        return _widened(copied, 0.1 * copy, into / f"{source.stem}-{copy}.pdf")


def wider(source: Path, into: Path, *, copy: int) -> Path:
    """A PDF with the pages of ``source``, each 1 pt wider for each copy: pictures of copies differ, so each is recognised."""
    import pypdfium2

    with pypdfium2.PdfDocument(source) as document:
        copied = pypdfium2.PdfDocument.new()
        copied.import_pages(document)
        return _widened(copied, copy, into / f"{source.stem}-{copy}.pdf")


def large(source: Path, into: Path, pages: int) -> Path:
    """A PDF of so many pages, which are those of ``source`` again and again, no two of one size."""
    import pypdfium2

    with pypdfium2.PdfDocument(source) as document:
        copied = pypdfium2.PdfDocument.new()
        copied.import_pages(document, [number % len(document) for number in range(pages)])  # at once: they share fonts
        return _widened(copied, 0.1, into / f"{source.stem}-{pages}-pages.pdf", growing=0.01)


def _widened(document: Any, points: float, target: Path, *, growing: float = 0.0) -> Path:
    """Each page ``points`` wider, and ``growing`` more than the one before it."""
    for number, page in enumerate(document):
        left, bottom, right, top = page.get_mediabox()
        right += points + growing * number
        page.set_mediabox(left, bottom, right, top)
        page.set_cropbox(left, bottom, right, top)
    document.save(target)
    document.close()
    return target
