"""Blocks of a page that one of docling's parsers read: from its DoclingDocument, in its order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from docling_core.types.doc.base import CoordOrigin
from docling_core.types.doc.document import DoclingDocument
from docling_core.types.doc.items.group import InlineGroup
from docling_core.types.doc.items.node import DocItem, NodeItem
from docling_core.types.doc.items.picture.picture import PictureItem
from docling_core.types.doc.items.table.table import TableItem
from docling_core.types.doc.items.text import FormulaItem, SectionHeaderItem, TextItem

from stepflow_assets.documents.geometry import Quad, hull
from stepflow_assets.documents.recognized import RecognizedBlock, RecognizedCell
from stepflow_assets.ocr.vision.html_text import grid_text

_BEFORE_END = re.compile(r" ([.,;:!?)\]])")


def blocks_of(document: DoclingDocument) -> tuple[RecognizedBlock, ...]:
    """Boxes are taken where docling has some. What it keeps in runs (bold, links, inline formulas) is one block's text again."""
    return tuple(_children(document, document.body, set()))


def _children(document: DoclingDocument, node: NodeItem, seen: set[str]) -> Iterator[RecognizedBlock]:
    for reference in node.children:
        yield from _blocks(document, reference.resolve(document), seen)


def _blocks(document: DoclingDocument, item: NodeItem, seen: set[str]) -> Iterator[RecognizedBlock]:
    if item.self_ref in seen:
        return
    seen.add(item.self_ref)
    if isinstance(item, (TableItem, PictureItem)):
        for caption in item.captions:
            yield from _blocks(document, caption.resolve(document), seen)
        yield from [_table(document, item)] if isinstance(item, TableItem) else [_picture(document, item)]
        if isinstance(item, PictureItem):
            yield from _children(document, item, seen)
        return
    if isinstance(item, (TextItem, InlineGroup)):
        runs = list(_runs(document, item, seen))
        if text := _joined(runs):
            yield _text(document, item, runs, text)
        if not isinstance(item, InlineGroup):
            yield from _children(document, item, seen)
        return
    yield from _children(document, item, seen)


def _runs(document: DoclingDocument, item: NodeItem, seen: set[str]) -> Iterator[TextItem]:
    """The pieces of one paragraph: the item itself, and what an inline group (or a text item without text) holds."""
    if isinstance(item, TextItem) and item.text.strip():
        seen.add(item.self_ref)
        yield item
        return
    for reference in item.children:
        child = reference.resolve(document)
        if isinstance(child, (TextItem, InlineGroup)):
            seen.add(child.self_ref)
            yield from _runs(document, child, seen)


def _joined(runs: Sequence[TextItem]) -> str:
    """docling strips its runs: a space is put between, except before what ends a sentence. Inline formulas as ``$…$``."""
    inline = len(runs) > 1
    pieces = [f"${run.text}$" if inline and isinstance(run, FormulaItem) else run.text.strip() for run in runs]
    return _BEFORE_END.sub(r"\1", " ".join(piece for piece in pieces if piece))


def _text(document: DoclingDocument, item: NodeItem, runs: Sequence[TextItem], text: str) -> RecognizedBlock:
    first = item if isinstance(item, TextItem) else runs[0]
    return RecognizedBlock(
        kind=first.label.value if isinstance(item, TextItem) or len(runs) == 1 else "text",
        raw_kind=first.label.value,
        text=text,
        quad=_quad(document, [item, *runs]),
        level=first.level if isinstance(first, SectionHeaderItem) else None,
        latex=text if isinstance(first, FormulaItem) and len(runs) == 1 else None,
    )


def _table(document: DoclingDocument, table: TableItem) -> RecognizedBlock:
    cells = tuple(
        RecognizedCell(
            row=cell.start_row_offset_idx,
            column=cell.start_col_offset_idx,
            row_span=max(1, cell.end_row_offset_idx - cell.start_row_offset_idx),
            column_span=max(1, cell.end_col_offset_idx - cell.start_col_offset_idx),
            text=" ".join(cell.text.split()),
            header=cell.column_header or cell.row_header,
        )
        for cell in table.data.table_cells
    )
    quad = _quad(document, [table])
    return RecognizedBlock(kind="table", raw_kind=table.label.value, text=grid_text(cells), cells=cells, quad=quad)


def _picture(document: DoclingDocument, picture: PictureItem) -> RecognizedBlock:
    return RecognizedBlock(kind="picture", raw_kind=picture.label.value, text="", quad=_quad(document, [picture]))


def _quad(document: DoclingDocument, items: Iterable[NodeItem]) -> Quad | None:
    quads = [
        quad for item in items if isinstance(item, DocItem) for prov in item.prov if (quad := _box(document, prov))
    ]
    return hull(quads) if quads else None


def _box(document: DoclingDocument, provenance: Any) -> Quad | None:
    size = document.pages[provenance.page_no].size
    box = provenance.bbox
    if box.coord_origin != CoordOrigin.TOPLEFT:
        box = box.to_top_left_origin(size.height)
    quad = Quad.of_box(box.l / size.width, box.t / size.height, box.r / size.width, box.b / size.height)
    return quad if quad.area > 0 else None
