"""The worker call behind /docling/convert: a file → its DoclingDocument as JSON, normalised. Nothing is fetched."""

from __future__ import annotations

import io
import json
from functools import cache
from pathlib import Path
from typing import Any

from stepflow_assets.conversion.before_headings import FORMATS_OF_WEB_PAGES, keep_what_comes_before_headings
from stepflow_assets.conversion.formats import FORMATS
from stepflow_assets.conversion.normalise import normalised
from stepflow_assets.conversion.plain_text import convert_text
from stepflow_assets.errors import DocumentDamaged, DocumentUnsupported


def convert_document(path: str, format: str) -> bytes:
    """JSON of the document. Raises DocumentDamaged, DocumentUnsupported."""
    value = convert_text(path) if format == "txt" else _by_docling(path, format)
    value = normalised(value)
    if format in FORMATS_OF_WEB_PAGES:
        keep_what_comes_before_headings(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _by_docling(path: str, format: str) -> dict[str, Any]:
    from docling.datamodel.base_models import ConversionStatus, DocumentStream
    from docling.exceptions import BaseError, OperationNotAllowed

    if format not in FORMATS or not FORMATS[format].docling:
        raise DocumentUnsupported(f"there is no conversion for the format {format!r}")
    stream = DocumentStream(name=f"document.{FORMATS[format].suffix}", stream=io.BytesIO(Path(path).read_bytes()))
    try:
        result = _converter(format).convert(stream, raises_on_error=False)
    except OperationNotAllowed:
        raise DocumentUnsupported("its conversion would need something that is switched off here") from None
    except BaseError as error:
        raise DocumentDamaged(f"it cannot be converted ({type(error).__name__})") from None
    if result.status in (ConversionStatus.SUCCESS, ConversionStatus.PARTIAL_SUCCESS):
        value: dict[str, Any] = result.document.export_to_dict()
        return value
    raise DocumentDamaged(f"it is not a readable {format.upper()} file: damaged or incomplete")


@cache
def _converter(format: str) -> Any:
    """One a format and process. Remote and local fetching stay off, which is docling's default and is said here again."""
    from docling.datamodel.base_models import InputFormat
    from docling.document_converter import DocumentConverter

    kind = InputFormat(FORMATS[format].docling)
    converter = DocumentConverter(allowed_formats=[kind])
    options = converter.format_to_options[kind].backend_options
    if options is not None:
        options.enable_remote_fetch = False
        options.enable_local_fetch = False
    return converter
