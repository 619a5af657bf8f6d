"""A page as it is stored, put together: what it is, who read it, its blocks; and its views in docling-core's types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stepflow_assets.documents.page import Block, BlockList, PageContent

if TYPE_CHECKING:
    from docling_core.types.doc import DoclingDocument
    from docling_core.types.doc.page import SegmentedPage


@dataclass(frozen=True)
class StoredPage:
    """``content`` and ``listed`` are results of the assets ``pages`` and ``ocr_blocks``; ``blocks`` is the artifact that ``listed``
    names. It holds no document and no number: the same page may stand in several documents, under several numbers."""

    content: PageContent
    listed: BlockList
    blocks: tuple[Block, ...]

    def to_docling(self, page_no: int) -> DoclingDocument:
        """A document of this one page, as page ``page_no`` (from 1)."""
        from stepflow_assets.documents.views.docling import DocumentView

        view = DocumentView(f"page {page_no}")
        view.add_page(page_no, self.content.geometry, self.blocks)
        return view.document

    def to_segmented(self) -> SegmentedPage:
        """Its lines and, where they are known, words, with their rectangles in points of the displayed page."""
        from stepflow_assets.documents.views.segmented import segmented_page

        return segmented_page(self.content.geometry, self.blocks)
