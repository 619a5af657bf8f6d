"""Small office files for the tests, made on the spot."""

from __future__ import annotations

from pathlib import Path

import docx
import openpyxl
import pptx
from pptx.util import Emu


def word(file: Path) -> Path:
    document = docx.Document()
    document.add_heading("Annual report", 0)
    document.add_heading("Results", 1)
    paragraph = document.add_paragraph("Sales grew by ")
    paragraph.add_run("twelve percent").bold = True
    paragraph.add_run(", costs did not.")
    document.add_paragraph("first point", style="List Bullet")
    document.add_paragraph("second point", style="List Bullet")
    document.add_heading("Details", 2)
    table = document.add_table(rows=2, cols=2)
    for row, cells in enumerate((("Region", "Sales"), ("North", "17"))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    document.sections[0].header.paragraphs[0].text = "Confidential"
    document.save(str(file))
    return file


def slides(file: Path) -> Path:
    deck = pptx.Presentation()
    width, height = deck.slide_width, deck.slide_height
    for title, text in (("Opening", "Why we are here"), ("Plan", "What comes next")):
        slide = deck.slides.add_slide(deck.slide_layouts[5])
        slide.shapes.title.text = title
        box = slide.shapes.add_textbox(Emu(width // 4), Emu(height // 2), Emu(width // 2), Emu(height // 4))
        box.text_frame.text = text
    table = deck.slides[1].shapes.add_table(2, 2, Emu(0), Emu(height * 3 // 4), Emu(width), Emu(height // 4)).table
    for row, cells in enumerate((("Month", "Goal"), ("May", "40"))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    deck.save(str(file))
    return file


def slides_with_texts_beside_them(file: Path) -> Path:
    """Speaker notes, a shape that lies left of its slide, one of no height, and one that reaches over all edges."""
    deck = pptx.Presentation()
    width, height = deck.slide_width, deck.slide_height
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    slide.notes_slide.notes_text_frame.text = "Tell them about the budget"
    for text, box in (
        ("Left of the slide", (-width, 0, width // 2, height // 4)),
        ("Without height", (width // 4, height // 2, width // 2, 0)),
        ("Over all edges", (-width // 4, -height // 4, 2 * width, 2 * height)),
        ("On the slide", (width // 4, height // 4, width // 2, height // 4)),
    ):
        slide.shapes.add_textbox(*(Emu(value) for value in box)).text_frame.text = text
    deck.save(str(file))
    return file


def workbook(file: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Stock"
    for row, cells in enumerate((("Part", "Count"), ("bolt", 40), ("nut", 17)), start=3):
        for column, value in enumerate(cells, start=2):
            sheet.cell(row, column, value)
    sheet["H20"] = "counted in May"
    hidden = book.create_sheet("Hidden")
    hidden["A1"] = "nobody sees this"
    hidden.sheet_state = "hidden"
    other = book.create_sheet("Prices & more")
    other["A1"] = "bolt"
    other["B1"] = 0.25
    book.save(str(file))
    return file
