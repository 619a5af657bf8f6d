"""What a file is: by its content, whatever its name says; the name decides only between formats of plain text."""

from __future__ import annotations

import io
import zipfile

import pytest

from stepflow_assets.conversion.detection import detect
from stepflow_assets.errors import DocumentDamaged, DocumentEncrypted, DocumentUnsupported


def archive(**members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, text in members.items():
            packed.writestr(name.replace("__", "/"), text)
    return out.getvalue()


def ole(*streams: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + b"".join(name.encode("utf-16-le") for name in streams)


CONTENT_TYPES = {"[Content_Types].xml": "<Types/>"}
DOCX = archive(**CONTENT_TYPES, **{"word__document.xml": "<w/>"})
HTML = b"<!DOCTYPE html>\n<html><body>Hello</body></html>"
JATS = b'<?xml version="1.0"?>\n<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) v1.1//EN" "a.dtd"><article><front/></article>'
MAIL = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: Hello\r\n\r\nText\r\n"


@pytest.mark.parametrize(
    ("data", "name", "format"),
    [
        (b"%PDF-1.7\n", "a.pdf", "pdf"),
        (b"junk before\n%PDF-1.4\n", "a.bin", "pdf"),
        (b"\x89PNG\r\n\x1a\n....", "a.pdf", "image"),
        (b"\xff\xd8\xff\xe0....", "scan", "image"),
        (b"II*\x00....", "a.tif", "image"),
        (b"MM\x00*....", "a.tif", "image"),
        (b"GIF89a....", "a.gif", "image"),
        (b"BM\x00\x01\x02\x03\x00\x00", "a.bmp", "image"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "a.webp", "image"),
        (DOCX, "a.zip", "docx"),
        (archive(**CONTENT_TYPES, **{"ppt__presentation.xml": "<p/>"}), "a.docx", "pptx"),
        (archive(**CONTENT_TYPES, **{"xl__workbook.xml": "<x/>"}), "a", "xlsx"),
        (archive(mimetype="application/vnd.oasis.opendocument.text"), "a", "odt"),
        (archive(mimetype="application/vnd.oasis.opendocument.spreadsheet-template"), "a", "ods"),
        (archive(mimetype="application/vnd.oasis.opendocument.presentation"), "a", "odp"),
        (archive(mimetype="application/epub+zip\n"), "a.zip", "epub"),
        (ole("__properties_version1.0"), "a.msg", "msg"),
        (HTML, "not_a_pdf.pdf", "html"),
        (HTML, "readme.md", "html"),
        (b"<html><body>x</body></html>", "a.txt", "html"),
        (b'<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml"/>', "a.xhtml", "html"),
        (b"<p align=center>Badges</p>\n\n# Title\n", "README.md", "md"),
        (b"<p>fragment</p>", "a.html", "html"),
        (JATS, "a.xml", "jats"),
        (b'<?xml version="1.0"?><us-patent-grant lang="EN"/>', "a.xml", "uspto"),
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\nHi", "a.txt", "vtt"),
        (MAIL, "a.eml", "eml"),
        (MAIL, "a.txt", "eml"),
        (b"\\documentclass{article}\n\\begin{document}", "a.txt", "latex"),
        (b'{"schema_name": "DoclingDocument", "version": "1.0.0"}', "a.json", "docling"),
        (b"a,b\n1,2\n3,4\n", "a.csv", "csv"),
        (b"a,b\n1,2\n3,4\n", "data", "csv"),
        (b"# Title\n\n- one\n- two\n", "notes", "md"),
        (b"# Title\n\n- one\n- two\n", "notes.txt", "txt"),
        (b"= Title\n\ntext", "a.adoc", "asciidoc"),
        (b"Note: this is no mail\n\nJust text.", "a.txt", "txt"),
        ("Größe".encode("cp1252"), "a.txt", "txt"),
        ("\ufeffText".encode("utf-16"), "a.txt", "txt"),
        (b"BMW builds cars", "a.txt", "txt"),
        (b"  \n", "a.txt", "txt"),
    ],
)
def test_formats_are_known_by_content(data: bytes, name: str, format: str) -> None:
    assert detect(data, name).format.name == format


@pytest.mark.parametrize(
    ("data", "name", "error", "says"),
    [
        (b"", "a.pdf", DocumentDamaged, "empty"),
        (b"This is not a valid PDF file at all.", "a.pdf", DocumentDamaged, "plain text"),
        (b"\x01\x02\x00\x03" * 50, "a.docx", DocumentDamaged, "not of that format"),
        (DOCX[: len(DOCX) // 2], "a.docx", DocumentDamaged, "cut off"),
        (archive(**CONTENT_TYPES, other="x"), "a.docx", DocumentDamaged, "main part"),
        (archive(readme="x"), "a.zip", DocumentUnsupported, "ZIP"),
        (archive(**{"Index__Document.iwa": "x"}), "a.pages", DocumentUnsupported, "iWork"),
        (archive(**CONTENT_TYPES, **{"xl__workbook.bin": "x"}), "a.xlsb", DocumentUnsupported, "xlsb"),
        (ole("EncryptedPackage"), "a.docx", DocumentEncrypted, "encrypted"),
        (
            archive(
                **{
                    "mimetype": "application/vnd.oasis.opendocument.text",
                    "META-INF__manifest.xml": "<m:encryption-data/>",
                }
            ),
            "a.odt",
            DocumentEncrypted,
            "encrypted",
        ),
        (ole("WordDocument"), "a.doc", DocumentUnsupported, "Word 97"),
        (ole("Workbook"), "a.xls", DocumentUnsupported, "Excel 97"),
        (ole("PowerPoint Document"), "a.ppt", DocumentUnsupported, "PowerPoint 97"),
        (ole("Something"), "a", DocumentUnsupported, "unknown kind"),
        (b"{\\rtf1\\ansi}", "a.rtf", DocumentUnsupported, "RTF"),
        (b"%!PS-Adobe-3.0", "a.ps", DocumentUnsupported, "PostScript"),
        (b"ID3\x03", "a.mp3", DocumentUnsupported, "audio"),
        (b"\x01\x02\x00\x03" * 50, "a.dat", DocumentUnsupported, "binary"),
        (b'<?xml version="1.0"?><inventory/>', "a.xml", DocumentUnsupported, "XML"),
    ],
)
def test_what_cannot_be_read_says_what_it_is_and_what_to_do(
    data: bytes, name: str, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says) as caught:
        detect(data, name)
    assert caught.value.category.value == "source"
    assert caught.value.next_step
