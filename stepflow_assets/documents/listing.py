"""What the ``document`` asset knows about a document: format, size, pages; nothing expensive."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from stepflow_assets.documents.page import PageItem, Ref


class SourceVersion(BaseModel):
    """Pinned bytes: where they are and which version was seen. ``version`` of local files is their SHA-256."""

    model_config = ConfigDict(frozen=True)

    uri: str
    version: str


class DocumentListing(BaseModel):
    """Output of /source/read. ``page_count`` is null for formats without pages (they have one part)."""

    model_config = ConfigDict(frozen=True)

    media_type: str
    format: str  # pdf, image, docx, pptx, xlsx, html, md, csv, …
    bytes: int
    sha256: str
    source: Ref
    page_count: int | None
    pages: tuple[PageItem, ...]
