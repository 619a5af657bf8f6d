"""Documents and chunks for the index suites."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from stepflow_assets.documents.chunk import Chunk
from stepflow_assets.documents.evidence import PagePlace
from stepflow_assets.documents.geometry import Quad
from stepflow_assets.resources.search import IndexedDocument


def document(name: str = "report.pdf", **changes: object) -> IndexedDocument:
    fields: dict[str, object] = {
        "document_id": f"files:{name}",
        "title": name,
        "media_type": "application/pdf",
        "source_sha256": "a" * 64,
        "metadata": {"pages": 3},
    }
    return IndexedDocument(**{**fields, **changes})  # type: ignore[arg-type]


def chunk(ordinal: int, text: str, headings: Sequence[str] = ()) -> Chunk:
    return Chunk(
        id=f"{ordinal:04d}-{zlib.crc32(text.encode()):08x}",
        ordinal=ordinal,
        text=text,
        headings=tuple(headings),
        kinds=("text",),
        tokens=len(text.split()),
        places=(PagePlace(page=ordinal + 1, page_id="p" * 8, quads=(Quad.of_box(0.1, 0.2, 0.9, 0.3),)),),
        confidence=0.9,
        provider="text-layer",
    )


def chunks(*texts: str) -> list[Chunk]:
    return [chunk(ordinal, text) for ordinal, text in enumerate(texts)]
