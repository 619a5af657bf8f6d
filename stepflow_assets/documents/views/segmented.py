"""A page as docling-core's ``SegmentedPage``: its lines and words with their rectangles, for docling's merging and evaluation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from stepflow_assets.documents.geometry import WHOLE, Quad
from stepflow_assets.documents.page import Block, PageGeometry, TextCell, word_quads
from stepflow_assets.documents.views.points import rectangle_in_points

if TYPE_CHECKING:
    from docling_core.types.doc.page import SegmentedPage
    from docling_core.types.doc.page import TextCell as DoclingCell

_UNKNOWN = 1.0  # docling-core's cells have to have a confidence; a text layer's is not a guess


def segmented_page(geometry: PageGeometry, blocks: Iterable[Block]) -> SegmentedPage:
    """Lines in reading order and, where they are known, the words of each. A block without lines is one line."""
    from docling_core.types.doc.page import PageGeometry as DoclingGeometry
    from docling_core.types.doc.page import SegmentedPage

    lines = [line for block in blocks for line in _lines(block)]
    words = [
        _cell(line.text[word.start : word.end], quad, line, geometry)
        for line in lines
        for word, quad in zip(line.words, word_quads(line), strict=True)
    ]
    return SegmentedPage(
        dimension=DoclingGeometry(angle=0.0, rect=rectangle_in_points(WHOLE, geometry)),
        textline_cells=_numbered(_cell(line.text, line.quad, line, geometry) for line in lines),
        word_cells=_numbered(words),
        has_lines=True,
        has_words=all(line.words for line in lines),
        has_chars=False,
    )


def _lines(block: Block) -> tuple[TextCell, ...]:
    if block.lines or block.quad is None or not block.text.strip():
        return block.lines
    return (TextCell(text=block.text, quad=block.quad, confidence=block.confidence),)


def _cell(text: str, quad: Quad, line: TextCell, geometry: PageGeometry) -> DoclingCell:
    from docling_core.types.doc.page import TextCell as DoclingCell

    read = line.confidence is not None and line.confidence.kind != "text_layer"
    return DoclingCell(
        rect=rectangle_in_points(quad, geometry),
        text=text,
        orig=text,
        confidence=line.confidence.value if line.confidence else _UNKNOWN,
        from_ocr=read,
    )


def _numbered(cells: Iterable[DoclingCell]) -> list[DoclingCell]:
    return [cell.model_copy(update={"index": index}) for index, cell in enumerate(cells)]
