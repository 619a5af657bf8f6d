"""Pictures of pages, drawn in the test: text set by reportlab, rendered by PDFium, turned and saved as PNG."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pypdfium2
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

LETTER = (
    "The keeper of the lighthouse wrote down the weather",
    "every morning at six, and again when the lamp was lit.",
    "On the third of March the wind turned to the north,",
    "and no boat left the harbour for eleven days.",
    "He counted 1482 ships in that year, four of them lost.",
    "The log was found in 1937 behind the oil store.",
)


def page(lines: Sequence[str] = LETTER, *, size: float = 14, width: float = 480, height: float = 360) -> Image.Image:
    """A page in points with these lines, at 144 dpi."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(width, height))
    canvas.setFont("Helvetica", size)
    for row, text in enumerate(lines):
        canvas.drawString(40, height - 60 - row * 1.6 * size, text)
    canvas.save()
    document = pypdfium2.PdfDocument(buffer.getvalue())
    return document[0].render(scale=2).to_pil().convert("RGB")


def saved(picture: Image.Image, folder: Path, name: str = "page.png") -> str:
    path = folder / name
    picture.save(path)
    return str(path)


def as_png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def photograph(width: int = 700, height: int = 500) -> Image.Image:
    """No text, but ink everywhere: soft shades as of a landscape."""
    picture = Image.radial_gradient("L").resize((width, height // 2))
    canvas = Image.new("L", (width, height), 255)
    canvas.paste(picture, (0, height // 4))
    return canvas.convert("RGB")
