"""photo.jpg: a notice pinned to a board, as someone would photograph it: askew, unevenly lit, a little soft."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pypdfium2
from PIL import Image, ImageFilter
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph

from making.style import DEEP, WATER

SIZE = (1200, 1600)
QUALITY = 74
_CORNERS = ((150, 118), (1075, 176), (1032, 1478), (92, 1395))  # of the sheet in the picture, clockwise
_PAPER = np.array([247.0, 245.0, 238.0])

WIDTH, HEIGHT = A4
_TEXT = ParagraphStyle("text", fontName="Helvetica", fontSize=20, leading=28, alignment=TA_LEFT, spaceAfter=14)
_WHEN = ParagraphStyle("when", parent=_TEXT, fontName="Helvetica-Bold", fontSize=26, leading=34)
PARAGRAPHS = (
    (_WHEN, "Tuesday 17 March 2026<br/>from 08:30 until about 14:00"),
    (
        _TEXT,
        "The supply to <b>Harbour Street, Quayside and Netmaker’s Yard</b> in Søndrevik will be interrupted while we connect the new main.",
    ),
    (
        _TEXT,
        "Please store drinking water the evening before. A tanker with drinking water stands at the <b>fish market</b> from 08:00; bring clean containers.",
    ),
    (_TEXT, "Afterwards let the cold tap run for two minutes. The water may look milky; that is air, and harmless."),
    (_TEXT, "Households with a dialysis patient: call us before 12 March, and we lay a temporary pipe."),
)


def make(path: Path) -> None:
    sheet = _sheet()
    photo = _light(_pinned(sheet, _board()))
    photo.filter(ImageFilter.GaussianBlur(0.6)).save(path, "JPEG", quality=QUALITY, optimize=True)


def _sheet() -> Image.Image:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    canvas.setFillColor(DEEP)
    canvas.rect(0, HEIGHT - 62 * mm, WIDTH, 62 * mm, stroke=0, fill=1)
    canvas.setFillColor(WATER)
    canvas.rect(0, HEIGHT - 65 * mm, WIDTH, 3 * mm, stroke=0, fill=1)
    canvas.setFillColorRGB(1, 1, 1)
    canvas.setFont("Helvetica", 15)
    canvas.drawString(20 * mm, HEIGHT - 24 * mm, "Tarnholt Valley Water")
    canvas.setFont("Helvetica-Bold", 34)
    canvas.drawString(20 * mm, HEIGHT - 42 * mm, "No water")
    canvas.setFont("Helvetica", 19)
    canvas.drawString(20 * mm, HEIGHT - 54 * mm, "Planned interruption of supply")
    top = HEIGHT - 80 * mm
    canvas.setFillColorRGB(0, 0, 0)
    for style, text in PARAGRAPHS:
        words = Paragraph(text, style)
        _, tall = words.wrap(WIDTH - 40 * mm, HEIGHT)
        words.drawOn(canvas, 20 * mm, top - tall)
        top -= tall + style.spaceAfter
    canvas.setFillColor(DEEP)
    canvas.setFont("Helvetica-Bold", 18)
    canvas.drawString(20 * mm, 20 * mm, "Questions? 0555 0142, day and night")
    canvas.save()
    document = pypdfium2.PdfDocument(buffer.getvalue())
    try:
        return document[0].render(scale=2.2).to_pil().convert("RGB")
    finally:
        document.close()


def _board() -> Image.Image:
    """Cork: two sizes of grain."""
    random = np.random.default_rng(17)
    fine = random.normal(0, 16, (SIZE[1], SIZE[0]))
    coarse = np.asarray(
        Image.fromarray(random.normal(128, 50, (SIZE[1] // 7, SIZE[0] // 7)).clip(0, 255).astype(np.uint8)).resize(
            SIZE, Image.Resampling.BICUBIC
        ),
        dtype=np.float64,
    )
    grain = fine + (coarse - 128) * 0.35
    cork = np.stack([176 + grain, 132 + grain * 0.9, 88 + grain * 0.7], axis=-1)
    return Image.fromarray(cork.clip(0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.9))


def _pinned(sheet: Image.Image, board: Image.Image) -> Image.Image:
    tones = np.asarray(sheet, dtype=np.float64) / 255 * _PAPER
    warped = Image.fromarray(tones.astype(np.uint8)).transform(
        SIZE, Image.Transform.PERSPECTIVE, _coefficients(sheet.size), Image.Resampling.BICUBIC
    )
    mask = Image.new("L", sheet.size, 255).transform(
        SIZE, Image.Transform.PERSPECTIVE, _coefficients(sheet.size), Image.Resampling.BICUBIC
    )
    shadow = Image.new("L", SIZE, 0)
    shadow.paste(mask.point(lambda value: value * 0.55), (12, 16))
    board = Image.composite(Image.new("RGB", SIZE, (46, 30, 18)), board, shadow.filter(ImageFilter.GaussianBlur(11)))
    board.paste(warped, (0, 0), mask)
    board.paste(_pin(), (588, 134), _disc())
    return board


def _disc() -> Image.Image:
    axis = np.linspace(-1, 1, 48)
    return Image.fromarray(((np.hypot(*np.meshgrid(axis, axis)) < 0.92) * 255).astype(np.uint8))


def _pin() -> Image.Image:
    axis = np.linspace(-1, 1, 48)
    across, down = np.meshgrid(axis, axis)
    shine = np.clip(1.15 - np.hypot(across + 0.3, down + 0.35) * 0.75, 0.25, 1.2)
    return Image.fromarray(np.stack([215 * shine, 48 * shine, 40 * shine], axis=-1).clip(0, 255).astype(np.uint8))


def _coefficients(size: tuple[int, int]) -> list[float]:
    """Of the projection that lays a sheet of this size onto the corners (PIL maps from the result to the source)."""
    width, height = size
    rows, values = [], []
    for (x, y), (u, v) in zip(_CORNERS, ((0, 0), (width, 0), (width, height), (0, height)), strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return [float(number) for number in np.linalg.solve(np.array(rows, dtype=float), np.array(values, dtype=float))]


def _light(photo: Image.Image) -> Image.Image:
    """A window at the upper left, a shadow across the lower right corner, and the sensor's noise."""
    tones = np.asarray(photo, dtype=np.float64)
    down, across = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    bright = 1.08 - 0.42 * ((across / SIZE[0]) * 0.55 + (down / SIZE[1]) * 0.6)
    edge = (across - 760) * 0.8 + (down - 1330)
    bright *= 1 - 0.2 / (1 + np.exp(-edge / 45))
    warm = np.array([1.02, 1.0, 0.94])
    noise = np.random.default_rng(3).normal(0, 3.0, tones.shape)
    return Image.fromarray((tones * bright[..., None] * warm + noise).clip(0, 255).astype(np.uint8))
