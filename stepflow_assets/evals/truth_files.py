"""The kinds of ground truth that the corpus has, each read as truth: words with quads, DoclingDocuments, human annotation of
layout, Markdown, and the text layer itself."""

from __future__ import annotations

import html
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stepflow_assets.evals.tables import Box, Cell, Table
from stepflow_assets.evals.truth import TrueArea, TruePage, TrueWord

_FURNITURE = ("page_header", "page_footer")
_TEXTS = ("text", "section_header", "title", "list_item", "caption", "footnote", "code", *_FURNITURE)


def words_pages(file: Path) -> list[TruePage]:
    """``*.words.json``: exact words of a picture, with quads in its pixels."""
    return [
        TruePage(number, layer=False, words=tuple(_words(page)), text=" ".join(word["text"] for word in page["words"]))
        for number, page in enumerate(json.loads(file.read_bytes()), 1)
    ]


def _words(page: dict[str, Any]) -> Iterator[TrueWord]:
    for word in page["words"]:
        xs = [x / page["width"] for x, _ in word["quad"]]
        ys = [y / page["height"] for _, y in word["quad"]]
        yield TrueWord(word["text"], sum(xs) / 4, sum(ys) / 4, (min(xs), min(ys), max(xs), max(ys)))


def docling_pages(file: Path, *, layer: bool) -> list[TruePage]:
    """A DoclingDocument of a paged format: its texts in reading order, and its tables."""
    document = json.loads(file.read_bytes())
    sizes = {int(number): page["size"] for number, page in document["pages"].items()}
    areas: dict[int, list[TrueArea]] = {number: [] for number in sizes}
    tables: dict[int, list[Table]] = {number: [] for number in sizes}
    for order, item in enumerate(_in_order(document)):
        if item["label"] == "table":
            for place in item["prov"][:1]:
                tables[place["page_no"]].append(_table(item["data"], _box(place["bbox"], sizes[place["page_no"]])))
        elif item["label"] in _TEXTS:
            body = item["content_layer"] == "body"
            for part in item["prov"]:
                text = item["text"] if len(item["prov"]) == 1 else item["text"][slice(*part["charspan"])]
                box = _box(part["bbox"], sizes[part["page_no"]])
                areas[part["page_no"]].append(TrueArea(box, float(order) if body else None, text))
    return [
        TruePage(number, layer, areas=tuple(areas[number]), tables=tuple(tables[number])) for number in sorted(sizes)
    ]


def docling_text(file: Path) -> str:
    """All texts and table cells of a DoclingDocument."""
    document = json.loads(file.read_bytes())
    texts = [item["text"] for item in document["texts"]]
    cells = [cell["text"] for table in document["tables"] for cell in table["data"]["table_cells"]]
    return "\n".join([*texts, *cells])


def _in_order(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    def below(reference: str) -> Iterator[dict[str, Any]]:
        _, kind, index = reference.split("/")
        item = document[kind][int(index)]
        yield item
        if kind != "pictures":  # what stands in a picture has no place in the reading order
            for child in item["children"]:
                yield from below(child["$ref"])

    for root in ("body", "furniture"):
        for child in document[root]["children"]:
            yield from below(child["$ref"])


def _table(data: dict[str, Any], box: Box) -> Table:
    return Table(
        tuple(
            Cell(
                cell["start_row_offset_idx"],
                cell["start_col_offset_idx"],
                cell["text"],
                cell["row_span"],
                cell["col_span"],
            )
            for cell in data["table_cells"]
        ),
        box,
    )


def _box(box: dict[str, Any], size: dict[str, float]) -> Box:
    width, height = size["width"], size["height"]
    top, bottom = box["t"], box["b"]
    if box["coord_origin"] == "BOTTOMLEFT":
        top, bottom = height - top, height - bottom
    return box["l"] / width, top / height, box["r"] / width, bottom / height


def annotated_pages(file: Path, name: str, pages: int, *, layer: bool) -> list[TruePage]:
    """CVAT XML: boxes that a person drew, and the line through them in reading order. A picture of several pages has them
    side by side. Pages without such a line have no areas."""
    images = ET.parse(file).getroot().iter("image")
    image = next((image for image in images if name in image.get("name", "")), None)
    if image is None:
        return []
    width, height = float(image.get("width", 1)) / pages, float(image.get("height", 1))
    boxes = [
        [float(box.get(edge, 0)) for edge in ("xtl", "ytl", "xbr", "ybr")]
        for box in image.iter("box")
        if box.get("label") in _TEXTS
    ]
    lines = [line for line in image.iter("polyline") if line.get("label") == "reading_order"]
    found: dict[int, list[TrueArea]] = {number: [] for number in range(1, pages + 1)}
    for order, (x, y) in _stops(lines):
        inside = [box for box in boxes if box[0] <= x <= box[2] and box[1] <= y <= box[3]]
        if inside:
            left, top, right, bottom = min(inside, key=lambda box: (box[2] - box[0]) * (box[3] - box[1]))
            page = int((left + right) / 2 // width)
            box = ((left - page * width) / width, top / height, (right - page * width) / width, bottom / height)
            if box not in [area.box for area in found[page + 1]]:
                found[page + 1].append(TrueArea(box, order))
    return [TruePage(number, layer, areas=tuple(areas)) for number, areas in found.items()]


def _stops(lines: list[ET.Element]) -> Iterator[tuple[float, tuple[float, float]]]:
    """Points of the only line. Several lines (order inside groups) would have to be nested: such a picture tells nothing."""
    if len(lines) != 1:
        return
    for order, point in enumerate(lines[0].get("points", "").split(";")):
        x, y = map(float, point.split(","))
        yield float(order), (x, y)


def markdown_text(file: Path) -> str:
    """The words of a Markdown file without its marks."""
    text = file.read_text(encoding="utf-8")
    text = re.sub(r"<!--.*?-->|!\[[^\]]*\]\([^)]*\)|^\s*\|?[\s:|-]+\|\s*$", " ", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return html.unescape(re.sub(r"\\([_*#\[\]])", r"\1", text))


def layer_texts(file: Path) -> list[str]:
    """The text layer of a PDF as PDFium gives it, page by page: words as they are stored, whatever their order."""
    import pypdfium2

    with pypdfium2.PdfDocument(file) as document:
        return [page.get_textpage().get_text_bounded() for page in document]
