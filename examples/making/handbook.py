"""emergency-handbook.docx: headings of two levels, paragraphs, lists and a table."""

from __future__ import annotations

import io
from pathlib import Path

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.table import _Cell

from making.packages import WRITTEN, save

DEEP = RGBColor(0x0B, 0x4F, 0x6C)

TEXT: list[tuple[str, str]] = [
    ("Heading 1", "1  When this handbook applies"),
    (
        "Normal",
        (
            "An emergency is any event that leaves more than 200 connections without water for more than four hours, or that "
            "may have made the water unsafe to drink. Whoever notices it first calls the control room; nobody waits for a "
            "superior."
        ),
    ),
    ("Heading 1", "2  The first hour"),
    ("List Number", "The control room notes the time, the caller and the place, and alerts the officer on duty."),
    (
        "List Number",
        "The officer on duty decides within fifteen minutes whether this is an emergency, alone and finally.",
    ),
    ("List Number", "Valves are closed from the outside inwards, and every closed valve is written on the wall map."),
    (
        "List Number",
        "Hospitals, the dialysis centre in Tarnholt and the dairy are telephoned before the public is told.",
    ),
    ("Heading 1", "3  Loss of supply"),
    (
        "Normal",
        (
            "The two tankers hold 9,000 litres each. They serve care homes first and street corners second. After the burst "
            "under Weir Lane it turned out that nobody knew who had the keys; since then they hang in the gate house at "
            "Kestrel Ridge, in the red box."
        ),
    ),
    ("Heading 2", "How much water to bring"),
    (
        "Normal",
        (
            "Plan three litres of drinking water for each person and day, and twenty litres for a cow. A tanker that stands "
            "still serves about 300 households an hour."
        ),
    ),
    ("Heading 1", "4  Contamination"),
    (
        "Normal",
        (
            "If a sample contains E. coli, boil-water advice is given at once for the whole pressure zone; a second sample is "
            "taken, but not waited for. The advice says: let the water boil for one minute, then let it cool covered."
        ),
    ),
    ("Heading 2", "Lifting the advice"),
    (
        "Normal",
        (
            "Boil-water advice is lifted when three samples in a row are clear, taken at least eighteen hours apart at the same "
            "three points. The health officer of the valley signs; the utility alone may not lift it."
        ),
    ),
    ("Heading 2", "Chlorine"),
    (
        "Normal",
        (
            "Emergency chlorination aims at 0.3 milligrams per litre at the farthest tap. Above 0.6 the dairy stops production "
            "and must be warned."
        ),
    ),
    ("Heading 1", "5  Who to call"),
]
CALLS = [
    ("Role", "Name", "Extension"),
    ("Control room", "day and night", "100"),
    ("Officer on duty", "by roster", "112"),
    ("Laboratory", "Tomás Oquendo", "240"),
    ("Communication", "Jürgen Weißenbach", "318"),
    ("Health officer of the valley", "Dr. Åsa Lindqvist-Ferrand", "via control room"),
]
AFTER = (
    "Revised in March 2025 after the burst under Weir Lane. Next revision: March 2027. Paper copies hang in every pumping "
    "station; this file is the original."
)


def make(path: Path) -> None:
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.5)
    _styles(document)
    document.add_paragraph("Emergency Handbook", style="Title")
    document.add_paragraph("Tarnholt Valley Water, network operations", style="Subtitle")
    for style, text in TEXT:
        document.add_paragraph(text, style=style)
    _table(document)
    document.add_paragraph("")
    document.add_paragraph(AFTER)
    properties = document.core_properties
    properties.title, properties.author = "Emergency Handbook", "Tarnholt Valley Water"
    properties.created = properties.modified = WRITTEN
    properties.last_modified_by = ""
    buffer = io.BytesIO()
    document.save(buffer)
    save(buffer.getvalue(), path)


def _styles(document: Document) -> None:  # type: ignore[valid-type]
    for name, size in (("Normal", 11), ("Title", 28), ("Subtitle", 13), ("Heading 1", 15), ("Heading 2", 12)):
        style = document.styles[name]  # type: ignore[attr-defined]
        style.font.name, style.font.size = "Calibri", Pt(size)
        if name != "Normal":
            style.font.color.rgb = DEEP
        style.paragraph_format.space_after = Pt(6)


def _table(document: Document) -> None:  # type: ignore[valid-type]
    table = document.add_table(rows=0, cols=3)  # type: ignore[attr-defined]
    table.style, table.alignment = "Table Grid", WD_TABLE_ALIGNMENT.CENTER
    for number, row in enumerate(CALLS):
        cells = table.add_row().cells
        for cell, text in zip(cells, row, strict=True):
            cell.text = text
            if number == 0:
                _shade(cell)
                cell.paragraphs[0].runs[0].font.bold = True


def _shade(cell: _Cell) -> None:
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", "E9F3F7")):
        shade.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shade)
