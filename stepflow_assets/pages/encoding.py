"""Pictures as JPEG, within a limit of bytes: what a recognition server accepts, and what is worth storing.

Where quality 92 is too much, quality goes first, then resolution step by step (notes/ocr 2.5: recognition hardly minds
either, down to 100 dpi and to quality 20).
"""

from __future__ import annotations

import io
import math
from typing import NamedTuple

import numpy as np
import PIL.Image

from stepflow_assets.pages.opening import too_large_page

QUALITY = 92
_LOW_QUALITY = 75
_SMALLER = 0.95  # of what the sizes of the two files let expect
_SMALLEST_SIDE = 1000  # pixels on the long side: below 100 dpi of an A4 page small print is lost
_COLOUR_TOLERANCE = 24


class Encoded(NamedTuple):
    """``scale``: pixels of what was given that are left on a side; ``quality`` of the JPEG."""

    data: bytes
    long_side: int
    scale: float = 1.0
    quality: int = QUALITY

    @property
    def signals(self) -> dict[str, float]:
        """What was given up for the limit; empty where nothing was."""
        if self.scale == 1.0 and self.quality == QUALITY:
            return {}
        return {"picture_scale": round(self.scale, 3), "picture_quality": float(self.quality)}


def encoded(image: PIL.Image.Image, most_bytes: int) -> Encoded:
    """JPEG, colour without subsampling, grey when there is no colour. The same pixels give the same bytes.

    Raises PageError ``page.too_large`` when even the smallest picture worth reading has more than ``most_bytes``.
    """
    if image.mode not in ("L", "RGB"):
        image = image.convert("RGB")
    if image.mode == "RGB" and not _has_colour(image):
        image = image.convert("L")
    whole = max(image.size)
    data = _jpeg(image, QUALITY)
    if len(data) <= most_bytes:
        return Encoded(data, whole)
    data = _jpeg(image, _LOW_QUALITY)
    side = whole
    while len(data) > most_bytes and side > _SMALLEST_SIDE:
        side = max(_SMALLEST_SIDE, int(side * min(0.9, _SMALLER * math.sqrt(most_bytes / len(data)))))
        data = _jpeg(_resized(image, side / whole), _LOW_QUALITY)
    if len(data) > most_bytes:
        raise too_large_page(f"its picture has {len(data)} bytes at {side} pixels, and {most_bytes} are allowed")
    return Encoded(data, side, side / whole, _LOW_QUALITY)


def _jpeg(image: PIL.Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, subsampling=0)
    return out.getvalue()


def _resized(image: PIL.Image.Image, scale: float) -> PIL.Image.Image:
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, PIL.Image.Resampling.LANCZOS, reducing_gap=3.0)


def _has_colour(image: PIL.Image.Image) -> bool:
    """From every third pixel both ways, in bytes: the plain way costs as much as rendering the page."""
    size = (max(1, image.width // 3), max(1, image.height // 3))
    red, green, blue = np.moveaxis(np.asarray(image.resize(size, PIL.Image.Resampling.NEAREST)), 2, 0)
    most, least = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
    return bool(np.count_nonzero(most - least > _COLOUR_TOLERANCE) > 0.0005 * most.size)
