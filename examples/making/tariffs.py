"""tariffs.xlsx: two sheets, each a table under a title."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.worksheet import Worksheet

from making.packages import WRITTEN, save

TARIFF_HEAD = (
    "Customer group",
    "Meter size",
    "Standing charge (€ per month)",
    "Water (€ per m³)",
    "Sewerage (€ per m³)",
)
TARIFFS = [
    ("Household", "20 mm", 7.70, 1.92, 2.35),
    ("Household, shared meter", "25 mm", 11.40, 1.92, 2.35),
    ("Business", "25 mm", 14.60, 1.86, 2.35),
    ("Business", "40 mm", 31.25, 1.81, 2.35),
    ("Farm", "25 mm", 12.10, 1.44, 0.00),
    ("Farm", "40 mm", 26.85, 1.38, 0.00),
    ("Standpipe for building sites", "50 mm", 48.00, 2.60, 2.35),
    ("Fire main", "80 mm", 19.90, 0.00, 0.00),
]
PLACE_HEAD = ("Place", "Households", "Businesses", "Farms", "Connections", "Lead pipes left")
PLACES = [
    ("Tarnholt", 21640, 1872, 96, 261),
    ("Søndrevik", 10915, 1040, 143, 22),
    ("Val-d’Orée", 6230, 311, 388, 4),
    ("Mühlgrund", 1021, 62, 17, 3),
    ("Upper valley and hamlets", 3968, 105, 512, 0),
]


def make(path: Path) -> None:
    book = Workbook()
    tariffs = book.active
    tariffs.title = "Tariffs 2026"
    _sheet(tariffs, "Tariffs from 1 January 2026, without value added tax", TARIFF_HEAD, TARIFFS, "0.00")
    places = book.create_sheet("Connections")
    rows = [(*row[:4], sum(row[1:4]), row[4]) for row in PLACES]
    total = ("Valley", *(sum(row[at] for row in rows) for at in range(1, 6)))
    _sheet(places, "Connections on 31 December 2025", PLACE_HEAD, [*rows, total], "#,##0")
    for cell in places[places.max_row]:
        cell.font = Font(name="Calibri", bold=True)
    book.properties.title, book.properties.creator = "Tariffs and connections", "Tarnholt Valley Water"
    book.properties.created = book.properties.modified = WRITTEN
    buffer = io.BytesIO()
    book.save(buffer)
    save(_undated(buffer.getvalue()), path)


def _sheet(sheet: Worksheet, title: str, head: Sequence[str], rows: Sequence[Sequence[object]], number: str) -> None:
    sheet["A1"] = title
    sheet["A1"].font = Font(name="Calibri", size=14, bold=True, color="0B4F6C")
    edge = Border(bottom=Side("thin", color="B9CDD6"))
    for column, text in enumerate(head, start=1):
        cell = sheet.cell(3, column, text)
        cell.font = Font(name="Calibri", bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="0B4F6C")
        cell.alignment = Alignment(wrap_text=True, vertical="center")
    for at, row in enumerate(rows, start=4):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(at, column, value)
            cell.border = edge
            if isinstance(value, int | float):
                cell.number_format = number
    sheet.column_dimensions["A"].width = 30
    for letter in "BCDEF"[: len(head) - 1]:
        sheet.column_dimensions[letter].width = 17
    sheet.row_dimensions[3].height = 32
    sheet.freeze_panes = "A4"


def _undated(data: bytes) -> bytes:
    """openpyxl writes the hour of saving into the properties, whatever they say."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w") as packed:
        for name in source.namelist():
            part = source.read(name)
            if name == "docProps/core.xml":
                stamp = WRITTEN.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
                part = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, part)
            packed.writestr(name, part)
    return target.getvalue()
