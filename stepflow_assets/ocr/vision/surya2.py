"""Surya 2: one request a page, answered in HTML whose outer ``div``s carry a label and a box on a grid of 1000.

The prompt is what the model was trained with: it must not be paraphrased. Blocks come from ``blocks_of``, which Surya's own
client uses too.
"""

from __future__ import annotations

import re

from bs4 import Tag

from stepflow_assets.documents.geometry import Quad
from stepflow_assets.documents.recognized import RecognizedBlock
from stepflow_assets.ocr.protocol import Feature, Geometry
from stepflow_assets.ocr.vision.dialect import Ask, DialectReading, UnreadableAnswer
from stepflow_assets.ocr.vision.html_text import MalformedHtml, cells_of, grid_text, latex_of, parsed, text_of
from stepflow_assets.ocr.vision.picture import PagePicture

FULL_PAGE = (
    "OCR this image to HTML. Each block is a div with data-label and data-bbox (x0 y0 x1 y1, normalized 0-1000)."
)
_GRID = 1000
_BLANK = "Blank-Page"
_KINDS = {
    "Caption": "caption",
    "Footnote": "footnote",
    "Equation-Block": "formula",
    "List-Group": "list_item",
    "Page-Header": "page_header",
    "Page-Footer": "page_footer",
    "Image": "picture",
    "Figure": "picture",
    "Diagram": "picture",
    "Section-Header": "section_header",
    "Table": "table",
    "Code-Block": "code",
    "Form": "form",
    "Table-Of-Contents": "document_index",
    "Bibliography": "reference",
}
_HEADING = re.compile(r"^h[1-6]$")
_FENCE = re.compile(r"\A\s*```[a-zA-Z]*\n(.*?)(\n```\s*)?\Z", re.DOTALL)


class Surya2:
    version = "surya2 r1"
    geometry = Geometry.BLOCK
    features = frozenset({Feature.LAYOUT, Feature.TABLES, Feature.MATH})

    def read(self, picture: PagePicture, ask: Ask) -> DialectReading:
        return DialectReading(blocks_of(ask(picture.png, FULL_PAGE).text))


def blocks_of(answer: str) -> tuple[RecognizedBlock, ...]:
    """The answer's blocks in its order; none for an empty answer and for a page that it calls blank.

    Raises UnreadableAnswer where there is text, but no block.
    """
    fenced = _FENCE.match(answer)
    html = fenced.group(1) if fenced else answer
    if not html.strip():
        return ()
    try:
        outer = [div for div in parsed(html).find_all("div") if div.has_attr("data-label") and not _inside(div)]
        blocks = tuple(block for div in outer if div["data-label"] != _BLANK for block in _blocks(div))
    except MalformedHtml as error:
        raise UnreadableAnswer(str(error)) from None
    if not outer:
        raise UnreadableAnswer("the answer has no block with a label")
    return blocks


def _inside(div: Tag) -> bool:
    return div.find_parent("div", attrs={"data-label": True}) is not None


def _blocks(div: Tag) -> list[RecognizedBlock]:
    label = str(div["data-label"])
    kind = _KINDS.get(label, "text")
    quad = _quad(div)
    if kind == "table" and (table := div.find("table")) is not None:
        return _table(div, table, label, quad)
    if kind == "list_item" and (items := div.find_all("li")):
        return [
            RecognizedBlock(kind=kind, raw_kind=label, quad=_quad(item) or quad, text=text)
            for item in items
            if (text := text_of(item, without=frozenset({"ul", "ol"})))
        ]
    latex = latex_of(div) if kind == "formula" else None
    heading = div.find(_HEADING)
    return [
        RecognizedBlock(
            kind=kind,
            raw_kind=label,
            quad=quad,
            text=latex or text_of(code if kind == "code" and (code := div.find("pre")) is not None else div),
            level=int(heading.name[1]) if kind == "section_header" and heading is not None else None,
            latex=latex,
            html=_inner(div) if kind == "form" else None,
        )
    ]


def _table(div: Tag, table: Tag, label: str, quad: Quad | None) -> list[RecognizedBlock]:
    """The table, and before it what stands beside it in the same block (its caption)."""
    cells = cells_of(table)
    caption = table.find("caption")
    beside = "\n".join(
        text for text in (text_of(div, without=frozenset({"table"})), text_of(caption) if caption else "") if text
    )
    found = [RecognizedBlock(kind="caption", raw_kind=label, quad=quad, text=beside)] if beside else []
    return [
        *found,
        RecognizedBlock(kind="table", raw_kind=label, quad=quad, text=grid_text(cells), cells=cells, html=str(table)),
    ]


def _inner(div: Tag) -> str:
    return "".join(str(child) for child in div.contents).strip()


def _quad(tag: Tag) -> Quad | None:
    """None where the box is missing, malformed, empty or off the grid: it is then aligned to detected lines."""
    try:
        left, top, right, bottom = (float(value) for value in str(tag.get("data-bbox", "")).replace(",", " ").split())
    except ValueError:
        return None
    if not (0 <= left < right <= _GRID and 0 <= top < bottom <= _GRID):
        return None
    return Quad.of_box(left / _GRID, top / _GRID, right / _GRID, bottom / _GRID)
