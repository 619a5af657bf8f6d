"""Formats inside containers: ZIP (Office Open XML, OpenDocument, EPUB) and OLE (Outlook messages, old Office)."""

from __future__ import annotations

import io
import zipfile
import zlib

from stepflow_assets.conversion.formats import SUPPORTED
from stepflow_assets.errors import DocumentDamaged, DocumentEncrypted, DocumentTooLarge, DocumentUnsupported

OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MOST_UNPACKED = 4 << 30  # bytes: a bomb, or more than conversion can hold
_MOST_MEMBERS = 100_000
_BY_MIMETYPE = {
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/vnd.oasis.opendocument.presentation": "odp",
    b"application/epub+zip": "epub",
}
_BY_MEMBER = (("word/document", "docx"), ("ppt/presentation", "pptx"), ("xl/workbook", "xlsx"))


def zip_format(data: bytes) -> str:
    """Raises DocumentDamaged (cut off), DocumentEncrypted, DocumentTooLarge, DocumentUnsupported."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _zip_format(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
        raise DocumentDamaged("the file is a ZIP container that is damaged or cut off") from None


def ole_format(data: bytes) -> str:
    """``msg``. Raises DocumentEncrypted, DocumentUnsupported for old Office formats."""
    if _stream(data, "EncryptedPackage"):
        raise DocumentEncrypted(
            "the Office document is encrypted",
            next_step="Remove the password in its own program, then ingest it again.",
        )
    if _stream(data, "__properties_version1.0") or _stream(data, "__nameid_version1.0"):
        return "msg"
    for stream, what in (
        ("WordDocument", "Word 97 (.doc)"),
        ("Workbook", "Excel 97 (.xls)"),
        ("Book", "Excel 5 (.xls)"),
    ):
        if _stream(data, stream):
            raise _old(what)
    if _stream(data, "PowerPoint Document"):
        raise _old("PowerPoint 97 (.ppt)")
    raise DocumentUnsupported(
        "this is an OLE container of an unknown kind", next_step=f"Convert it to a supported format: {SUPPORTED}."
    )


def _zip_format(archive: zipfile.ZipFile) -> str:
    members = archive.infolist()
    if len(members) > _MOST_MEMBERS or sum(member.file_size for member in members) > _MOST_UNPACKED:
        raise DocumentTooLarge("unpacked, the container is beyond all measure (a ZIP bomb?)")
    names = {member.filename for member in members}
    if "mimetype" in names:
        found = _BY_MIMETYPE.get(archive.read("mimetype").strip().removesuffix(b"-template"))
        if found:
            _refuse_encrypted_odf(archive, names)
            return found
    for start, found in _BY_MEMBER:
        members_like = [name for name in names if name.lower().startswith(start)]
        if any(name.endswith(".bin") for name in members_like):
            raise _old("Excel binary (.xlsb)")
        if any(name.endswith(".xml") for name in members_like):
            return found
    if "[Content_Types].xml" in names:
        raise DocumentDamaged("it is an Office container without its main part")
    what = "an Apple iWork document" if any(name.endswith(".iwa") for name in names) else "a ZIP archive"
    raise DocumentUnsupported(
        f"this is {what}, which is not supported",
        next_step=f"Unpack or convert it; supported formats: {SUPPORTED}.",
    )


def _refuse_encrypted_odf(archive: zipfile.ZipFile, names: set[str]) -> None:
    manifest = "META-INF/manifest.xml"
    if manifest in names and b"encryption-data" in archive.read(manifest):
        raise DocumentEncrypted(
            "the document is encrypted", next_step="Remove the password in its own program, then ingest it again."
        )


def _stream(data: bytes, name: str) -> bool:
    return name.encode("utf-16-le") in data


def _old(what: str) -> DocumentUnsupported:
    return DocumentUnsupported(
        f"this is {what}, an old Office format",
        next_step="Save it as DOCX, XLSX or PPTX (for instance with LibreOffice), then ingest that.",
    )
