"""Pages as a ``DoclingDocument``: each block an item with its page, box and, in ``meta``, its id and confidence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from stepflow_assets.documents.page import Block, PageGeometry
from stepflow_assets.documents.table_cells import TableCell
from stepflow_assets.documents.views.points import box_in_points

if TYPE_CHECKING:
    from docling_core.types.doc import DocItem, DocItemLabel, DoclingDocument, GroupItem, ProvenanceItem, TableData

NAMESPACE = "ocr"  # of the custom fields: ocr__block_id, ocr__confidence, ocr__confidence_kind


class DocumentView:
    """Builds one ``DoclingDocument`` page by page; ``document`` is what came of it."""

    def __init__(self, name: str) -> None:
        from docling_core.types.doc import DoclingDocument

        self.document: DoclingDocument = DoclingDocument(name=name)
        self._list: GroupItem | None = None

    def add_page(self, number: int, geometry: PageGeometry, blocks: Iterable[Block]) -> None:
        """The page's blocks in their order. Page numbers are from 1, and each is given once."""
        from docling_core.types.doc.base import Size

        self.document.add_page(page_no=number, size=Size(width=geometry.width_pt, height=geometry.height_pt))
        for block in blocks:
            self.add(block, _provenance(block, number, geometry), geometry)

    def add(
        self, block: Block, provenance: ProvenanceItem | None = None, geometry: PageGeometry | None = None
    ) -> DocItem:
        """One block at the end of the document; without ``geometry`` its cells have no boxes."""
        from docling_core.types.doc import ContentLayer, DocItemLabel

        document, text = self.document, block.text
        layer = ContentLayer.FURNITURE if block.furniture else ContentLayer.BODY
        if block.kind != "list_item":
            self._list = None
        item: DocItem
        match block.kind:
            case "title":
                item = document.add_title(text, prov=provenance, content_layer=layer)
            case "section_header":
                item = document.add_heading(text, level=block.level or 1, prov=provenance, content_layer=layer)
            case "list_item":
                self._list = self._list or document.add_list_group()
                item = document.add_list_item(text, prov=provenance, parent=self._list, content_layer=layer)
            case "table" | "document_index" if block.table or block.cells:
                label = DocItemLabel(block.kind)
                data = _table(block, geometry)
                item = document.add_table(data, prov=provenance, label=label, content_layer=layer)
            case "picture" | "chart" if not text.strip():
                item = document.add_picture(prov=provenance, content_layer=layer)
            case "code":
                item = document.add_code(text, prov=provenance, content_layer=layer)
            case "formula":
                item = document.add_formula(block.latex or text, orig=text, prov=provenance, content_layer=layer)
            case _:
                item = document.add_text(_text_label(block.kind), text, prov=provenance, content_layer=layer)
        _mark(item, block)
        return item


def _mark(item: DocItem, block: Block) -> None:
    """Says in the item's ``meta`` which block it is, and how sure its text."""
    from docling_core.types.doc import BaseMeta

    meta = item.meta or BaseMeta()
    meta.set_custom_field(NAMESPACE, "block_id", block.id)
    if block.confidence is not None:
        meta.set_custom_field(NAMESPACE, "confidence", block.confidence.value)
        meta.set_custom_field(NAMESPACE, "confidence_kind", block.confidence.kind)
    item.meta = meta


def _provenance(block: Block, number: int, geometry: PageGeometry) -> ProvenanceItem | None:
    from docling_core.types.doc import ProvenanceItem

    if block.quad is None:
        return None
    return ProvenanceItem(page_no=number, bbox=box_in_points(block.quad, geometry), charspan=(0, len(block.text)))


_TEXTS = frozenset(
    {"caption", "checkbox_selected", "checkbox_unselected", "footnote", "page_header", "page_footer", "paragraph", "reference"}
)  # fmt: skip


def _text_label(kind: str) -> DocItemLabel:
    """A kind that needs more than its text (a table without a grid) is text."""
    from docling_core.types.doc import DocItemLabel

    return DocItemLabel(kind if kind in _TEXTS else "text")


def _table(block: Block, geometry: PageGeometry | None) -> TableData:
    from docling_core.types.doc import TableCell as DoclingTableCell
    from docling_core.types.doc import TableData

    cells = block.cells or _cells_of_grid(block.table or ())
    return TableData(
        num_rows=max((cell.row + cell.row_span for cell in cells), default=0),
        num_cols=max((cell.column + cell.column_span for cell in cells), default=0),
        table_cells=[
            DoclingTableCell(
                text=cell.text,
                bbox=box_in_points(cell.quad, geometry) if cell.quad and geometry else None,
                row_span=cell.row_span,
                col_span=cell.column_span,
                start_row_offset_idx=cell.row,
                end_row_offset_idx=cell.row + cell.row_span,
                start_col_offset_idx=cell.column,
                end_col_offset_idx=cell.column + cell.column_span,
                column_header=cell.header,
            )
            for cell in cells
        ],
    )


def _cells_of_grid(table: tuple[tuple[str, ...], ...]) -> list[TableCell]:
    return [
        TableCell(row=row, column=column, text=text)
        for row, texts in enumerate(table)
        for column, text in enumerate(texts)
        if text.strip()
    ]
