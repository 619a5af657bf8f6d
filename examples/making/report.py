"""report.pdf: the annual report of an invented water utility; four pages, headings, three tables, a chart."""

from __future__ import annotations

from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)

from making.charts import bars
from making.style import BODY, CAPTION, DEEP, HEADING, LEAD, MUTED, PALE, RULE, SUBHEADING, WATER, ruled_table

TITLE = "Annual Report 2025"
UTILITY = "Tarnholt Valley Water"
WIDTH, HEIGHT = A4
MARGIN = 24 * mm

SOURCES = [
    ("Kestrel Ridge", "reservoir", (905, 1012, 1148, 934)),
    ("Mühlgrund", "boreholes", (612, 640, 701, 618)),
    ("Søndrevik", "river intake", (388, 431, 502, 402)),
    ("Val-d’Orée", "spring", (264, 251, 228, 259)),
    ("Neighbouring utilities", "purchased", (41, 38, 86, 26)),
]
QUALITY = [
    ("Nitrate", "mg/l", "50", "312", "31.4", "Mühlgrund"),
    ("Lead", "µg/l", "10", "204", "3.8", "Tarnholt old town"),
    ("Turbidity", "NTU", "1.0", "1,460", "0.62", "Søndrevik"),
    ("Hardness", "°dH", "–", "96", "17.2", "Mühlgrund"),
    ("E. coli", "per 100 ml", "0", "1,988", "0", "–"),
]
WORKS = [
    ("Trunk main Kestrel Ridge–Tarnholt, second half", "3,150,000", "2,984,600", "June 2025"),
    ("Ultraviolet treatment, Søndrevik intake", "1,240,000", "1,306,200", "October 2025"),
    ("Service reservoir roof, Val-d’Orée", "385,000", "371,450", "August 2025"),
    ("Acoustic loggers, 212 units", "164,000", "158,900", "March 2025"),
    ("Lead service pipes replaced, 417 houses", "720,000", "698,300", "continuing"),
]
ACCOUNTS = [
    ("Sale of water", "15.62", "16.31"),
    ("Standing charges", "4.38", "4.44"),
    ("Other income", "0.97", "1.09"),
    ("Staff", "−7.04", "−7.22"),
    ("Energy and materials", "−4.61", "−4.35"),
    ("Depreciation and interest", "−9.10", "−9.40"),
    ("Surplus", "0.22", "0.87"),
]


def make(path: Path) -> None:
    document = BaseDocTemplate(
        str(path),
        pagesize=A4,
        title=f"{UTILITY}: {TITLE}",
        author=UTILITY,
        subject="Annual report",
        invariant=1,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
    )
    column = WIDTH - 2 * MARGIN
    first = Frame(MARGIN, 22 * mm, column, HEIGHT - 118 * mm, 0, 0, 0, 0)
    later = Frame(MARGIN, 24 * mm, column, HEIGHT - 54 * mm, 0, 0, 0, 0)
    document.addPageTemplates(
        [PageTemplate("first", [first], onPage=_cover), PageTemplate("later", [later], onPage=_running_head)]
    )
    document.build(_story(column))


def _cover(canvas: Canvas, _document: BaseDocTemplate) -> None:
    canvas.saveState()
    canvas.setFillColor(DEEP)
    band = canvas.beginPath()
    band.moveTo(0, HEIGHT)
    band.lineTo(0, HEIGHT - 78 * mm)
    band.curveTo(WIDTH * 0.3, HEIGHT - 64 * mm, WIDTH * 0.6, HEIGHT - 92 * mm, WIDTH, HEIGHT - 72 * mm)
    band.lineTo(WIDTH, HEIGHT)
    band.close()
    canvas.drawPath(band, stroke=0, fill=1)
    canvas.setFillColor(WATER)
    wave = canvas.beginPath()
    wave.moveTo(0, HEIGHT - 78 * mm)
    wave.curveTo(WIDTH * 0.3, HEIGHT - 64 * mm, WIDTH * 0.6, HEIGHT - 92 * mm, WIDTH, HEIGHT - 72 * mm)
    wave.lineTo(WIDTH, HEIGHT - 80 * mm)
    wave.curveTo(WIDTH * 0.6, HEIGHT - 98 * mm, WIDTH * 0.3, HEIGHT - 70 * mm, 0, HEIGHT - 84 * mm)
    wave.close()
    canvas.drawPath(wave, stroke=0, fill=1)
    canvas.setFillColorRGB(1, 1, 1)
    canvas.setFont("Helvetica", 13)
    canvas.drawString(MARGIN, HEIGHT - 30 * mm, UTILITY)
    canvas.setFont("Helvetica-Bold", 34)
    canvas.drawString(MARGIN, HEIGHT - 46 * mm, TITLE)
    canvas.setFont("Times-Italic", 14)
    canvas.drawString(MARGIN, HEIGHT - 56 * mm, "A dry summer, a quieter network")
    _page_number(canvas)
    canvas.restoreState()


def _running_head(canvas: Canvas, _document: BaseDocTemplate) -> None:
    canvas.saveState()
    canvas.setFont("Helvetica", 8.5)
    canvas.setFillColor(MUTED)
    canvas.drawString(MARGIN, HEIGHT - 18 * mm, UTILITY)
    canvas.drawRightString(WIDTH - MARGIN, HEIGHT - 18 * mm, TITLE)
    canvas.setStrokeColor(RULE)
    canvas.line(MARGIN, HEIGHT - 20 * mm, WIDTH - MARGIN, HEIGHT - 20 * mm)
    _page_number(canvas)
    canvas.restoreState()


def _page_number(canvas: Canvas) -> None:
    canvas.setFillColor(MUTED)
    canvas.setFont("Helvetica", 8.5)
    canvas.drawCentredString(WIDTH / 2, 13 * mm, str(canvas.getPageNumber()))


def _story(column: float) -> list[Flowable]:
    return [
        *_letter(column),
        NextPageTemplate("later"),
        PageBreak(),
        *_production(column),
        PageBreak(),
        *_quality(column),
        PageBreak(),
        *_investment(column),
    ]


def _letter(column: float) -> list[Flowable]:
    tiles = Table(
        [
            ["112,600", "48,320", "1,284 km", "9,486,000 m³"],
            ["people served", "connections", "of mains", "produced in the year"],
        ],
        colWidths=[column / 4] * 4,
        style=[
            ("FONT", (0, 0), (-1, 0), "Helvetica-Bold", 17),
            ("FONT", (0, 1), (-1, 1), "Helvetica", 8.5),
            ("TEXTCOLOR", (0, 0), (-1, 0), DEEP),
            ("TEXTCOLOR", (0, 1), (-1, 1), MUTED),
            ("BACKGROUND", (0, 0), (-1, -1), PALE),
            ("ALIGN", (0, 0), (-1, -1), "CENTER"),
            ("TOPPADDING", (0, 0), (-1, 0), 12),
            ("BOTTOMPADDING", (0, 0), (-1, 0), 10),
            ("BOTTOMPADDING", (0, 1), (-1, 1), 12),
        ],
    )
    return [
        Paragraph("From the chair", HEADING),
        Paragraph(
            "No hosepipe ban, no boil-water advice, and less water lost than in any year since we began to measure it.",
            LEAD,
        ),
        Spacer(1, 4),
        Paragraph(
            "The year began with the driest spring in four decades. On 30 May the reservoir at Kestrel Ridge stood at "
            "61 per cent, a level it usually reaches in September. That every tap between Tarnholt and Søndrevik kept "
            "running is owed to three things: the second half of the new trunk main, which came into service in June; "
            "the people of the valley, who watered their gardens in the evening when we asked them to; and our own "
            "network crews, who repaired 386 bursts, most of them within a day.",
            BODY,
        ),
        Paragraph(
            "We also changed how we look for leaks. Since March, 212 acoustic loggers listen to the mains at night. They "
            "found what the eye could not, and the water we lose on the way to our customers fell from 19.3 to 16.8 per "
            "cent of what we produce. The following pages give the figures, the good and the less good.",
            BODY,
        ),
        Paragraph(
            "Not everything went well. The ultraviolet plant at the Søndrevik intake was four months late and dearer than "
            "planned, and on 3 February a burst under Weir Lane left 1,900 households without water for a morning. We have "
            "written down what we learned from both, and the emergency handbook was revised after the second.",
            BODY,
        ),
        Paragraph("<i>Ingrid Sørhaug, chair of the board</i>", BODY),
        Spacer(1, 8),
        tiles,
    ]


def _production(column: float) -> list[Flowable]:
    rows = [["Source", "Kind", "Q1", "Q2", "Q3", "Q4", "Year", "Share"]]
    totals = [sum(quarters[at] for _, _, quarters in SOURCES) for at in range(4)]
    whole = sum(totals)
    for name, kind, quarters in SOURCES:
        year = sum(quarters)
        rows.append([name, kind, *(f"{number:,}" for number in quarters), f"{year:,}", f"{year / whole:.1%}"])
    rows.append(["Total", "", *(f"{number:,}" for number in totals), f"{whole:,}", "100.0%"])
    widths = [0.235, 0.145, 0.095, 0.095, 0.095, 0.095, 0.12, 0.12]
    return [
        Paragraph("1  Sources and production", HEADING),
        Paragraph(
            "Four sources of our own supply the valley. Kestrel Ridge carries the summer; the spring at Val-d’Orée, which "
            "needs no pumping, carries the nights of winter. In the third quarter production rose a fifth above the "
            "first, and for eleven days in August we bought water from neighbouring utilities.",
            BODY,
        ),
        Paragraph(
            "Abstraction stayed within every permit. At Mühlgrund we drew 2.57 of the 2.90 million cubic metres that the "
            "permit allows; at Søndrevik the intake was closed for six days in July, when the river fell below the flow "
            "that must be left to it.",
            BODY,
        ),
        KeepTogether(
            [
                Table(rows, colWidths=[share * column for share in widths], style=ruled_table(2, total=True)),
                Paragraph(
                    "Table 1. Water produced by source and quarter in 2025, in thousands of cubic metres.", CAPTION
                ),
            ]
        ),
        Paragraph("Demand by quarter", SUBHEADING),
        Paragraph(
            "The highest daily demand was 34,700 cubic metres, on Saturday 9 August. It is the highest since 2018, and the "
            "first that the network met without pressure complaints from the upper quarter of Tarnholt.",
            BODY,
        ),
        bars(("Q1", "Q2", "Q3", "Q4"), totals, column, 135),
        Paragraph("Figure 1. Production of all sources by quarter, in thousands of cubic metres.", CAPTION),
        Paragraph("Energy", SUBHEADING),
        Paragraph(
            "A cubic metre delivered took 0.47 kilowatt hours, three hundredths less than the year before. The turbine in "
            "the inlet of the Tarnholt service reservoir returned 611,000 kilowatt hours to the grid.",
            BODY,
        ),
    ]


def _quality(column: float) -> list[Flowable]:
    rows = [["Parameter", "Unit", "Limit", "Samples", "Highest value", "Where"], *(list(row) for row in QUALITY)]
    widths = [0.17, 0.14, 0.11, 0.13, 0.19, 0.26]
    return [
        Paragraph("2  Water quality", HEADING),
        Paragraph(
            "Our laboratory took 4,060 samples at 118 points. None exceeded a legal limit. Nitrate in the Mühlgrund "
            "boreholes fell for the third year running, since the farms around the wells sow catch crops in autumn; the "
            "cooperation agreement with 37 farms was renewed until 2030.",
            BODY,
        ),
        KeepTogether(
            [
                Table(rows, colWidths=[share * column for share in widths], style=ruled_table(2)),
                Paragraph("Table 2. Highest values found in 2025 and the place of the sample.", CAPTION),
            ]
        ),
        Paragraph(
            "Lead is a matter of house connections, not of the water. We replaced the pipes of 417 houses at our own cost; "
            "290 remain, nearly all of them in the old town of Tarnholt, and will be done by the end of 2027.",
            BODY,
        ),
        Paragraph("3  Network and losses", HEADING),
        Paragraph(
            "Of every hundred litres produced, 83 reached a meter. The infrastructure leakage index is 1.9. Losses fell most "
            "in Mühlgrund, where a single leak under the old tannery had gone unnoticed for at least two years.",
            BODY,
        ),
        Paragraph("Bursts and repairs", SUBHEADING),
        Paragraph(
            "The crews repaired 386 bursts, 30 for every hundred kilometres of main. The median time from report to "
            "restored supply was 5 hours and 40 minutes; the longest, under the railway at Søndrevik, was 51 hours. "
            "Cast-iron mains laid before 1962 make up a tenth of the network and had half of the bursts.",
            BODY,
        ),
        Paragraph("Complaints", SUBHEADING),
        Paragraph(
            "Customers wrote or called 742 times to complain, a quarter less than in 2024. Discoloured water after mains had "
            "been flushed was the most frequent reason, bills that were hard to understand the second.",
            BODY,
        ),
        Paragraph("Meters", SUBHEADING),
        Paragraph(
            "We exchanged 6,150 meters. From 2026 on all new meters report by radio; the experience of the pilot in "
            "Val-d’Orée is described in the briefing to the valley council.",
            BODY,
        ),
    ]


def _investment(column: float) -> list[Flowable]:
    rows = [["Project", "Budget (€)", "Spent (€)", "In service"], *(list(row) for row in WORKS)]
    widths = [0.49, 0.17, 0.17, 0.17]
    accounts = [["", "2024 (€ million)", "2025 (€ million)"], *(list(row) for row in ACCOUNTS)]
    return [
        Paragraph("4  Investment", HEADING),
        Paragraph(
            "We spent 5.52 million euros on new works, 2.5 per cent less than planned. One project cost more than its "
            "budget: at the Søndrevik intake the foundations of the ultraviolet building had to be piled.",
            BODY,
        ),
        KeepTogether(
            [
                Table(rows, colWidths=[share * column for share in widths], style=ruled_table(1)),
                Paragraph("Table 3. Works of more than 150,000 euros.", CAPTION),
            ]
        ),
        Paragraph("5  Finance", HEADING),
        Paragraph(
            "The surplus of 870,000 euros goes into the renewal reserve, which now holds 6.3 million. The board proposes to leave the price of water unchanged in 2026 and to "
            "raise the standing charge by 20 cents a month.",
            BODY,
        ),
        KeepTogether(
            [
                Table(
                    accounts, colWidths=[0.5 * column, 0.25 * column, 0.25 * column], style=ruled_table(1, total=True)
                ),
                Paragraph("Table 4. Income and expenditure.", CAPTION),
            ]
        ),
        Paragraph("6  Outlook", HEADING),
        Paragraph(
            "In 2026 we begin to renew the 41 kilometres of cast-iron main in the lower valley, at a rate of seven "
            "kilometres a year. A second treatment line at Mühlgrund is in planning. And we shall find out whether the "
            "desman, seen below the weir at Søndrevik in September, means to stay.",
            BODY,
        ),
        Spacer(1, 10),
        Table(
            [
                [
                    Paragraph(
                        "<b>Tarnholt Valley Water</b>, 4 Weir Lane, Tarnholt. Editor: Jürgen Weißenbach. The utility, its "
                        "valley and everybody named in this report are invented.",
                        CAPTION,
                    )
                ]
            ],
            colWidths=[column],
            style=[("LINEABOVE", (0, 0), (-1, 0), 0.6, RULE), ("LEFTPADDING", (0, 0), (-1, -1), 0)],
        ),
    ]
