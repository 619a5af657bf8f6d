"""Answers in the form in which each family of models gives them, and what becomes of them as blocks."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from stepflow_assets.documents.geometry import Quad
from stepflow_assets.documents.recognized import Usage
from stepflow_assets.errors import ProviderUnavailable
from stepflow_assets.ocr.protocol import Geometry
from stepflow_assets.ocr.vision import docling_dialects, markdown, surya2
from stepflow_assets.ocr.vision.completion import Completion
from stepflow_assets.ocr.vision.dialect import UnreadableAnswer, dialect_of
from stepflow_assets.ocr.vision.html_text import MOST_CELLS
from stepflow_assets.ocr.vision.picture import PagePicture, page_picture, png_of

PAGE = PagePicture(1000, 1400, png_of(Image.new("RGB", (1000, 1400), "white")))
HEADING, BODY = Quad.of_box(0.08, 0.06, 0.4, 0.09), Quad.of_box(0.08, 0.1, 0.9, 0.2)

SURYA = """<div data-label="Page-Header" data-bbox="80 10 900 40"><p>Bulletin</p></div>
<div data-label="Section-Header" data-bbox="80 60 400 90"><h2>Annual <b>report</b></h2></div>
<div data-label="Text" data-bbox="80 100 900 200"><p>Sales rose by <math>x^2</math> in<br/>May &amp; June.</p><p>Then no more.</p></div>
<div data-label="List-Group" data-bbox="80 210 900 300"><ul><li>one<ul><li data-bbox="90 230 500 250">inner</li></ul></li><li>two</li></ul></div>
<div data-label="Table" data-bbox="80 310 900 500"><table><caption>Table 1</caption><thead><tr><th rowspan="2">Place</th><th colspan="2">Year</th></tr>
<tr><th>1999</th><th>2000</th></tr></thead><tbody><tr><td>Bath</td><td>4</td><td>5</td></tr></tbody></table></div>
<div data-label="Equation-Block" data-bbox="80 510 900 560"><math display="block">E = mc^2</math></div>
<div data-label="Form" data-bbox="80 570 900 620"><p><input type="checkbox" checked/>Yes <input type="checkbox"/>No</p></div>
<div data-label="Code-Block" data-bbox="80 630 900 700"><pre>if x:
    y = 1</pre></div>
<div data-label="Figure" data-bbox="80 710 900 900"><img alt="a chart"/></div>
<div data-label="Page-Footer" data-bbox="80 950 900 990"><p>7</p></div>"""


def asking(*texts):
    answers = iter(texts)
    prompts = []

    def ask(png, prompt):
        prompts.append(prompt)
        return Completion(next(answers), False, False, None, None, None, Usage(requests=1))

    ask.prompts = prompts
    return ask


def read(name, *texts):
    return dialect_of(name).read(PAGE, asking(*texts)).blocks


def test_surya_2_is_asked_with_the_words_it_was_trained_with():
    ask = asking(SURYA)
    dialect_of("surya2").read(PAGE, ask)
    assert ask.prompts == [
        "OCR this image to HTML. Each block is a div with data-label and data-bbox (x0 y0 x1 y1, normalized 0-1000)."
    ]


def test_surya_2_labels_become_kinds_in_its_order():
    found = read("surya2", SURYA)
    kinds = "page_header section_header text list_item list_item list_item caption table formula form code picture page_footer"
    assert [block.kind for block in found] == kinds.split()
    by_kind = {block.kind: block for block in found}
    assert by_kind["section_header"].level == 2
    assert by_kind["section_header"].text == "Annual report"
    assert by_kind["section_header"].quad == HEADING
    assert by_kind["text"].text == "Sales rose by $x^2$ in\nMay & June.\nThen no more."
    assert by_kind["formula"].latex == by_kind["formula"].text == "E = mc^2"
    assert by_kind["form"].text == "☑ Yes ☐ No"
    assert by_kind["code"].text == "if x:\n    y = 1"
    assert by_kind["picture"].text == ""
    assert by_kind["caption"].text == "Table 1"


def test_items_of_a_list_have_its_box_unless_they_have_their_own():
    items = [block for block in read("surya2", SURYA) if block.kind == "list_item"]
    group = Quad.of_box(0.08, 0.21, 0.9, 0.3)
    assert [(block.text, block.quad) for block in items] == [
        ("one", group),
        ("inner", Quad.of_box(0.09, 0.23, 0.5, 0.25)),
        ("two", group),
    ]


def test_spanning_cells_keep_their_place_in_the_grid():
    (table,) = [block for block in read("surya2", SURYA) if block.kind == "table"]
    assert [(c.row, c.column, c.row_span, c.column_span, c.text, c.header) for c in table.cells] == [
        (0, 0, 2, 1, "Place", True),
        (0, 1, 1, 2, "Year", True),
        (1, 1, 1, 1, "1999", True),
        (1, 2, 1, 1, "2000", True),
        (2, 0, 1, 1, "Bath", False),
        (2, 1, 1, 1, "4", False),
        (2, 2, 1, 1, "5", False),
    ]
    assert table.text == "Place | Year | \n | 1999 | 2000\nBath | 4 | 5"


@pytest.mark.parametrize(
    "box", ["", "80 60 400", "a b c d", "400 60 80 90", "0 0 0 0", "80 60 400 1090", "-1 0 5 5", "nan 0 5 5"]
)
def test_a_box_that_cannot_be_is_none_and_the_text_stays(box):
    (block,) = surya2.blocks_of(f'<div data-label="Text" data-bbox="{box}"><p>said</p></div>')
    assert (block.text, block.quad) == ("said", None)


@pytest.mark.parametrize("answer", ["", "  \n", '<div data-label="Blank-Page" data-bbox="0 0 1000 1000"></div>'])
def test_a_page_that_surya_calls_blank_has_no_blocks(answer):
    assert surya2.blocks_of(answer) == ()


@pytest.mark.parametrize(
    "answer", ["I cannot help with that.", "<p>text without a block</p>", "<<<div data-label", "{}"]
)
def test_an_answer_without_blocks_is_unreadable_not_blank(answer):
    with pytest.raises(UnreadableAnswer):
        surya2.blocks_of(answer)


def test_html_that_ends_in_the_middle_is_read_as_far_as_it_goes():
    cut = SURYA[: SURYA.index("<td>4") + 5]
    table = surya2.blocks_of(cut)[-1]
    assert (table.kind, table.cells[-1].text) == ("table", "4")


def test_fenced_html_is_read_as_well():
    assert surya2.blocks_of(f"```html\n{SURYA}\n```") == surya2.blocks_of(SURYA)


def test_a_lying_span_takes_no_memory():
    cell = '<td colspan="99999" rowspan="99999">x</td>'
    with pytest.raises(UnreadableAnswer, match=str(MOST_CELLS)):
        surya2.blocks_of(f'<div data-label="Table" data-bbox="0 0 9 9"><table>{f"<tr>{cell}</tr>" * 3}</table></div>')


def test_nesting_without_end_does_not_end_the_process():
    deep = '<div data-label="Text" data-bbox="0 0 9 9">' + "<div>" * 20_000 + "text"
    with pytest.raises(UnreadableAnswer, match="inside of"):
        surya2.blocks_of(deep)
    with pytest.raises(UnreadableAnswer, match="inside of"):
        markdown.blocks_of(deep)


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from('<>/="& dtablerbox-1 09\n'), max_size=200), st.integers(0, len(SURYA)))
def test_whatever_a_model_says_is_read_or_refused(noise, cut):
    for answer in (noise, SURYA[:cut] + noise + SURYA[cut:]):
        try:
            surya2.blocks_of(answer)
        except UnreadableAnswer:
            continue


MARKDOWN = r"""# Annual report

Sales rose by $x_1^2$ in *May*,
and then no more.

- one
  - inner
- two

| Place | 1999 |
|-------|-----:|
| Bath  | 4    |

$$
E_0 = m\,c^2 \\
F_1 = 0
$$

```python
y = x_1
```

<table><tr><th colspan="2">Year</th></tr><tr><td>a</td><td>b</td></tr></table>

> Quoted words
"""


def test_markdown_gives_kinds_in_order_and_no_boxes():
    found = read("markdown", MARKDOWN)
    kinds = "section_header text list_item list_item list_item table formula code table text"
    assert [block.kind for block in found] == kinds.split()
    assert all(block.quad is None for block in found)
    assert found[0].level == 1
    assert found[1].text == "Sales rose by $x_1^2$ in May, and then no more."
    assert [block.text for block in found[2:5]] == ["one", "inner", "two"]
    assert found[5].text == "Place | 1999\nBath | 4"
    assert found[6].latex == "E_0 = m\\,c^2 \\\\\nF_1 = 0"
    assert found[7].text == "y = x_1"
    assert found[8].cells[0].column_span == 2
    assert found[9].text == "Quoted words"
    assert dialect_of("markdown").geometry is Geometry.NONE


def test_a_whole_answer_in_a_fence_is_read_as_well():
    assert markdown.blocks_of(f"```markdown\n{MARKDOWN}\n```") == markdown.blocks_of(MARKDOWN)


@pytest.mark.parametrize("answer", ["", "\n", "<!-- blank -->", " <!-- BLANK -->\n"])
def test_a_page_that_markdown_calls_blank_has_no_blocks(answer):
    assert markdown.blocks_of(answer) == ()


CHANDRA = SURYA
DOTS = json.dumps(
    [
        {"bbox": [81, 85, 403, 127], "category": "Section-header", "text": "# Annual report"},
        {"bbox": [81, 141, 907, 282], "category": "Text", "text": "Sales rose **sharply**, in May."},
        {"bbox": [81, 300, 907, 500], "category": "Table", "text": "<table><tr><td>a</td><td>b</td></tr></table>"},
        {"bbox": [81, 510, 907, 560], "category": "Formula", "text": "E = mc^2"},
        {"bbox": [81, 600, 907, 700], "category": "Picture"},
    ]
)
DEEPSEEK = """<|ref|>sub_title<|/ref|><|det|>[[80, 60, 400, 90]]<|/det|>
## Annual report

<|ref|>text<|/ref|><|det|>[[80, 100, 900, 200]]<|/det|>
Sales rose sharply, in May.

<|ref|>table<|/ref|><|det|>[[80, 310, 900, 500]]<|/det|>
<table><tr><td>a</td><td>b</td></tr></table>
"""
UNLIMITED = """<|det|>sub_title [80, 60, 400, 90]<|/det|>## Annual report
<|det|>text [80, 100, 900, 200]<|/det|>Sales rose sharply, in May.
<|det|>table [80, 310, 900, 500]<|/det|><table><tr><td>a</td><td>b</td></tr></table>
"""
NEMOTRON = (
    "<x_0.08><y_0.06>## Annual report<x_0.4><y_0.09><class_Section-header>"
    "<x_0.08><y_0.1>Sales rose sharply, in May.<x_0.9><y_0.2><class_Text>"
    r"<x_0.08><y_0.31>\begin{tabular}{cc} a & b \\ \end{tabular}<x_0.9><y_0.5><class_Table>"
)
PADDLE = json.dumps(
    {
        "input_path": "page.png",
        "page_index": None,
        "width": 1000,
        "height": 1400,
        "model_settings": {"use_layout_detection": True, "format_block_content": False},
        "parsing_res_list": [
            {"block_label": "paragraph_title", "block_content": "Annual report", "block_bbox": [80, 84, 400, 126]},
            {"block_label": "text", "block_content": "Sales rose sharply, in May.", "block_bbox": [80, 140, 900, 280]},
            {
                "block_label": "table",
                "block_content": "<table><tr><td>a</td><td>b</td></tr></table>",
                "block_bbox": [80, 300, 900, 500],
            },
        ],
    }
)
DOCTAGS = (
    "<doctag><section_header_level_1><loc_40><loc_30><loc_200><loc_45>Annual report</section_header_level_1>"
    "<text><loc_40><loc_50><loc_450><loc_100>Sales rose sharply, in May.</text>"
    "<otsl><loc_40><loc_155><loc_450><loc_250><fcel>a<fcel>b<nl></otsl></doctag>"
)
MINERU = (
    (
        "<|box_start|>080 060 400 090<|box_end|><|ref_start|>title<|ref_end|><|rotate_up|>\n"
        "<|box_start|>080 100 900 200<|box_end|><|ref_start|>text<|ref_end|><|rotate_up|>\n"
        "<|box_start|>080 310 900 500<|box_end|><|ref_start|>table<|ref_end|><|rotate_up|>"
    ),
    "Annual report",
    "Sales rose sharply, in May.",
    "<fcel>a<fcel>b<nl>",
)
SAID = {
    "dots": (DOTS,),
    "deepseek": (DEEPSEEK,),
    "unlimited": (UNLIMITED,),
    "nemotron2": (NEMOTRON,),
    "nemotron35": (NEMOTRON,),
    "paddleocr-vl": (PADDLE,),
    "doctags": (DOCTAGS,),
    "mineru2": MINERU,
}


@pytest.mark.parametrize("name", SAID)
def test_what_doclings_parsers_read_becomes_blocks_with_kinds_boxes_and_tables(name):
    heading, body, table, *_ = read(name, *SAID[name])
    assert (heading.kind, heading.text) == ("section_header", "Annual report")
    assert (body.kind, body.text) == ("text", "Sales rose sharply, in May.")
    assert (table.kind, table.text, len(table.cells)) == ("table", "a | b", 2)
    if name != "nemotron2":  # its boxes are of a padded canvas
        assert heading.quad.box == pytest.approx(HEADING.box, abs=0.005)
        assert body.quad.box == pytest.approx(BODY.box, abs=0.005)


def test_chandra_answers_as_surya_does_and_docling_reads_it():
    found = read("chandra", CHANDRA)
    by_kind = {block.kind: block for block in found}
    assert by_kind["section_header"].quad == HEADING
    assert any(block.text.startswith("Sales rose by $x^2$ in") for block in found)
    assert by_kind["formula"].latex == "E = mc^2"
    assert {cell.column_span for cell in by_kind["table"].cells} == {1, 2}


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("chandra", '<div data-label="Text" data-bbox="the patient"><p>said</p></div>'),
        ("mineru2", "<|box_start|>1 1 1 1<|box_end|><|ref_start|>text<|ref_end|>the patient"),
    ],
)
def test_what_the_page_says_is_not_logged(name, answer, caplog):
    with contextlib.suppress(UnreadableAnswer):
        read(name, answer)
    assert "patient" not in caplog.text


def test_mineru_is_asked_for_the_layout_and_then_for_each_region():
    ask = asking(*MINERU)
    dialect_of("mineru2").read(PAGE, ask)
    assert ask.prompts == [
        "\nLayout Detection:",
        "\nText Recognition:",
        "\nText Recognition:",
        "\nTable Recognition:",
    ]


@pytest.mark.parametrize("name", [*SAID, "chandra"])
def test_prose_instead_of_a_dialect_is_unreadable_not_blank(name):
    with pytest.raises(UnreadableAnswer):
        read(name, "I cannot help with that.", "x", "x", "x")


@pytest.mark.parametrize("name", [*SAID, "chandra"])
def test_nothing_said_is_no_block(name):
    assert read(name, "") == ()


def test_a_parser_that_is_not_installed_makes_the_dialect_unavailable():
    with pytest.raises(ProviderUnavailable, match="parse_nothing"):
        docling_dialects.docling_part("docling.utils.chandra_utils", "parse_nothing")
    with pytest.raises(ProviderUnavailable):
        docling_dialects.docling_part("docling.utils.not_there", "parse")


def test_a_small_png_is_sent_as_it_is_and_a_large_one_scaled(tmp_path):
    path = tmp_path / "page.png"
    path.write_bytes(PAGE.png)
    assert page_picture(str(path), 2_000_000) == PAGE
    smaller = page_picture(str(path), 350_000)
    assert (smaller.width, smaller.height) == (500, 700)
    assert smaller.image.size == (500, 700)


def test_any_other_format_becomes_png(tmp_path):
    path = tmp_path / "page.jpg"
    Image.new("L", (30, 20)).save(path)
    assert page_picture(str(path), 2_000_000).png.startswith(b"\x89PNG")
