"""What a file is, by its content. The name only breaks ties between formats of plain text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from stepflow_assets.conversion import containers, texts
from stepflow_assets.conversion.formats import FORMATS, IMAGE_MEDIA_TYPES, SUPPORTED, Format
from stepflow_assets.errors import DocumentDamaged, DocumentUnsupported

_PDF_WITHIN = 1024  # bytes that may stand before %PDF-, as readers allow
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"MM\x00+", "tiff"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"BM", "bmp"),
)
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"{\\rtf", "rich text (RTF)"),
    (b"%!PS", "PostScript"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"AT&TFORM", "DjVu"),
    (b"ID3", "audio"),
    (b"OggS", "audio"),
    (b"fLaC", "audio"),
    (b"RIFF", "audio or video"),
    (b"\x1aE\xdf\xa3", "video"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"SQLite format 3", "a database"),
)
_BINARY_TEXT = (
    "pdf png jpg jpeg tif tiff bmp webp gif docx docm dotx pptx pptm ppsx xlsx xlsm xltx odt ods odp epub msg"
)
_BINARY_NAMES = frozenset(_BINARY_TEXT.split())


@dataclass(frozen=True)
class Detected:
    format: Format
    media_type: str


def detect(data: bytes, name: str) -> Detected:
    """Raises DocumentDamaged, DocumentEncrypted, DocumentTooLarge, DocumentUnsupported (naming what is supported)."""
    if not data:
        raise DocumentDamaged("the file is empty (0 bytes)", code="document.empty_file")
    if b"%PDF-" in data[:_PDF_WITHIN]:
        return _of("pdf")
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _image("webp")
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _of(containers.zip_format(data))
    if data.startswith(containers.OLE_SIGNATURE):
        return _of(containers.ole_format(data))
    for signature, kind in _SIGNATURES:
        if data.startswith(signature) and not (kind == "bmp" and texts.decoded(data[:4096]) is not None):
            return _image(kind)
    return _text(data, name)


def _text(data: bytes, name: str) -> Detected:
    for signature, what in _FOREIGN:
        if data.startswith(signature):
            raise unsupported(what)
    suffix = PurePosixPath(name).suffix.lower().lstrip(".")
    text = texts.decoded(data[: texts.HEAD])
    if text is None:
        if suffix in _BINARY_NAMES:
            raise DocumentDamaged(f"it is named .{suffix}, but its content is not of that format")
        raise unsupported("binary data of an unknown format")
    if not text.strip():
        return _of("txt")
    found = texts.signed_format(text, data)
    if found is not None:
        if found not in FORMATS:
            raise unsupported(found)
        return _of(found)
    if suffix in _BINARY_NAMES:
        raise DocumentDamaged(f"it is named .{suffix}, but holds plain text that is not of that format")
    return _of(texts.format_by_suffix(suffix) or texts.format_by_look(text))


def unsupported(what: str) -> DocumentUnsupported:
    return DocumentUnsupported(
        f"this is {what}, which is not supported", next_step=f"Convert it to a supported format: {SUPPORTED}."
    )


def _of(name: str) -> Detected:
    return Detected(FORMATS[name], FORMATS[name].media_type)


def _image(kind: str) -> Detected:
    return Detected(FORMATS["image"], IMAGE_MEDIA_TYPES[kind])
