"""The formats documents come in: name, media type, and how each is read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Format:
    """``paged`` formats are read page by page; the others are one part that docling converts.

    ``docling`` is docling's name of the format, ``suffix`` the file ending under which docling recognises it.
    """

    name: str
    media_type: str
    paged: bool = False
    docling: str = ""
    suffix: str = ""


_OOXML = "application/vnd.openxmlformats-officedocument"
_ODF = "application/vnd.oasis.opendocument"

FORMATS: dict[str, Format] = {
    item.name: item
    for item in (
        Format("pdf", "application/pdf", paged=True),
        Format("image", "image/*", paged=True),
        Format("docx", f"{_OOXML}.wordprocessingml.document", docling="docx", suffix="docx"),
        Format("pptx", f"{_OOXML}.presentationml.presentation", docling="pptx", suffix="pptx"),
        Format("xlsx", f"{_OOXML}.spreadsheetml.sheet", docling="xlsx", suffix="xlsx"),
        Format("odt", f"{_ODF}.text", docling="odt", suffix="odt"),
        Format("ods", f"{_ODF}.spreadsheet", docling="ods", suffix="ods"),
        Format("odp", f"{_ODF}.presentation", docling="odp", suffix="odp"),
        Format("epub", "application/epub+zip", docling="epub", suffix="epub"),
        Format("html", "text/html", docling="html", suffix="html"),
        Format("md", "text/markdown", docling="md", suffix="md"),
        Format("asciidoc", "text/asciidoc", docling="asciidoc", suffix="adoc"),
        Format("csv", "text/csv", docling="csv", suffix="csv"),
        Format("txt", "text/plain"),
        Format("vtt", "text/vtt", docling="vtt", suffix="vtt"),
        Format("jats", "application/jats+xml", docling="xml_jats", suffix="nxml"),
        Format("uspto", "application/xml", docling="xml_uspto", suffix="xml"),
        Format("latex", "text/x-tex", docling="latex", suffix="tex"),
        Format("eml", "message/rfc822", docling="email", suffix="eml"),
        Format("msg", "application/vnd.ms-outlook", docling="email", suffix="msg"),
        Format("docling", "application/vnd.docling+json", docling="json_docling", suffix="json"),
    )
}

IMAGE_MEDIA_TYPES = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "tiff": "image/tiff",
    "bmp": "image/bmp",
    "webp": "image/webp",
    "gif": "image/gif",
}

SUPPORTED = (
    "PDF, PNG, JPEG, TIFF, BMP, WebP, GIF, DOCX, PPTX, XLSX, ODT, ODS, ODP, EPUB, HTML, Markdown, AsciiDoc, CSV, "
    "plain text, WebVTT, JATS, USPTO XML, LaTeX, EML and MSG"
)
