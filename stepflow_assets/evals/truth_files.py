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
from stepflow_assets.evals.truth import Point, TrueArea, TruePage, TrueWord

_FINE = 100_000
_FURNITURE = ("page_header", "page_footer")
_TEXTS = ("text", "section_header", "title", "list_item", "caption", "footnote", "code", *_FURNITURE)


def words_pages(file: Path) -> list[TruePage]:
    """``*.words.json``: exact words of a picture, with quads in its pixels."""
    return [
        TruePage(number, layer=False, words=tuple(_words(page)), text=page["text"])
        for number, page in enumerate(json.loads(file.read_bytes()), 1)
    ]


def _words(page: dict[str, Any]) -> Iterator[TrueWord]:
    for word in page["words"]:
        quad = [(x / page["width"], y / page["height"]) for x, y in word["quad"]]
        xs, ys = zip(*quad, strict=True)
        hull = (min(xs), min(ys), max(xs), max(ys))
        yield TrueWord(word["text"], _between(quad[0], quad[3]), _between(quad[1], quad[2]), hull)


def _between(one: Point, other: Point) -> Point:
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2


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
                text = f"{item['marker']} {text}" if item.get("enumerated") else text
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


def layer_pages(file: Path) -> Iterator[tuple[str, tuple[TrueWord, ...]]]:
    """Text and words of a PDF's text layer as PDFium gives them, page by page, whatever their order."""
    import pypdfium2

    with pypdfium2.PdfDocument(file) as document:
        for page in document:
            layer = page.get_textpage()
            yield layer.get_text_bounded(), tuple(_layer_words(page, layer))


def _layer_words(page: Any, layer: Any) -> Iterator[TrueWord]:
    text = layer.get_text_range()
    if len(text) != layer.count_chars():  # characters beyond the basic plane: their boxes would be those of others
        return
    for found in re.finditer(r"\S+", text):
        boxes = [_displayed(page, layer.get_charbox(index)) for index in range(found.start(), found.end())]
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        left, top, right, bottom = min(lefts), min(tops), max(rights), max(bottoms)
        middle = (top + bottom) / 2
        yield TrueWord(found.group(), (left, middle), (right, middle), (left, top, right, bottom))


def _displayed(page: Any, box: Box) -> Box:
    """From points of the PDF (origin at the bottom left, before /Rotate) to the displayed page, 0..1. PDFium does it: crop
    boxes and rotation are its business."""
    from ctypes import byref, c_int

    from pypdfium2 import raw

    corners = []
    for x, y in ((box[0], box[1]), (box[2], box[3])):
        across, down = c_int(), c_int()
        raw.FPDF_PageToDevice(page, 0, 0, _FINE, _FINE, 0, x, y, byref(across), byref(down))
        corners.append((across.value / _FINE, down.value / _FINE))
    (x0, y0), (x1, y1) = corners
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
