"""Blocks of formats without pages: their kinds and texts, and places of the kind the format has; nothing invented."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from stepflow_assets.documents.evidence import ElementPlace, SheetPlace, SlidePlace
from stepflow_assets.documents.page import Block, PageItem, Ref
from stepflow_assets.errors import DocumentDamaged, DocumentUnsupported
from stepflow_assets.evidence.converted import ConvertedDocument
from tests.conversion.office_files import slides, slides_with_texts_beside_them, word, workbook
from tests.source.component_calls import ComponentCalls, component_calls

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def calls() -> Iterator[ComponentCalls]:
    with component_calls() as made:
        yield made


def blocks_of(calls: ComponentCalls, file: Path) -> list[Block]:
    return asyncio.run(calls.blocks(file))


def written(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_a_word_document_keeps_headings_lists_and_tables(calls: ComponentCalls, tmp_path: Path) -> None:
    found = blocks_of(calls, word(tmp_path / "a.docx"))
    assert [(block.kind, block.level, block.text) for block in found if not block.furniture] == [
        ("title", 1, "Annual report"),
        ("section_header", 1, "Results"),
        ("text", None, "Sales grew by twelve percent, costs did not."),
        ("list_item", None, "first point"),
        ("list_item", None, "second point"),
        ("section_header", 2, "Details"),
        ("table", None, "Region | Sales\nNorth | 17"),
    ]
    assert [block.text for block in found if block.furniture] == ["Confidential"]
    assert found[6].table == (("Region", "Sales"), ("North", "17"))
    assert [block.id for block in found[:2]] == ["b0000", "b0001"]
    assert {block.order_source for block in found} == {"document"}


def test_flowing_text_has_element_places_and_no_page(calls: ComponentCalls, tmp_path: Path) -> None:
    for block in blocks_of(calls, word(tmp_path / "a.docx")):
        assert isinstance(block.place, ElementPlace)
        assert (block.place.start, block.place.end) == (0, len(block.text))
        assert block.quad is None


def test_slides_have_their_number_and_the_box_of_the_shape(calls: ComponentCalls, tmp_path: Path) -> None:
    found = {block.text: block for block in blocks_of(calls, slides(tmp_path / "a.pptx"))}
    places = {text: block.place for text, block in found.items()}
    assert all(isinstance(place, SlidePlace) for place in places.values())
    assert {text: place.slide for text, place in places.items()} == {
        "Opening": 1,
        "Why we are here": 1,
        "Plan": 2,
        "What comes next": 2,
        "Month | Goal\nMay | 40": 2,
    }
    assert places["What comes next"].quads[0].box == pytest.approx((0.25, 0.5, 0.75, 0.75), abs=0.001)
    assert places["Month | Goal\nMay | 40"].quads[0].box == pytest.approx((0, 0.75, 1, 1), abs=0.001)


def test_what_has_no_area_on_its_slide_is_of_the_whole_slide(calls: ComponentCalls, tmp_path: Path) -> None:
    found = blocks_of(calls, slides_with_texts_beside_them(tmp_path / "a.pptx"))
    boxes = {block.text: (block.place.slide, block.place.quads[0].box) for block in found}
    for text in ("Tell them about the budget", "Left of the slide", "Without height", "Over all edges"):
        assert boxes[text] == (1, (0.0, 0.0, 1.0, 1.0))
    assert boxes["On the slide"] == (1, pytest.approx((0.25, 0.25, 0.75, 0.5), abs=0.001))
    assert not any(block.furniture for block in found)


def test_a_converted_pdf_has_no_slides(calls: ComponentCalls, tmp_path: Path) -> None:
    from docling_core.types.doc import BoundingBox, DoclingDocument, ProvenanceItem, Size
    from docling_core.types.doc.labels import DocItemLabel

    document = DoclingDocument(name="a")
    document.add_page(3, Size(width=600, height=800))
    where = ProvenanceItem(page_no=3, bbox=BoundingBox(l=60, t=60, r=300, b=80), charspan=(0, 5))
    document.add_text(DocItemLabel.TEXT, "Words", prov=where)
    (block,) = blocks_of(calls, written(tmp_path, "a.json", json.dumps(document.export_to_dict())))
    assert isinstance(block.place, ElementPlace)


def test_sheets_have_cell_ranges_and_hidden_ones_are_left_out(calls: ComponentCalls, tmp_path: Path) -> None:
    found = blocks_of(calls, workbook(tmp_path / "a.xlsx"))
    assert [
        (block.place.sheet, block.place.cells, block.text) for block in found if isinstance(block.place, SheetPlace)
    ] == [
        ("Stock", "B3:C5", "Part | Count\nbolt | 40\nnut | 17"),
        ("Stock", "H20", "counted in May"),
        ("Prices & more", "A1:B1", "bolt | 0.25"),
    ]
    assert len(found) == 3


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.md", "# Title\n\nSome *marked* words.\n\n- one\n", [("title", "Title"), ("text", "Some marked words."), ("list_item", "one")]),
        ("a.html", "<html><body><h1>Title</h1><p>Some <b>bold</b> words.</p></body></html>", [("title", "Title"), ("text", "Some bold words.")]),
        ("a.csv", "Part;Count\nbolt;40\n", [("table", "Part | Count\nbolt | 40")]),
        ("a.adoc", "= Title\n\nWords here.\n", [("title", "Title"), ("text", "Words here.")]),
        ("a.txt", "First paragraph\nwith two lines.\n\n# not a heading\n", [("text", "First paragraph\nwith two lines."), ("text", "# not a heading")]),
        ("a.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nHello there\n", [("text", "Hello there")]),
        ("a.tex", "\\documentclass{article}\\begin{document}\\section{Intro}Words.\\end{document}", [("section_header", "Intro"), ("text", "Words.")]),
        ("a.eml", "From: a@example.org\nTo: b@example.org\nSubject: Lunch\n\nAt noon?\n", [("title", "Lunch"), ("text", "From: a@example.org"), ("text", "To: b@example.org"), ("text", "At noon?")]),
        ("empty.txt", "   \n", []),
    ],
)  # fmt: skip
def test_text_formats(
    calls: ComponentCalls, name: str, text: str, expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    found = blocks_of(calls, written(tmp_path, name, text))
    assert [(block.kind, block.text) for block in found if not block.furniture] == expected


@pytest.mark.parametrize("make", [word, slides, slides_with_texts_beside_them, workbook])
def test_every_element_range_counts_in_the_converted_document(calls: ComponentCalls, make, tmp_path: Path) -> None:
    async def converted(file: Path) -> tuple[list[Block], ConvertedDocument]:
        from stepflow_assets.components.docling import convert_part

        listing = await calls.read(file)
        page = await convert_part(listing.pages[0], calls.context())
        data = await calls.artifacts.get(page.part.document.id)
        return await calls.blocks(file), ConvertedDocument(data)

    found, document = asyncio.run(converted(make(tmp_path / f"a.{make.__name__}")))
    for block in found:
        match block.place:
            case ElementPlace(path=path):
                assert document.element_text(path) == block.text
            case SlidePlace(slide=slide):
                assert slide in document.slides
            case SheetPlace(sheet=sheet):
                assert sheet in document.sheets


def test_the_same_file_is_converted_to_the_same_bytes(calls: ComponentCalls, tmp_path: Path) -> None:
    from stepflow_assets.conversion.convert import convert_document

    file = word(tmp_path / "a.docx")

    async def twice() -> list[bytes]:
        return [await calls.pools.office.run(convert_document, str(file), "docx") for _ in range(2)]

    first, second = asyncio.run(twice())
    assert first == second
    assert "a.docx" not in first.decode(), "equal files under two names are one document"


def test_what_a_web_page_says_before_its_first_heading_is_content_and_its_menu_is_not(
    calls: ComponentCalls, tmp_path: Path
) -> None:
    menu = "<nav><ul><li><a href='/'>Home</a></li><li><a href='/news'>News</a></li></ul></nav>"
    login = "<p><a href='/in'>Log in</a> | <a href='/new'>Register</a></p>"
    byline = "<p>By <a href='/anna'>Anna Okafor</a></p>"
    points = "<ul><li>The bridge is closed</li><li>Tolls double</li></ul>"
    price = "<table><tr><td>Toll</td><td>8 euros</td></tr></table>"
    article = "<h1>Bridge works</h1><p>They begin in June.</p><ul><li><a href='/more'>More</a></li></ul>"
    html = f"<html><head><title>Paper</title></head><body>{menu}{login}{byline}{points}{price}{article}</body></html>"
    found = blocks_of(calls, written(tmp_path, "a.html", html))
    assert [block.text for block in found if not block.furniture] == [
        "By Anna Okafor", "The bridge is closed", "Tolls double", "Toll | 8 euros",
        "Bridge works", "They begin in June.", "More",
    ]  # fmt: skip
    assert [block.text for block in found if block.furniture] == ["Paper", "Home", "News", "Log in | Register"]


def test_one_link_before_the_first_heading_is_no_menu(calls: ComponentCalls, tmp_path: Path) -> None:
    html = "<html><body><p><a href='/a'>Anna Okafor</a></p><h1>Bridge works</h1></body></html>"
    found = blocks_of(calls, written(tmp_path, "a.html", html))
    assert [(block.text, block.furniture) for block in found] == [("Anna Okafor", False), ("Bridge works", False)]


def test_pictures_are_not_fetched_and_pixels_not_kept(calls: ComponentCalls, tmp_path: Path) -> None:
    secret = written(tmp_path, "secret.png", "local file")
    html = f"<html><body><h1>T</h1><img src='{secret.as_uri()}'><img src='http://192.0.2.1/x.png'><p>after</p></body></html>"
    assert [block.text for block in blocks_of(calls, written(tmp_path, "a.html", html))] == ["T", "after"]


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_truncated_office_file_is_damaged(calls: ComponentCalls, share: float, tmp_path: Path) -> None:
    whole = word(tmp_path / "a.docx").read_bytes()
    (tmp_path / "b.docx").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(DocumentDamaged):
        blocks_of(calls, tmp_path / "b.docx")


def test_an_office_file_with_broken_xml_is_damaged(calls: ComponentCalls, tmp_path: Path) -> None:
    import zipfile

    file = tmp_path / "a.docx"
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("[Content_Types].xml", "<Types")
        packed.writestr("word/document.xml", "<w:document")
    with pytest.raises(DocumentDamaged) as caught:
        blocks_of(calls, file)
    assert "Traceback" not in str(caught.value)


def test_a_format_without_conversion_is_unsupported(calls: ComponentCalls) -> None:
    async def convert() -> None:
        from stepflow_assets.components.docling import convert_part

        stored = await calls.artifacts.put(b"%PDF-")
        await convert_part(PageItem(source=Ref(id=stored.id), format="pdf"), calls.context())

    with pytest.raises(DocumentUnsupported):
        asyncio.run(convert())


def test_an_empty_part_is_blank(calls: ComponentCalls, tmp_path: Path) -> None:
    async def made() -> str:
        from stepflow_assets.components.contracts import PartBlocksInput
        from stepflow_assets.components.docling import convert_part, part_blocks

        listing = await calls.read(written(tmp_path, "a.txt", " \n"))
        page = await convert_part(listing.pages[0], calls.context())
        return (await part_blocks(PartBlocksInput(part=page.part), calls.context())).status

    assert asyncio.run(made()) == "blank"


def test_blocks_are_json_that_reads_back(calls: ComponentCalls, tmp_path: Path) -> None:
    for block in blocks_of(calls, slides(tmp_path / "a.pptx")):
        assert Block.model_validate(json.loads(block.model_dump_json())) == block
