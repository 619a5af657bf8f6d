"""The look of the example documents: colours, paragraph styles, tables."""

from __future__ import annotations

from reportlab.lib import colors
from reportlab.lib.enums import TA_JUSTIFY
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import TableStyle

DEEP = colors.HexColor("#0B4F6C")
WATER = colors.HexColor("#2A9DC4")
PALE = colors.HexColor("#E9F3F7")
INK = colors.HexColor("#22313A")
MUTED = colors.HexColor("#5B6B75")
RULE = colors.HexColor("#B9CDD6")

BODY = ParagraphStyle("body", fontName="Times-Roman", fontSize=11.2, leading=16.4, textColor=INK, spaceAfter=8)
JUSTIFIED = ParagraphStyle("justified", parent=BODY, fontSize=9.6, leading=12.6, alignment=TA_JUSTIFY, spaceAfter=5)
LEAD = ParagraphStyle("lead", parent=BODY, fontName="Times-Italic", fontSize=13, leading=19, textColor=DEEP)
HEADING = ParagraphStyle(
    "heading", fontName="Helvetica-Bold", fontSize=15, leading=19, textColor=DEEP, spaceBefore=14, spaceAfter=7
)
SUBHEADING = ParagraphStyle(
    "subheading", fontName="Helvetica-Bold", fontSize=11.2, leading=15, textColor=WATER, spaceBefore=9, spaceAfter=4
)
CAPTION = ParagraphStyle(
    "caption", fontName="Helvetica-Oblique", fontSize=8.5, leading=11, textColor=MUTED, spaceBefore=3, spaceAfter=9
)
CELL = ParagraphStyle("cell", fontName="Helvetica", fontSize=9.2, leading=11, textColor=INK)


def ruled_table(numbers_from: int, total: bool = False) -> TableStyle:
    """A printed table: head on a dark band, thin rules, numbers to the right from column ``numbers_from``."""
    commands: list[tuple[object, ...]] = [
        ("FONT", (0, 0), (-1, -1), "Helvetica", 9.2),
        ("FONT", (0, 0), (-1, 0), "Helvetica-Bold", 9.2),
        ("BACKGROUND", (0, 0), (-1, 0), DEEP),
        ("TEXTCOLOR", (0, 0), (-1, 0), colors.white),
        ("TEXTCOLOR", (0, 1), (-1, -1), INK),
        ("ALIGN", (numbers_from, 0), (-1, -1), "RIGHT"),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
        ("ROWBACKGROUNDS", (0, 1), (-1, -1), [colors.white, PALE]),
        ("TOPPADDING", (0, 0), (-1, -1), 5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
    ]
    if total:
        commands += [
            ("FONT", (0, -1), (-1, -1), "Helvetica-Bold", 9.2),
            ("LINEABOVE", (0, -1), (-1, -1), 1, DEEP),
        ]
    return TableStyle(commands)
