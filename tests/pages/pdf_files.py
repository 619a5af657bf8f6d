"""Small PDFs and images for the tests, made on the spot."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import PIL.Image
import PIL.ImageDraw
import pypdfium2
from reportlab.lib.pagesizes import letter
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

LOREM = (
    "The quick brown fox is on the way to the river and it has been there for a long time, "
    "as the people of the town have told us about the animals that live in this forest. "
)


def pdf(file: Path, *pages: Callable[[Canvas], None], size: tuple[float, float] = letter, **options: object) -> Path:
    """One page for each drawing function."""
    canvas = Canvas(str(file), pagesize=size, invariant=1, **options)
    for draw in pages:
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return file


def line(text: str, x: float = 72, y: float = 700, *, size: float = 12, font: str = "Helvetica", angle: float = 0):
    """Draws one line of text; ``angle`` in degrees, counter-clockwise."""

    def draw(canvas: Canvas) -> None:
        written = canvas.beginText()
        written.setFont(font, size)
        cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        written.setTextTransform(cosine, sine, -sine, cosine, x, y)
        written.textOut(text)
        canvas.drawText(written)

    return draw


def lines(*texts: str, x: float = 72, top: float = 720, leading: float = 14, font: str = "Helvetica", size: float = 11):
    def draw(canvas: Canvas) -> None:
        for index, text in enumerate(texts):
            line(text, x, top - index * leading, font=font, size=size)(canvas)

    return draw


def article(words: int = 400) -> Callable[[Canvas], None]:
    """A page of running text."""
    whole = (LOREM * (words // 25 + 1)).split()[:words]
    return lines(*(" ".join(whole[start : start + 12]) for start in range(0, len(whole), 12)))


def together(*drawings: Callable[[Canvas], None]) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        for drawing in drawings:
            drawing(canvas)

    return draw


def picture(image: PIL.Image.Image, x: float = 0, y: float = 0, width: float = 612, height: float = 792):
    return lambda canvas: canvas.drawImage(ImageReader(image), x, y, width, height)


def scan(size: tuple[int, int] = (850, 1100), colour: str = "black") -> PIL.Image.Image:
    """A picture that looks like a page of text."""
    image = PIL.Image.new("RGB", size, "white")
    pen = PIL.ImageDraw.Draw(image)
    for row in range(60, size[1] - 60, 24):
        pen.text((60, row), LOREM[: size[0] // 8], fill=colour)
    return image


def changed(file: Path, number: int, change: Callable[[pypdfium2.PdfPage], None]) -> Path:
    """The same file after ``change`` to its page ``number`` (from 1): rotation, boxes."""
    document = pypdfium2.PdfDocument(file.read_bytes())
    change(document[number - 1])
    document.save(str(file))
    document.close()
    return file


def joined(file: Path, sources: Sequence[Path]) -> Path:
    document = pypdfium2.PdfDocument.new()
    for source in sources:
        opened = pypdfium2.PdfDocument(source)
        document.import_pages(opened)
        opened.close()
    document.save(str(file))
    document.close()
    return file


def image_bytes(image: PIL.Image.Image, format: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()
