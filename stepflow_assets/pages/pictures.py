"""Pictures of pages: the small grey one that signals are read from, and the one that recognition reads.

The picture's long side is 1600–2400 px; a page that *is* an image keeps the image's own pixels (notes/ocr 2.5).
Colour is kept where there is any: recognition tells red on green apart, grey levels may not.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import PIL.Image
import pypdfium2.raw as pdfium

from stepflow_assets.pages.frame import PageFrame
from stepflow_assets.pages.images_on_page import PlacedImage

POINTS_PER_INCH = 72
SMALL_DPI = 50
_SMALL_SIDES = (64, 1000)
PICTURE_DPI = 150
LONG_SIDE = (1600, 2400)
FEWEST_NATIVE = 1100  # an A4 scan of 100 dpi; coarser images are enlarged (notes/ocr 2.5)
SHORT_SIDE = 1000  # a strip is not shrunk below this on its short side ...
MOST_PIXELS = 16_000_000  # ... unless that makes it bigger than this
_MOST_SIDE = 65_000  # pixels: JPEG counts to 65,535

Grey = np.ndarray[Any, np.dtype[np.uint8]]


def small_grey(page: Any, form: Any, frame: PageFrame) -> Grey:
    """Rows × columns at 50 dpi, white where nothing is drawn."""
    return _rendered(page, form, frame, _small_scale(frame), pdfium.FPDFBitmap_Gray)


def small_shape(frame: PageFrame) -> tuple[int, int]:
    """Rows and columns of :func:`small_grey`."""
    return _size(frame, _small_scale(frame))[::-1]


def _small_scale(frame: PageFrame) -> float:
    long_side = max(frame.width, frame.height, 1.0)
    return min(max(long_side * SMALL_DPI / POINTS_PER_INCH, _SMALL_SIDES[0]), _SMALL_SIDES[1]) / long_side


def colour_image(page: Any, form: Any, frame: PageFrame, scale: float) -> PIL.Image.Image:
    """The displayed page at ``scale`` pixels per point, RGB."""
    return PIL.Image.fromarray(_rendered(page, form, frame, scale, pdfium.FPDFBitmap_BGR))


def picture_scale(frame: PageFrame, images: Sequence[PlacedImage], covered: float) -> float:
    """Pixels per point of the picture that recognition reads."""
    long_side, short_side = max(frame.width, frame.height, 1.0), max(min(frame.width, frame.height), 1.0)
    native = _native_density(images) if covered >= 0.8 else None
    if native and native * long_side >= FEWEST_NATIVE:
        wanted = native * long_side
    else:
        wanted = max(PICTURE_DPI / POINTS_PER_INCH * long_side, LONG_SIDE[0])
    return fitted(wanted, short_side / long_side) / long_side


def fitted(long_side: float, aspect: float) -> float:
    """The long side in pixels within limits; ``aspect`` is short side over long side."""
    most = max(LONG_SIDE[1], SHORT_SIDE / aspect)
    return min(long_side, most, math.sqrt(MOST_PIXELS / aspect), _MOST_SIDE)


def _native_density(images: Sequence[PlacedImage]) -> float | None:
    """Pixels per point when the page's images, one or tiles of one, share a density."""
    big = [image.density for image in images if image.density > 0]
    if not big or max(big) > 1.1 * min(big):
        return None
    return max(big)


def _size(frame: PageFrame, scale: float) -> tuple[int, int]:
    """Width and height in pixels."""
    return max(1, round(frame.width * scale)), max(1, round(frame.height * scale))


def _rendered(page: Any, form: Any, frame: PageFrame, scale: float, layout: int) -> Grey:
    width, height = _size(frame, scale)
    channels = 1 if layout == pdfium.FPDFBitmap_Gray else 3
    stride = -(-width * channels // 4) * 4
    buffer = np.full((height, stride), 255, dtype=np.uint8)
    pointer = buffer.ctypes.data_as(ctypes.c_void_p)
    bitmap = pdfium.FPDFBitmap_CreateEx(width, height, layout, pointer, stride)
    flags = pdfium.FPDF_ANNOT | (pdfium.FPDF_GRAYSCALE if channels == 1 else pdfium.FPDF_REVERSE_BYTE_ORDER)
    try:
        pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, flags)
        if form:
            pdfium.FPDF_FFLDraw(form, bitmap, page, 0, 0, width, height, 0, flags)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)
    pixels = buffer[:, : width * channels]
    return pixels if channels == 1 else pixels.reshape(height, width, channels)
