"""Words of a text layer keep their boxes: which characters of its line a word is, and where on the line it stands."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.pdfbase.pdfmetrics import stringWidth

from stepflow_assets.documents.geometry import hull
from stepflow_assets.documents.page import TextCell, word_quads
from stepflow_assets.pages.cells import cells_of, clean, to_json
from stepflow_assets.pages.frame import PageFrame
from stepflow_assets.pages.words import Style, Word
from tests.pages.pdf_files import changed, line, pdf
from tests.pages.test_text_cells import cells_of as cells_in
from tests.pages.test_text_cells import ink_box

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
FRAME = PageFrame(600.0, 800.0, 0, (1 / 600, 0.0, 0.0), (0.0, -1 / 800, 1.0))
DIGIT = 0.00002  # quads have five decimals


def texts_of(cell: TextCell) -> list[str]:
    return [cell.text[word.start : word.end] for word in cell.words]


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_a_word_quad_lies_on_the_ink_of_its_word(rotation: int, angle: int, tmp_path: Path) -> None:
    words = ["Hydrology", "of", "mountain", "lakes"]
    (cell,) = cells_in(turned(pdf(tmp_path / "line.pdf", line(" ".join(words), 300, 400, angle=angle)), rotation))
    assert texts_of(cell) == words
    written = ""
    for word, quad in zip(words, word_quads(cell), strict=True):
        along = stringWidth(written, "Helvetica", 12)
        x = 300 + along * {0: 1, 180: -1}.get(angle, 0)
        y = 400 + along * {90: 1, 270: -1}.get(angle, 0)
        alone = turned(pdf(tmp_path / f"{word}.pdf", line(word, x, y, angle=angle)), rotation)
        left, top, right, bottom = ink_box(alone)
        box = quad.box
        assert box[0] - 0.004 <= left and right <= box[2] + 0.004
        assert box[1] - 0.004 <= top and bottom <= box[3] + 0.004
        assert max(box[2] - box[0], box[3] - box[1]) == pytest.approx(max(right - left, bottom - top), abs=0.012)
        written += f"{word} "


def test_a_word_quad_begins_where_the_word_begins(tmp_path: Path) -> None:
    (cell,) = cells_in(pdf(tmp_path / "a.pdf", line("one two", 300, 400, angle=90)))
    one, two = word_quads(cell)
    assert one.points[0][1] > one.points[1][1] > two.points[0][1] > two.points[1][1], "text that runs up the page"


def test_of_a_line_over_the_edge_the_words_stand_where_they_are_seen(tmp_path: Path) -> None:
    begin = 612 - stringWidth("seen and ha", "Helvetica", 12)
    (cell,) = cells_in(pdf(tmp_path / "a.pdf", line("seen and half", begin, 400)))
    assert texts_of(cell) == ["seen", "and", "half"]
    seen, _, half = word_quads(cell)
    assert seen.box[0] == pytest.approx(begin / 612, abs=0.002)
    assert seen.box[2] == pytest.approx((begin + stringWidth("seen", "Helvetica", 12)) / 612, abs=0.002)
    assert half.box[2] == 1.0


def test_a_superscript_belongs_to_the_word_it_stands_at(tmp_path: Path) -> None:
    def draw(canvas: object) -> None:
        line("area in km", 72, 700)(canvas)
        line("2", 72 + stringWidth("area in km", "Helvetica", 12), 704, size=7)(canvas)

    (cell,) = cells_in(pdf(tmp_path / "a.pdf", draw))
    assert texts_of(cell) == ["area", "in", "km2"]
    assert word_quads(cell)[-1].box[2] == pytest.approx(cell.quad.box[2], abs=DIGIT)


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the repository")
def test_words_of_a_right_to_left_page_go_from_right_to_left() -> None:
    lines = [cell for cell in cells_in(CORPUS / "rtl" / "right_to_left_01.pdf") if len(cell.words) > 3]
    assert len(lines) > 5
    for cell in lines:
        assert squeezed("".join(texts_of(cell))) == squeezed(cell.text)
        lefts = [quad.box[0] for quad in word_quads(cell)]
        falling = sum(after < before for before, after in pairwise(lefts))
        assert falling >= 0.7 * (len(lefts) - 1), "numbers and Latin words alone run the other way"


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the repository")
@pytest.mark.parametrize(
    "name", ["born_digital/multi_page.pdf", "born_digital/2305.14962v1.pdf", "tables/rotated_table.pdf"]
)
def test_every_word_of_a_real_page_has_its_quad(name: str) -> None:
    document = pypdfium2.PdfDocument(CORPUS / name)
    count = len(document)
    document.close()
    for number in range(1, min(count, 6) + 1):
        for cell in cells_in(CORPUS / name, number):
            assert squeezed("".join(texts_of(cell))) == squeezed(cell.text)
            assert_within(cell)


WORDS = st.lists(
    st.tuples(
        st.text(
            st.sampled_from("abcXYZ019.,-ﬁﬂéüאבجד人e\u0301\x00\u200b\x02"),
            min_size=1,
            max_size=8,
        ).filter(lambda text: clean(text) and text[0] != "\u0301"),
        st.sampled_from(["", " ", "\n"]),
        st.floats(0, 10),
        st.floats(0.5, 60),
        st.sampled_from([8.0, 12.0]),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=200, deadline=None)
@given(WORDS, st.sampled_from([(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.866, 0.5)]), st.booleans())
def test_word_quads_fill_their_line_in_the_order_of_the_text(
    drawn: list[tuple[str, str, float, float, float]], direction: tuple[float, float], backwards: bool
) -> None:
    styles: dict[float, Style] = {}
    words, at = [], 300 * direction[0] + 400 * direction[1]
    v = 400 * direction[0] - 300 * direction[1]
    for text, joint, gap, width, size in drawn:
        style = styles.setdefault(size, Style(*direction, size, bold=False))
        u0, u1 = (at - gap - width, at - gap) if backwards else (at + gap, at + gap + width)
        words.append(Word(text, joint, style, u0, v, u1, v + size))
        at = u0 if backwards else u1
    for made in json.loads(to_json(cells_of(words, FRAME)) or b"[]"):
        cell = TextCell.model_validate(made)
        assert [word.start for word in cell.words] == sorted({word.start for word in cell.words})
        assert squeezed("".join(texts_of(cell))) == squeezed(cell.text)
        assert all(not cell.text[end.end : begin.start].strip() for end, begin in pairwise(cell.words))
        inside = all(0 < value < 1 for value in cell.quad.box)
        if inside and len(cell.words) > 1:
            shares = [word.begins for word in cell.words]
            assert shares == sorted(shares, reverse=backwards)
        assert_within(cell)


def assert_within(cell: TextCell) -> None:
    """Every word lies in the line's quad, and together they are as long as it is."""
    quads = word_quads(cell)
    assert all(0 <= word.begins <= word.ends <= 1 for word in cell.words)
    for quad in quads:
        assert all(
            low - DIGIT <= value <= high + DIGIT
            for point in quad.points
            for value, low, high in zip(point, cell.quad.box[:2], cell.quad.box[2:], strict=True)
        )
    if quads:
        assert hull(quads).box == pytest.approx(cell.quad.box, abs=0.0002)


def turned(file: Path, rotation: int) -> Path:
    return changed(file, 1, lambda page: page.set_rotation(rotation))
