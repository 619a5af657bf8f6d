"""article.pdf: a two-column article of an invented trade journal, with a figure and a footnote; two pages.

``correction`` draws the slip that only the scan has (scan.py).
"""

from __future__ import annotations

import io
import math
from pathlib import Path

from reportlab.lib import colors
from reportlab.lib.enums import TA_JUSTIFY
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, NextPageTemplate, PageTemplate, Paragraph, Spacer

from making.charts import line

WIDTH, HEIGHT = A4
MARGIN, GUTTER = 20 * mm, 7 * mm
COLUMN = (WIDTH - 2 * MARGIN - GUTTER) / 2

TITLE = "Listening at Night"
SUBTITLE = "How a leak under Mühlgrund was found by its sound"
AUTHORS = "Élodie Marchetaud and Jürgen Weißenbach"

TEXT = ParagraphStyle("text", fontName="Times-Roman", fontSize=10.6, leading=14, alignment=TA_JUSTIFY, spaceAfter=6)
HEAD = ParagraphStyle("head", fontName="Helvetica-Bold", fontSize=11, leading=14, spaceBefore=8, spaceAfter=3)
NOTE = ParagraphStyle("note", fontName="Helvetica", fontSize=8.2, leading=10.8, spaceBefore=2, spaceAfter=9)
ABSTRACT = ParagraphStyle("abstract", parent=TEXT, fontName="Times-Italic", fontSize=11, leading=14.6)

ABSTRACT_TEXT = (
    "For two years a main under the old tannery of Mühlgrund lost water into an abandoned culvert, and nothing showed at "
    "the surface. We describe how loggers that record sound between two and four in the morning led to it, why the first "
    "excavation was in the wrong place, and what the case taught a small utility about its own maps."
)
BOX_TOP = 99 * mm
BOX_TEXT = ParagraphStyle("box", fontName="Helvetica", fontSize=9.3, leading=12.6)
STEPS = [
    (
        "Choose a zone whose night flow is higher than its connections explain. In our valley, more than five litres an hour "
        "for each connection is a reason to listen."
    ),
    (
        "Compare the map with the town archive: material, length and depth of every pipe between two valves, and the year it "
        "was laid. Write down what is not known."
    ),
    (
        "Place the loggers before dusk, one on every valve spindle in old iron mains, one on every second in plastic pipes, "
        "where sound dies after sixty metres."
    ),
    "Collect them after the third night. One night may be windy, two may be a coincidence.",
    (
        "Correlate only pairs that hear the same hum, and mark the place on the ground with the map in the other hand. If the "
        "two disagree, believe neither and measure the speed of sound on the spot."
    ),
    "Open the ground, repair, and leave the loggers for one more night: large leaks drown the sound of small ones.",
]
BEFORE_FIGURE = [
    ("h", "A town that used too much"),
    (
        "p",
        (
            "Mühlgrund has eleven hundred connections and one industry, a joinery that closes at four in the afternoon. Its "
            "night flow, the water that runs into the town when everybody sleeps, should be near six cubic metres an hour. "
            "From the autumn of 2022 it was never below forty."
        ),
    ),
    (
        "p",
        (
            "The district meter was exchanged, then exchanged again. The valves at the border of the zone were closed and "
            "sounded one by one. Crews walked the mains after snowfall and looked for the dark patch that betrays warm ground. "
            "They found two small leaks at hydrants and a garden tap that had been forgotten, together less than two cubic "
            "metres an hour. In the accounts the remainder was booked as apparent losses, a polite word for not knowing."
        ),
    ),
    ("h", "Microphones on the mains"),
    (
        "p",
        (
            "A leak under pressure is never silent. Water that leaves a pipe makes it hum, in cast iron most clearly between "
            "six hundred and nine hundred hertz, and the hum travels along the wall of the pipe for a hundred metres and more. "
            "By day it is lost under traffic, pumps and kitchens. At night it can be heard."
        ),
    ),
    (
        "p",
        (
            "We placed twenty-four loggers on valve spindles, the nearest 40 and the farthest 180 metres apart. Each sleeps "
            "through the day, wakes at two, listens for ten seconds every four minutes and keeps the quietest of its "
            "recordings. What is loud even in the quietest recording is not a toilet and not a lorry."
        ),
    ),
    (
        "p",
        (
            "Two neighbouring loggers that hear the same hum hear it at different times. From the difference, the length of the "
            "pipe between them and the speed of sound in it follows the place: the method is called correlation, and it is as "
            "good as the three numbers that go into it."
        ),
    ),
]
AFTER_FIGURE = [
    ("h", "The wrong hole"),
    (
        "p",
        (
            "In the first night, 9 October 2024, the loggers at valve chambers VC-31 and VC-32 agreed on a place 22 metres from "
            "VC-31, under the pavement of Tannery Street. The excavation found a dry trench and a sound pipe."
        ),
    ),
    (
        "p",
        (
            "The mistake was not in the sound. Our map showed a straight main of ductile iron, 96 metres long. The pipe in the "
            "trench was grey cast iron, in which sound is a tenth faster, and a drawing of 1957 in the town archive "
            "showed why: the main had been led around the tannery’s settling basin, in a bow of 131 metres. With the right "
            "length and the right material the same recording gave another place, inside the yard of the tannery, above a "
            "culvert that nobody living had seen."
        ),
    ),
    ("h", "What was there"),
    (
        "p",
        (
            "On 14 November the crew opened the yard. A joint had slipped by four centimetres when the basin was filled with "
            "rubble, and the jet went straight through a broken slab into the culvert and from there into the river. The leak "
            "was losing 83 cubic metres an hour. The repair took six hours, most of them spent on pumping the pit dry."
        ),
    ),
    (
        "p",
        (
            "The next night the flow into the town was seven cubic metres an hour, and the loggers, for the first time, had "
            "nothing to report."
        ),
    ),
    ("h", "What it cost"),
    (
        "p",
        (
            "The loggers were rented for 2,900 euros a month. Two excavations, the repair and the new surface of the yard came "
            "to 27,400 euros. The water itself is harder to price. Bought from a neighbour it would have cost about 200,000 "
            "euros a year; pumped from our own boreholes it cost a ninth of that, nearly all of it electricity. We count the "
            "lower sum, and the repair was paid for in little more than a year."
        ),
    ),
    (
        "p",
        (
            "What cannot be priced is the river. For two years the culvert carried clean groundwater into it at ten degrees, "
            "winter and summer, and the anglers below the weir had wondered why the ice never closed there."
        ),
    ),
    ("h", "Where sound does not help"),
    (
        "p",
        (
            "Half of our network is polyethylene, and polyethylene is a poor telephone. In Val-d’Orée a logger on a plastic main "
            "heard the church clock more clearly than a hydrant that we had opened for it thirty metres away. There we fall "
            "back on pressure: two gauges, a quiet night, and the patience to close one valve after another."
        ),
    ),
    (
        "p",
        (
            "Nor does a large leak always sing louder than a small one. A slot as long as a hand, wide and soft, may murmur "
            "below the range of the microphone while a pinhole beside it whistles. The loudest place on the map is a place to "
            "dig; it is not a measure of what is being lost."
        ),
    ),
    ("h", "Three lessons"),
    (
        "p",
        (
            "<b>Listen before you dig, and look before you listen.</b> The archive drawing was free; the wrong hole cost "
            "4,300 euros. Every zone is now compared with the town archives before loggers are placed."
        ),
    ),
    (
        "p",
        (
            "<b>Silence is data.</b> A logger that hears nothing clears its hundred metres. Of the twenty-four positions, "
            "twenty were cleared in a single night, and crews no longer walk them."
        ),
    ),
    (
        "p",
        (
            "<b>A small utility can do this.</b> The loggers cost less than the water that was lost in four months. They have "
            "since moved on; 212 of them are in use in the whole valley, and the method found nineteen further leaks in the "
            "year after Mühlgrund, none of them visible."
        ),
    ),
    (
        "p",
        (
            "What remains is the culvert. It appears on no map, it carries water, and we do not know from where. A colleague "
            "has proposed to lower a logger into it."
        ),
    ),
    (
        "n",
        (
            "Élodie Marchetaud leads the network control room of Tarnholt Valley Water, Jürgen Weißenbach its communication. "
            "Journal, utility and valley are invented. Accepted for print 20 January 2026."
        ),
    ),
]


def make(path: Path) -> None:
    document = BaseDocTemplate(str(path), pagesize=A4, title=f"{TITLE}: {SUBTITLE}", author=AUTHORS, invariant=1)
    top_first, top_later = HEIGHT - 104 * mm, HEIGHT - 28 * mm

    def columns(top: float, bottom: float) -> list[Frame]:
        height = top - bottom
        return [Frame(left, bottom, COLUMN, height, 0, 0, 0, 0) for left in (MARGIN, MARGIN + COLUMN + GUTTER)]

    document.addPageTemplates(
        [
            PageTemplate("first", columns(top_first, 20 * mm), onPage=_title),
            PageTemplate("later", columns(top_later, BOX_TOP + 6 * mm), onPage=_second_page),
        ]
    )
    document.build(_story())


def _story() -> list[Flowable]:
    nights = [46 + 3 * math.sin(night * 1.7) + (night % 3) for night in range(36)]
    nights += [7 + math.sin(night * 2.1) for night in range(8)]
    styles = {"h": HEAD, "p": TEXT, "n": NOTE}
    story: list[Flowable] = [NextPageTemplate("later")]
    story += [Paragraph(text, styles[kind]) for kind, text in BEFORE_FIGURE]
    story += [
        Spacer(1, 4),
        line(nights, ("9 October", "1 November", "21 November"), (0, 20, 40, 60), COLUMN, 112),
        Paragraph(
            "<b>Figure 1.</b> Night flow into Mühlgrund, cubic metres an hour, lowest value of each night, autumn 2024.",
            NOTE,
        ),
    ]
    return story + [Paragraph(text, styles[kind]) for kind, text in AFTER_FIGURE]


def _title(canvas: Canvas, document: BaseDocTemplate) -> None:
    _furniture(canvas, document)
    canvas.saveState()
    canvas.setFont("Times-Bold", 30)
    canvas.drawString(MARGIN, HEIGHT - 46 * mm, TITLE)
    canvas.setFont("Times-Roman", 16)
    canvas.drawString(MARGIN, HEIGHT - 55 * mm, SUBTITLE)
    canvas.setFont("Helvetica", 9.5)
    canvas.drawString(MARGIN, HEIGHT - 64 * mm, AUTHORS)
    abstract = Paragraph(ABSTRACT_TEXT, ABSTRACT)
    _, height = abstract.wrap(WIDTH - 2 * MARGIN - 12 * mm, 60 * mm)
    abstract.drawOn(canvas, MARGIN + 6 * mm, HEIGHT - 71 * mm - height)
    canvas.setLineWidth(1.6)
    canvas.line(MARGIN, HEIGHT - 71 * mm, MARGIN, HEIGHT - 71 * mm - height)
    canvas.restoreState()


def _second_page(canvas: Canvas, document: BaseDocTemplate) -> None:
    """The box over both columns at the foot of the page."""
    _furniture(canvas, document)
    canvas.saveState()
    canvas.setFillColor(colors.HexColor("#ECECEC"))
    canvas.rect(MARGIN, 22 * mm, WIDTH - 2 * MARGIN, BOX_TOP - 22 * mm, stroke=0, fill=1)
    head = Paragraph("One night, step by step", HEAD)
    head.wrap(WIDTH, 20 * mm)
    head.drawOn(canvas, MARGIN + 7 * mm, BOX_TOP - 11 * mm)
    top = BOX_TOP - 15 * mm
    for number, step in enumerate(STEPS, start=1):
        words = Paragraph(step, BOX_TEXT)
        _, height = words.wrap(WIDTH - 2 * MARGIN - 22 * mm, 60 * mm)
        canvas.setFillColor(colors.black)
        canvas.setFont("Helvetica-Bold", 10)
        canvas.drawString(MARGIN + 7 * mm, top - 10, f"{number}")
        words.drawOn(canvas, MARGIN + 14 * mm, top - height)
        top -= height + 4
    canvas.restoreState()


def _furniture(canvas: Canvas, _document: BaseDocTemplate) -> None:
    canvas.saveState()
    canvas.setFont("Helvetica-Bold", 9)
    canvas.drawString(MARGIN, HEIGHT - 18 * mm, "HYDRANT & MAIN")
    canvas.setFont("Helvetica", 9)
    canvas.drawRightString(WIDTH - MARGIN, HEIGHT - 18 * mm, "Volume 32, number 2, 2026")
    canvas.setLineWidth(0.6)
    canvas.line(MARGIN, HEIGHT - 20 * mm, WIDTH - MARGIN, HEIGHT - 20 * mm)
    canvas.drawCentredString(WIDTH / 2, 11 * mm, str(46 + canvas.getPageNumber()))
    canvas.restoreState()


def correction() -> bytes:
    """A one-page PDF: the slip that the library bound with its copy."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    left, bottom, width, height = 32 * mm, 150 * mm, WIDTH - 64 * mm, 88 * mm
    canvas.setStrokeColor(colors.black)
    canvas.setLineWidth(0.8)
    canvas.rect(left, bottom, width, height)
    canvas.setFont("Helvetica-Bold", 24)
    canvas.drawString(left + 9 * mm, bottom + height - 17 * mm, "Correction slip")
    style = ParagraphStyle("slip", fontName="Times-Roman", fontSize=13, leading=19)
    words = Paragraph(
        "<i>Hydrant &amp; Main</i>, volume 32, number 2, page 48. The loss of the leak under Mühlgrund was printed wrongly. "
        "The two digits were exchanged: the leak was losing <b>38</b> cubic metres an hour, not 83. "
        "The authors thank Tomás Oquendo, who noticed that the night flow had never exceeded 52.",
        style,
    )
    _, tall = words.wrap(width - 18 * mm, height)
    words.drawOn(canvas, left + 9 * mm, bottom + height - 25 * mm - tall)
    canvas.setFont("Helvetica", 9)
    canvas.drawString(left + 9 * mm, bottom + 8 * mm, "Please bind with the issue.")
    canvas.setFont("Courier-Bold", 13)
    canvas.saveState()
    canvas.translate(left + 74 * mm, 96 * mm)
    canvas.rotate(4)
    canvas.setLineWidth(1.6)
    canvas.rect(-6 * mm, -14 * mm, 72 * mm, 24 * mm)
    canvas.drawString(0, 0, "TOWN ARCHIVE MÜHLGRUND")
    canvas.drawString(0, -8 * mm, "Shelf mark TA 0417")
    canvas.restoreState()
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()
