"""Opening PDFs and images in a worker: the last document stays open, so that batches of its pages do not open it anew."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import PIL.Image
import pypdfium2
import pypdfium2.raw as pdfium

from flow_compiler.errors import Category
from stepflow_assets.errors import DocumentDamaged, DocumentEncrypted, DocumentTooLarge, PageError

IMAGE_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF")
MOST_IMAGE_PIXELS = 300_000_000
_PAGES_KEPT = 64  # PDFium keeps what it parsed of every page until the document is closed


class _Last:
    """The document opened last in this process, by path (artifacts never change under theirs)."""

    path: str | None = None
    document: Any = None
    pages = 0  # opened since

    @classmethod
    def replace(cls, path: str, document: Any) -> None:
        if cls.document is not None:
            cls.document.close()
        cls.path, cls.document, cls.pages = path, document, 0


@dataclass(frozen=True)
class PdfPage:
    """An open page: raw handles of the page, its text, and the document's form (None without fields)."""

    page: Any
    textpage: Any
    form: Any

    def close(self) -> None:
        pdfium.FPDFText_ClosePage(self.textpage)
        if self.form:
            pdfium.FORM_OnBeforeClosePage(self.page, self.form)
        pdfium.FPDF_ClosePage(self.page)


def open_pdf(path: str, passwords: Sequence[str]) -> Any:
    """A pypdfium2.PdfDocument. Raises DocumentEncrypted, DocumentDamaged. Passwords are tried after none."""
    if _Last.path == path and _Last.pages < _PAGES_KEPT:
        return _Last.document
    document = _first_that_opens(path, passwords)
    if len(document) == 0:
        document.close()
        raise DocumentDamaged("the PDF has no pages")
    if document.get_formtype() != pdfium.FORMTYPE_NONE:
        document.init_forms()
    _Last.replace(path, document)
    return document


def open_pdf_page(document: Any, number: int) -> PdfPage:
    """Page ``number`` (from 1). Raises PageError ``page.damaged`` or ``page.missing``."""
    if not 1 <= number <= len(document):
        raise PageError(
            f"there is no page {number}: the document has {len(document)}", code="page.missing", category=Category.INPUT
        )
    _Last.pages += 1
    page = pdfium.FPDF_LoadPage(document.raw, number - 1)
    if not page:
        raise damaged_page("PDFium cannot load it")
    textpage = pdfium.FPDFText_LoadPage(page)
    if not textpage:
        pdfium.FPDF_ClosePage(page)
        raise damaged_page("PDFium cannot read its text")
    form = document.formenv.raw if document.formenv else None
    if form:
        pdfium.FORM_OnAfterLoadPage(page, form)
    return PdfPage(page, textpage, form)


def open_image(path: str) -> PIL.Image.Image:
    """A Pillow image, not yet decoded. Raises DocumentDamaged, DocumentTooLarge."""
    if _Last.path == path:
        image: PIL.Image.Image = _Last.document
        return image
    PIL.Image.MAX_IMAGE_PIXELS = MOST_IMAGE_PIXELS // 2  # Pillow raises at twice this
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PIL.Image.DecompressionBombWarning)
            opened = PIL.Image.open(path, formats=IMAGE_FORMATS)
    except PIL.Image.DecompressionBombError:
        raise DocumentTooLarge(f"the image has more than {MOST_IMAGE_PIXELS // 1_000_000} million pixels") from None
    except (OSError, SyntaxError, ValueError) as error:
        raise DocumentDamaged(f"the image cannot be opened ({type(error).__name__})") from None
    _Last.replace(path, opened)
    return opened


def image_pages(image: PIL.Image.Image) -> int:
    """Frames of a TIFF are pages; frames of an animation (GIF, WebP, PNG) are one."""
    return int(getattr(image, "n_frames", 1)) if image.format == "TIFF" else 1


def damaged_page(reason: str) -> PageError:
    return PageError(
        f"the page is damaged: {reason}",
        code="page.damaged",
        category=Category.SOURCE,
        next_step="Open the file in its own program and save it again, then ingest it again.",
    )


def too_large_page(reason: str) -> PageError:
    return PageError(
        f"the page is too large: {reason}",
        code="page.too_large",
        category=Category.SOURCE,
        next_step="Save the file with smaller pictures, or raise max_picture_bytes if that is what it exceeds, then ingest it again.",
    )


def _first_that_opens(path: str, passwords: Sequence[str]) -> Any:
    for password in (None, *passwords):
        try:
            return pypdfium2.PdfDocument(path, password=password)
        except pypdfium2.PdfiumError as error:
            code = getattr(error, "err_code", None)
            if code == pdfium.FPDF_ERR_SECURITY:
                raise DocumentEncrypted("the PDF is encrypted in a way that a password does not open") from None
            if code != pdfium.FPDF_ERR_PASSWORD:
                raise DocumentDamaged("the PDF cannot be opened: it is damaged or incomplete") from None
    tried = f"none of the {len(passwords)} given passwords opens it" if passwords else "no password was given"
    raise DocumentEncrypted(f"the PDF is encrypted and {tried}")
