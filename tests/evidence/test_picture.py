"""Pictures of places: the box is where the quad says, on pages as they are displayed and on drawings that say so."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image, ImageChops
from reportlab.pdfgen.canvas import Canvas

from stepflow_assets.documents.evidence import ElementPlace, PagePlace, Place, SheetPlace, SlidePlace
from stepflow_assets.documents.geometry import Quad
from stepflow_assets.documents.table_text import table_text
from stepflow_assets.errors import DocumentEncrypted, EvidenceError
from stepflow_assets.evidence.converted import ConvertedDocument
from stepflow_assets.evidence.flowing_picture import draw_elements
from stepflow_assets.evidence.highlight import OUTLINE, TINT
from stepflow_assets.evidence.picture import draw_place
from stepflow_assets.evidence.request import DrawRequest

WIDTH, HEIGHT = 400, 600  # points of the test page
RECTANGLE = (60, 450, 140, 480)  # left, bottom, right, top in points of a blue rectangle on it
TINTED_BLUE = (0, 0, TINT[2])


def drawn(place: Place, **more: Any) -> Image.Image:
    data = draw_place(DrawRequest(place=place, **({"format": "pdf"} | more)))
    return Image.open(io.BytesIO(data)).convert("RGB")


def blue_pdf(path: Path, *, rotate: int = 0, crop: tuple[int, int, int, int] | None = None, pages: int = 1) -> Path:
    canvas = Canvas(str(path), pagesize=(WIDTH, HEIGHT), pageCompression=0)
    for number in range(pages):
        if number == pages - 1:
            left, bottom, right, top = RECTANGLE
            canvas.setFillColorRGB(0, 0, 1)
            canvas.rect(left, bottom, right - left, top - bottom, stroke=0, fill=1)
        if crop:
            canvas.setCropBox(crop)
        canvas.showPage()
    canvas.save()
    if rotate:  # reportlab would also swap the page's sides
        document = pypdfium2.PdfDocument(path)
        for page in document:
            page.set_rotation(rotate)
        path = path.with_stem(f"{path.stem}-{rotate}")
        document.save(path)
        document.close()
    return path


def displayed(rotate: int, crop: tuple[int, int, int, int] | None) -> Quad:
    """The blue rectangle on the displayed page, worked out by hand."""
    x0, y0, x1, y1 = crop or (0, 0, WIDTH, HEIGHT)
    left, right = (RECTANGLE[0] - x0) / (x1 - x0), (RECTANGLE[2] - x0) / (x1 - x0)
    top, bottom = (y1 - RECTANGLE[3]) / (y1 - y0), (y1 - RECTANGLE[1]) / (y1 - y0)
    turned = {
        0: (left, top, right, bottom),
        90: (1 - bottom, left, 1 - top, right),
        180: (1 - right, 1 - bottom, 1 - left, 1 - top),
        270: (top, 1 - right, bottom, 1 - left),
    }
    return Quad.of_box(*turned[rotate])


def pixels(picture: Image.Image, colour: tuple[int, int, int], tolerance: int = 0) -> list[tuple[int, int]]:
    near = (
        ImageChops.difference(picture, Image.new("RGB", picture.size, colour))
        .convert("RGB")
        .point(lambda value: 0 if value <= tolerance else 255)
    )
    mask = ImageChops.invert(ImageChops.lighter(ImageChops.lighter(*near.split()[:2]), near.split()[2]))
    box = mask.getbbox()
    if box is None:
        return []
    access = mask.load()
    return [(x, y) for y in range(box[1], box[3]) for x in range(box[0], box[2]) if access[x, y]]


def hull_of(points: list[tuple[int, int]]) -> tuple[int, int, int, int]:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, (40, 100, 360, 500)], ids=["whole", "cropped"])
def test_the_box_lies_on_the_text_of_the_displayed_page(tmp_path, rotate, crop):
    source = blue_pdf(tmp_path / "a.pdf", rotate=rotate, crop=crop)
    quad = displayed(rotate, crop)
    picture = drawn(PagePlace(page=1, page_id="p", quads=(quad,)), source=source)
    inside = pixels(picture, TINTED_BLUE, 2)
    assert len(inside) > 1000
    assert not pixels(picture, (0, 0, 255), 40)  # no part of the rectangle is outside the box
    around = hull_of(pixels(picture, OUTLINE))
    blue = hull_of(inside)
    assert all(0 < distance < 8 for distance in (blue[0] - around[0], blue[1] - around[1]))
    assert all(0 < distance < 8 for distance in (around[2] - blue[2], around[3] - blue[3]))


def test_a_crop_shows_the_place_larger_and_little_else(tmp_path):
    source = blue_pdf(tmp_path / "a.pdf", pages=3)
    place = PagePlace(page=3, page_id="p", quads=(displayed(0, None),))
    whole, crop = drawn(place, source=source), drawn(place, source=source, crop=True)
    assert len(pixels(crop, TINTED_BLUE, 2)) > 4 * len(pixels(whole, TINTED_BLUE, 2))
    assert len(pixels(crop, TINTED_BLUE, 2)) > crop.width * crop.height / 4


def test_the_pages_of_a_place_on_several_are_drawn_one_below_another(tmp_path):
    source = blue_pdf(tmp_path / "a.pdf", pages=2)
    first = PagePlace(page=1, page_id="p", quads=(Quad.of_box(0.1, 0.8, 0.9, 0.9),))
    second = PagePlace(page=2, page_id="q", quads=(displayed(0, None),))
    both = drawn(first, others=(second,), source=source)
    alone = drawn(first, source=source)
    assert both.height == 2 * alone.height
    below = both.crop((0, alone.height, both.width, both.height))
    assert list(below.getdata()) == list(drawn(second, source=source).getdata())


def test_boxes_of_neighbouring_lines_share_one_outline(tmp_path):
    source = blue_pdf(tmp_path / "a.pdf")
    lines = [Quad.of_box(0.2, 0.5 + 0.02 * i, 0.8, 0.518 + 0.02 * i) for i in range(3)]
    picture = drawn(PagePlace(page=1, page_id="p", quads=tuple(lines)), source=source)
    x = picture.width // 2
    crossings = [y for y in range(picture.height) if picture.getpixel((x, y)) == OUTLINE]
    groups = [y for y in crossings if y - 1 not in crossings]
    assert len(groups) == 2  # above the first and below the last line


def test_a_slanted_quad_is_drawn_slanted(tmp_path):
    source = blue_pdf(tmp_path / "a.pdf")
    quad = Quad.model_validate({"points": [(0.2, 0.5), (0.8, 0.6), (0.8, 0.63), (0.2, 0.53)]})
    picture = drawn(PagePlace(page=1, page_id="p", quads=(quad,)), source=source)
    page_height = round(picture.width * HEIGHT / WIDTH)
    assert picture.getpixel((round(0.21 * picture.width), round(0.515 * page_height))) == TINT
    assert picture.getpixel((round(0.21 * picture.width), round(0.62 * page_height))) == (255, 255, 255)


def test_a_picture_is_shown_upright_as_its_camera_says(tmp_path):
    photo = Image.new("RGB", (300, 200), "white")
    photo.paste((0, 0, 255), (0, 150, 60, 200))  # bottom left as stored, top left as displayed
    exif = photo.getexif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise
    photo.save(tmp_path / "a.png", exif=exif)
    place = PagePlace(page=1, page_id="p", quads=(Quad.of_box(0, 0, 0.25, 0.2),))
    picture = drawn(place, source=tmp_path / "a.png", format="image")
    assert picture.height > picture.width
    assert not pixels(picture, (0, 0, 255), 40)
    assert len(pixels(picture, TINTED_BLUE, 2)) > 1000


def test_pages_of_a_tiff_are_its_frames(tmp_path):
    frames = [Image.new("RGB", (200, 300), "white"), Image.new("RGB", (200, 300), (0, 0, 255))]
    frames[0].save(tmp_path / "a.tiff", save_all=True, append_images=frames[1:])
    place = PagePlace(page=2, page_id="p", quads=(Quad.of_box(0.1, 0.1, 0.9, 0.9),))
    assert pixels(drawn(place, source=tmp_path / "a.tiff", format="image"), TINTED_BLUE, 2)


def test_what_cannot_be_shown_is_said(tmp_path):
    source = blue_pdf(tmp_path / "a.pdf")
    page_two = PagePlace(page=2, page_id="p", quads=(Quad.of_box(0, 0, 1, 1),))
    with pytest.raises(EvidenceError, match="has 1 pages, page 2"):
        drawn(page_two, source=source)
    with pytest.raises(EvidenceError, match="source bytes"):
        drawn(page_two)
    with pytest.raises(EvidenceError, match="converted document"):
        drawn(SlidePlace(slide=1, quads=()), format="pptx")


def test_an_encrypted_document_is_drawn_with_its_password(tmp_path):
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=(WIDTH, HEIGHT), encrypt="sesame")
    canvas.drawString(100, 300, "secret")
    canvas.save()
    place = PagePlace(page=1, page_id="p", quads=(Quad.of_box(0.2, 0.4, 0.5, 0.5),))
    with pytest.raises(DocumentEncrypted):
        drawn(place, source=tmp_path / "a.pdf")
    assert pixels(drawn(place, source=tmp_path / "a.pdf", passwords=("wrong", "sesame")), OUTLINE)
    assert "sesame" not in repr(DrawRequest(place=place, format="pdf", passwords=("sesame",)))


def converted(tmp_path: Path, **parts: Any) -> Path:
    """A DoclingDocument as its JSON, with only what is looked at; with ``pages`` its elements are on a slide."""
    value = {"body": {"children": []}, "groups": [], "texts": [], "tables": [], "pages": {}} | parts
    for name in ("texts", "tables", "groups"):
        for index, item in enumerate(value[name]):
            item["self_ref"] = f"#/{name}/{index}"
    if not value["body"]["children"]:
        value["body"]["children"] = [{"$ref": item["self_ref"]} for item in (*value["texts"], *value["tables"])]
    if value["pages"]:
        slide = {"self_ref": "#/groups/0", "label": "chapter", "name": "slide-0", "children": value["body"]["children"]}
        value["groups"], value["body"] = [slide], {"children": [{"$ref": "#/groups/0"}]}
    path = tmp_path / "document.json"
    path.write_text(json.dumps(value))
    return path


def box(left: float, top: float, right: float, bottom: float, number: int = 1) -> list[dict[str, Any]]:
    bbox = {"l": left, "t": top, "r": right, "b": bottom, "coord_origin": "TOPLEFT"}
    return [{"page_no": number, "bbox": bbox, "charspan": [0, 0]}]


def grid(rows: list[list[str]], prov: list[dict[str, Any]]) -> dict[str, Any]:
    cells = [
        {
            "text": text,
            "start_row_offset_idx": row,
            "end_row_offset_idx": row + 1,
            "start_col_offset_idx": column,
            "end_col_offset_idx": column + 1,
        }
        for row, texts in enumerate(rows)
        for column, text in enumerate(texts)
    ]
    return {
        "label": "table",
        "prov": prov,
        "data": {"num_rows": len(rows), "num_cols": len(rows[0]), "table_cells": cells},
    }


def test_a_slide_is_drawn_with_its_texts_in_their_boxes_and_the_place_marked(tmp_path):
    document = converted(
        tmp_path,
        pages={"1": {"page_no": 1, "size": {"width": 1000, "height": 500}}},
        texts=[
            {"label": "title", "text": "Rivers", "prov": box(100, 50, 900, 150)},
            {"label": "paragraph", "text": "They rose.", "prov": box(100, 200, 500, 400)},
        ],
    )
    place = SlidePlace(slide=1, quads=(Quad.of_box(0.1, 0.4, 0.5, 0.8),))
    picture = drawn(place, format="pptx", document=document)
    assert picture.size[0] == 1400
    assert picture.getpixel((650, 530)) == TINT  # inside the marked box
    assert picture.getpixel((1200, 500)) == (255, 255, 255)
    assert picture.crop((140, 70, 600, 200)).getextrema()[0][0] < 80  # the title is written in its box
    crop = drawn(place, format="pptx", document=document, crop=True)
    assert crop.width < picture.width
    with pytest.raises(EvidenceError, match="slide 2"):
        drawn(SlidePlace(slide=2, quads=()), format="pptx", document=document)


def test_what_has_no_box_on_the_slide_is_written_and_marked_below_it(tmp_path):
    document = converted(
        tmp_path,
        pages={"1": {"page_no": 1, "size": {"width": 1000, "height": 500}}},
        texts=[
            {"label": "text", "text": "On the slide.", "prov": box(100, 50, 900, 150)},
            {"label": "text", "text": "In its notes.", "prov": box(0, 0, 0, 0)},
        ],
    )
    whole = SlidePlace(slide=1, quads=(Quad.of_box(0, 0, 1, 1),))
    picture = drawn(whole, format="pptx", document=document)
    around = hull_of(pixels(picture, TINT))
    assert around[1] > 700, "the slide itself is 700 pixels high and is not marked"
    assert picture.crop(around).getextrema()[0][0] < 80, "the notes are written inside the mark"
    assert drawn(whole, format="pptx", document=document, crop=True).size == picture.size


@pytest.fixture
def workbook(tmp_path):
    rows = [["Year", "Level"], *([str(1990 + i), f"{i} m"] for i in range(80))]
    table = grid(rows, box(1, 2, 3, 83))  # B3:C83
    groups = [{"label": "sheet", "name": "Data", "children": [{"$ref": "#/tables/0"}]}]
    body = {"children": [{"$ref": "#/groups/0"}]}
    return converted(tmp_path, tables=[table], groups=groups, body=body)


def test_cells_are_drawn_in_their_grid_and_the_range_is_marked(workbook):
    picture = drawn(SheetPlace(sheet="Data", cells="B10:C11"), format="xlsx", document=workbook)
    tinted = hull_of(pixels(picture, TINT))
    assert picture.width * picture.height > 10 * (tinted[2] - tinted[0]) * (tinted[3] - tinted[1])
    larger = drawn(SheetPlace(sheet="Data", cells="B10:C17"), format="xlsx", document=workbook)
    taller = hull_of(pixels(larger, TINT))
    assert 3.5 < (taller[3] - taller[1]) / (tinted[3] - tinted[1]) < 4.5
    assert taller[2] - taller[0] == tinted[2] - tinted[0]


def test_a_range_too_large_to_show_is_cut_not_shrunk(workbook):
    picture = drawn(SheetPlace(sheet="Data", cells="B3:C83"), format="xlsx", document=workbook)
    assert picture.height < 3000


def test_a_title_is_drawn_with_the_table_below_it_also_as_a_crop(workbook):
    title, table = SheetPlace(sheet="Data", cells="B1"), SheetPlace(sheet="Data", cells="B3:C18")
    alone = drawn(title, format="xlsx", document=workbook, crop=True)
    both = drawn(title, others=(table,), format="xlsx", document=workbook, crop=True)
    assert tinted_height(both) > 12 * tinted_height(alone)


def test_a_header_far_above_the_rows_does_not_bring_all_rows_between(workbook):
    rows, header = SheetPlace(sheet="Data", cells="B40:C43"), SheetPlace(sheet="Data", cells="B3:C3")
    alone = drawn(rows, format="xlsx", document=workbook, crop=True)
    both = drawn(rows, others=(header,), format="xlsx", document=workbook, crop=True)
    assert tinted_height(alone) < tinted_height(both) < 1.5 * tinted_height(alone)


def tinted_height(picture):
    left, top, right, bottom = hull_of(pixels(picture, TINT))
    return bottom - top


def test_a_sheet_that_is_not_there_is_said(workbook):
    with pytest.raises(EvidenceError, match="no sheet"):
        drawn(SheetPlace(sheet="Nope", cells="A1"), format="xlsx", document=workbook)


@pytest.fixture
def article(tmp_path):
    sentences = " ".join(f"Sentence number {i} says something about rivers." for i in range(12))
    texts = [
        {"label": "section_header", "text": "Rivers"},
        {"label": "text", "text": sentences},
        {"label": "text", "text": "ارتفع النهر ثم انخفض"},
    ]
    return converted(tmp_path, texts=texts, tables=[grid([["Year", "Level"], ["1990", "1 m"], ["1991", "2 m"]], [])])


def test_the_characters_of_flowing_text_are_marked_within_their_surroundings(article):
    few = drawn(ElementPlace(path="#/texts/1", start=0, end=40), format="html", document=article)
    many = drawn(ElementPlace(path="#/texts/1", start=0, end=400), format="html", document=article)
    assert few.size == many.size
    assert 5 < len(pixels(many, TINT)) / len(pixels(few, TINT)) < 14
    crop = drawn(ElementPlace(path="#/texts/1", start=0, end=40), format="html", document=article, crop=True)
    assert crop.height < few.height


def test_right_to_left_text_stands_and_is_marked_on_the_right(article):
    picture = drawn(ElementPlace(path="#/texts/2", start=0, end=5), format="html", document=article)
    left, _, right, _ = hull_of(pixels(picture, TINT))
    assert left > picture.width * 0.6
    assert right < picture.width


def test_rows_of_a_table_in_flowing_text_are_marked(article):
    start = len("Year | Level\n")
    picture = drawn(
        ElementPlace(path="#/tables/0", start=start, end=start + 10), format="docx", document=article, crop=False
    )
    left, top, right, bottom = hull_of(pixels(picture, TINT))
    assert right - left > 100
    assert 20 < bottom - top < 60


def test_characters_that_are_not_there_are_said(article):
    with pytest.raises(EvidenceError, match="no characters"):
        drawn(ElementPlace(path="#/texts/1", start=0, end=99999), format="html", document=article)
    with pytest.raises(EvidenceError, match="no characters"):
        drawn(ElementPlace(path="#/texts/9", start=0, end=1), format="html", document=article)


@pytest.fixture
def wide(tmp_path):
    """60 columns: ``r0c0`` …; its text as character ranges count in it."""
    rows = [[f"r{row}c{column}" for column in range(60)] for row in range(4)]
    return converted(tmp_path, tables=[grid(rows, [])]), table_text(rows)


def cells_between(text: str, first: str, last: str) -> ElementPlace:
    return ElementPlace(path="#/tables/0", start=text.index(first), end=text.index(last) + len(last))


def test_only_the_columns_a_range_touches_are_marked(wide):
    document, text = wide
    one = drawn(cells_between(text, "r2c40", "r2c40"), format="csv", document=document)
    three = drawn(cells_between(text, "r2c40", "r2c42"), format="csv", document=document)
    left, _, right, _ = hull_of(pixels(one, TINT))
    wider = hull_of(pixels(three, TINT))
    assert left == wider[0]
    assert 2.5 < (wider[2] - wider[0]) / (right - left) < 3.5


@pytest.mark.parametrize(
    ("first", "last", "cut"), [("r2c40", "r2c49", ""), ("r1c0", "r1c59", "Only columns 1–48 of 60")]
)
def test_a_picture_that_cannot_hold_all_that_is_marked_says_so(wide, first, last, cut):
    document, text = wide
    drawing = draw_elements([cells_between(text, first, last)], ConvertedDocument(document.read_bytes()), crop=False)
    assert drawing.cut.startswith(cut) if cut else drawing.cut == ""


def test_a_column_far_to_the_right_of_a_wide_sheet_is_in_the_picture(tmp_path):
    rows = [[f"v{row}x{column}" for column in range(40)] for row in range(3)]
    groups = [{"label": "sheet", "name": "Data", "children": [{"$ref": "#/tables/0"}]}]
    body = {"children": [{"$ref": "#/groups/0"}]}
    document = converted(tmp_path, tables=[grid(rows, box(0, 0, 40, 3))], groups=groups, body=body)
    row = drawn(SheetPlace(sheet="Data", cells="A2:AN2"), format="xlsx", document=document)
    left, _, right, _ = hull_of(pixels(row, TINT))
    assert right - left >= 40 * 60


def test_of_a_very_long_text_the_range_is_shown_wherever_it_stands(tmp_path):
    text = " ".join(f"word{number}" for number in range(30_000))
    document = converted(tmp_path, texts=[{"label": "text", "text": text}])
    late = ElementPlace(path="#/texts/0", start=len(text) - 300, end=len(text))
    assert pixels(drawn(late, format="txt", document=document), TINT)
    whole = ElementPlace(path="#/texts/0", start=0, end=len(text))
    drawing = draw_elements([whole], ConvertedDocument(document.read_bytes()), crop=False)
    assert drawing.cut == "Only the beginning of the marked text is shown."
