"""The documents the benchmarks work on: the shared corpus where it is there, else the example documents."""

from __future__ import annotations

from pathlib import Path

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
        for page in copied:
            left, bottom, right, top = page.get_mediabox()
            page.set_mediabox(left, bottom, right + 0.1 * copy, top)
            page.set_cropbox(left, bottom, right + 0.1 * copy, top)
        target = into / f"{source.stem}-{copy}.pdf"
        copied.save(target)
        copied.close()
    return target
