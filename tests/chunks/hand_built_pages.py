"""Hand-built pages that follow the contracts: blocks with lines, boxes and order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stepflow_assets.chunks.page_blocks import PageBlocks
from stepflow_assets.documents.evidence import Place
from stepflow_assets.documents.geometry import Quad, hull
from stepflow_assets.documents.page import Block, Confidence, TextCell

LINE = 0.014


def paragraph(
    *lines: str,
    kind: str = "text",
    top: float = 0.3,
    left: float = 0.1,
    right: float = 0.9,
    confidence: float | None = None,
    **more: object,
) -> Block:
    """A block whose text is its lines joined by spaces; each line has its box, one below the other."""
    cells = tuple(
        TextCell(text=line, quad=Quad.of_box(left, top + index * LINE, right, top + index * LINE + 0.012))
        for index, line in enumerate(lines)
    )
    fields: dict[str, object] = {
        "id": "b0000",
        "order": 0,
        "kind": kind,
        "text": " ".join(lines),
        "quad": hull(cell.quad for cell in cells),
        "lines": cells,
        "confidence": Confidence(value=confidence, kind="ctc_char_mean") if confidence is not None else None,
    }
    return Block.model_validate(fields | more)


def element(text: str, path: str, kind: str = "text", **more: object) -> Block:
    """A block of flowing text."""
    place = {"kind": "element", "path": path, "start": 0, "end": len(text)}
    return Block.model_validate({"id": "b0000", "order": 0, "kind": kind, "text": text, "place": place} | more)


def table(rows: Sequence[Sequence[str]], place: Place | None = None, **more: object) -> Block:
    fields: dict[str, object] = {
        "id": "b0000",
        "order": 0,
        "kind": "table",
        "text": "\n".join(" ".join(row) for row in rows),
        "table": tuple(tuple(row) for row in rows),
        "place": place,
        "quad": None if place else Quad.of_box(0.1, 0.3, 0.9, 0.6),
    }
    return Block.model_validate(fields | more)


def page(number: int | None, blocks: Iterable[Block], provider: str | None = "text_layer") -> PageBlocks:
    """Blocks get their ids from their order."""
    named = [block.model_copy(update={"id": f"b{index:04d}", "order": index}) for index, block in enumerate(blocks)]
    return PageBlocks(number, None if number is None else f"page-{number}", tuple(named), provider)
