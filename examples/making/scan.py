"""article-scan.pdf: the article as a scanner would deliver it, pictures only, and the slip bound with that copy."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pypdfium2
from PIL import Image, ImageFilter
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from making import article

DOTS_PER_INCH = 150
QUALITY = 52
_TURNS = (0.35, -0.45, 0.6)  # degrees: no page lies quite straight on the glass


def make(source: Path, path: Path) -> None:
    pages = [*_rendered(source.read_bytes()), *_rendered(article.correction())]
    canvas = Canvas(str(path), pagesize=A4, invariant=1)
    canvas.setTitle("Scan 0417")
    for number, page in enumerate(pages):
        canvas.drawImage(_jpeg(_scanned(page, number)), 0, 0, *A4)
        canvas.showPage()
    canvas.save()


def _rendered(data: bytes) -> list[Image.Image]:
    document = pypdfium2.PdfDocument(data)
    try:
        return [page.render(scale=DOTS_PER_INCH / 72, grayscale=True).to_pil() for page in document]
    finally:
        document.close()


def _scanned(page: Image.Image, number: int) -> Image.Image:
    turned = page.rotate(_TURNS[number % len(_TURNS)], resample=Image.Resampling.BICUBIC, fillcolor=255)
    softened = turned.filter(ImageFilter.GaussianBlur(0.45))
    tones = np.asarray(softened, dtype=np.float32)
    random = np.random.default_rng(417 + number)
    paper = 236 + 6 * np.linspace(0, 1, tones.shape[1], dtype=np.float32)[None, :]
    tones = 28 + tones * (paper - 28) / 255
    tones += random.normal(0, 2.2, tones.shape)
    specks = random.integers(0, [tones.shape[0] - 2, tones.shape[1] - 2], size=(60, 2))
    for top, left in specks:
        tones[top : top + 2, left : left + 2] -= 90
    tones[:, :9] *= np.linspace(0.72, 1, 9)[None, :]  # the shadow of the spine
    return Image.fromarray(np.clip(tones, 0, 255).astype(np.uint8))


def _jpeg(page: Image.Image) -> ImageReader:
    buffer = io.BytesIO()
    page.save(buffer, "JPEG", quality=QUALITY, optimize=True)
    buffer.seek(0)
    return ImageReader(buffer)
