"""What the parts of a born-digital page cost by themselves: ``python -m benchmarks.parts FOLDER FILE…`` prints JSON.

The platform's own functions one after another in one process, without flow, stores, Dagster and checks: CPU milliseconds of
all files together, under *parse*, *route*, *blocks*, *chunk* and *index*, and the number of pages. What a page of the platform
costs beyond their sum is the framework's.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import TypeAdapter

from stepflow_assets.chunks.assembly import assemble
from stepflow_assets.chunks.page_blocks import PageBlocks
from stepflow_assets.chunks.splitting import split
from stepflow_assets.documents.chunk import Chunk
from stepflow_assets.documents.page import Block, Route
from stepflow_assets.ocr.page_blocks import PageText, blocks_of_page
from stepflow_assets.pages import opening
from stepflow_assets.pages.appearance import appearance
from stepflow_assets.pages.cells import cells_of, to_json
from stepflow_assets.pages.form_fields import field_cells
from stepflow_assets.pages.frame import PageFrame
from stepflow_assets.pages.images_on_page import placed_images
from stepflow_assets.pages.reading import page_id
from stepflow_assets.pages.route import route_of
from stepflow_assets.pages.signals import text_signals
from stepflow_assets.pages.words import page_text, words_of
from stepflow_assets.resources.embedded_index.index import EmbeddedIndex
from stepflow_assets.resources.search import IndexedDocument

PARTS = ("parse", "route", "blocks", "chunk", "index")
_TOKENS = 256
_BLOCKS = TypeAdapter(list[Block])
_CHUNKS = TypeAdapter(list[Chunk])


class _Clock:
    def __init__(self) -> None:
        self.milliseconds: Counter[str] = Counter()

    @contextmanager
    def counting(self, part: str) -> Iterator[None]:
        began = time.process_time()
        yield
        self.milliseconds[part] += (time.process_time() - began) * 1000  # type: ignore[assignment]


def main() -> None:
    folder, files = Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]]
    index = EmbeddedIndex(folder / "index.db")
    _document(files[0], folder, index, _Clock())  # imports, the index's tables
    clock = _Clock()
    pages = sum(_document(file, folder, index, clock) for file in files)
    index.close()
    print(json.dumps({"pages": pages, **{part: clock.milliseconds[part] for part in PARTS}}))


def _document(file: Path, folder: Path, index: EmbeddedIndex, clock: _Clock) -> int:
    with clock.counting("parse"):
        document = opening.open_pdf(str(file), ())
    pages = []
    for number in range(1, len(document) + 1):
        cells, name, route, size = _page(document, number, clock)
        layer = folder / "cells.json"
        layer.write_bytes(cells)
        with clock.counting("blocks"):
            made = blocks_of_page(PageText(route, *size, str(layer), None))
        pages.append((number, name, made.blocks))
    with clock.counting("chunk"):
        assembly = assemble(
            [PageBlocks(number, name, tuple(_BLOCKS.validate_json(blocks or b"[]"))) for number, name, blocks in pages]
        )
        chunks = split(assembly.units, _TOKENS)
        stored = _CHUNKS.dump_json(list(chunks))
    with clock.counting("index"):
        about = IndexedDocument(f"files:{file}", file.name, "application/pdf", hashlib.sha256(stored).hexdigest())
        index.write_generation(about, 1, _CHUNKS.validate_json(stored))
    return len(pages)


def _page(document: object, number: int, clock: _Clock) -> tuple[bytes, str, Route, tuple[float, float]]:
    with clock.counting("parse"):
        opened = opening.open_pdf_page(document, number)
        frame = PageFrame.of(opened.page)
        text = page_text(opened.textpage)
        cells = cells_of(words_of(opened.textpage, text), frame)
        cells += field_cells(opened.page, opened.form, frame)
        stored = to_json(cells)
    with clock.counting("route"):
        images = placed_images(opened.page)
        boxes = [cell.box for cell in cells]
        seen = appearance(opened, frame, text_signals(opened.textpage, text), boxes, images)
        route, _ = route_of(seen.signals)
        name = page_id(seen.digest, stored, frame.width, frame.height)
    with clock.counting("parse"):
        opened.close()
    return stored, name, route, (frame.width, frame.height)


if __name__ == "__main__":
    main()
