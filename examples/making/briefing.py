"""smart-meters.pptx: four slides for the valley council, with bullets, a table and a drawn diagram."""

from __future__ import annotations

import io
from pathlib import Path

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.slide import Slide
from pptx.util import Cm, Pt

from making.packages import WRITTEN, save

DEEP, WATER = RGBColor(0x0B, 0x4F, 0x6C), RGBColor(0x2A, 0x9D, 0xC4)
PALE, INK = RGBColor(0xE9, 0xF3, 0xF7), RGBColor(0x22, 0x31, 0x3A)
WHITE = RGBColor(0xFF, 0xFF, 0xFF)
WIDTH, HEIGHT = Cm(33.867), Cm(19.05)

WHY = [
    "A meter is read once a year: a leak in a house runs for months before the bill shows it",
    "Reading takes four people eleven weeks, every autumn",
    "4,200 readings a year are estimated, because nobody is at home",
    "Night flow can be compared with night use only if both are known by the hour",
]
RESULTS = [
    ("", "Before", "During the pilot"),
    ("Litres per person and day", "127", "113"),
    ("Leaks in houses found within a week", "2", "58"),
    ("Bills disputed", "31", "9"),
    ("Readings estimated", "9 %", "0.4 %"),
]
NEXT = [
    "From July 2026 every exchanged meter reports by radio, about 6,000 a year",
    "Hourly values stay in the meter; only the daily sum is sent, unless a household agrees to more",
    "Households may refuse the radio: they are read by hand at no extra charge",
    "Cost until 2033: 4.9 million euros, of which the state pays 30 per cent",
]


def make(path: Path) -> None:
    deck = Presentation()
    deck.slide_width, deck.slide_height = WIDTH, HEIGHT
    _opening(deck.slides.add_slide(deck.slide_layouts[6]))
    _bullets(_titled(deck, "Why read meters by radio?"), WHY)
    _results(_titled(deck, "What the pilot in Val-d’Orée showed"))
    _bullets(_titled(deck, "What we propose"), NEXT)
    properties = deck.core_properties
    properties.title, properties.author = "Smart meters: briefing for the valley council", "Tarnholt Valley Water"
    properties.created = properties.modified = WRITTEN
    properties.last_modified_by = ""
    buffer = io.BytesIO()
    deck.save(buffer)
    save(buffer.getvalue(), path)


def _opening(slide: Slide) -> None:
    band = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, 0, 0, WIDTH, Cm(12))
    band.fill.solid()
    band.fill.fore_color.rgb = DEEP
    band.line.fill.background()
    _text(slide, "Smart meters", (2, 4), (28, 3), 54, WHITE, bold=True)
    _text(slide, "Briefing for the valley council, 12 February 2026", (2, 7.6), (28, 2), 24, WHITE)
    _text(slide, "Tarnholt Valley Water   ·   Ingrid Sørhaug", (2, 14), (28, 1.5), 18, INK)


def _titled(deck: Presentation, title: str) -> Slide:  # type: ignore[valid-type]
    slide = deck.slides.add_slide(deck.slide_layouts[5])  # type: ignore[attr-defined]
    frame = slide.shapes.title
    frame.left, frame.top, frame.width, frame.height = Cm(2), Cm(1.2), Cm(29.8), Cm(2.4)
    frame.text_frame.text = title
    frame.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
    paragraph = frame.text_frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.LEFT
    paragraph.font.size, paragraph.font.bold, paragraph.font.color.rgb = Pt(34), True, DEEP
    rule = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, Cm(2.2), Cm(3.8), Cm(4), Cm(0.15))
    rule.fill.solid()
    rule.fill.fore_color.rgb = WATER
    rule.line.fill.background()
    return slide


def _bullets(slide: Slide, lines: list[str]) -> None:
    frame = slide.shapes.add_textbox(Cm(2), Cm(5), Cm(29.8), Cm(12)).text_frame
    frame.word_wrap = True
    for number, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.text = f"•  {line}"
        paragraph.font.size, paragraph.font.color.rgb, paragraph.space_after = Pt(24), INK, Pt(16)


def _results(slide: Slide) -> None:
    _text(slide, "640 households, October 2024 to September 2025", (2, 4.3), (28, 1.4), 20, INK)
    table = slide.shapes.add_table(len(RESULTS), 3, Cm(2.2), Cm(6.2), Cm(24), Cm(7)).table
    table.columns[0].width, table.columns[1].width, table.columns[2].width = Cm(13), Cm(5), Cm(6)
    for at, row in enumerate(RESULTS):
        for column, value in enumerate(row):
            cell = table.cell(at, column)
            cell.text = value
            cell.fill.solid()
            cell.fill.fore_color.rgb = DEEP if at == 0 else PALE if at % 2 == 0 else WHITE
            paragraph = cell.text_frame.paragraphs[0]
            paragraph.font.size = Pt(18)
            paragraph.font.color.rgb = WHITE if at == 0 else INK
            paragraph.alignment = PP_ALIGN.LEFT if column == 0 else PP_ALIGN.RIGHT
    _text(
        slide,
        "Household consumption fell by 11 per cent, mostly because running toilets were noticed.",
        (2, 14.6),
        (29, 2),
        22,
        DEEP,
        bold=True,
    )


def _text(
    slide: Slide,
    words: str,
    at: tuple[float, float],
    size: tuple[float, float],
    points: int,
    colour: RGBColor,
    bold: bool = False,
) -> None:
    frame = slide.shapes.add_textbox(Cm(at[0]), Cm(at[1]), Cm(size[0]), Cm(size[1])).text_frame
    frame.word_wrap = True
    frame.text = words
    font = frame.paragraphs[0].font
    font.size, font.bold, font.color.rgb = Pt(points), bold, colour
