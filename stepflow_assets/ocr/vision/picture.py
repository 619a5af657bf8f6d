"""A page's picture as a vision model gets it: PNG, and not larger than it may be."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from stepflow_assets.errors import ProviderError

_QUICK = 1  # compression: a level more saves a tenth of the bytes and costs as long as all the rest


@dataclass(frozen=True)
class PagePicture:
    """``width`` and ``height`` in pixels as sent; ``png`` the bytes as sent."""

    width: int
    height: int
    png: bytes

    @cached_property
    def image(self) -> Image.Image:
        return Image.open(io.BytesIO(self.png)).convert("RGB")


def page_picture(path: str, max_pixels: int) -> PagePicture:
    """The file as it is where it is a PNG that is small enough. Raises ProviderError when it cannot be decoded."""
    try:
        with Image.open(path) as image:
            pixels = image.width * image.height
            if image.format == "PNG" and pixels <= max_pixels:
                return PagePicture(image.width, image.height, Path(path).read_bytes())
            shown = image.convert("RGB")
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError):
        raise ProviderError("the page picture cannot be decoded", retryable=False) from None
    if pixels > max_pixels:
        scale = math.sqrt(max_pixels / pixels)
        size = max(1, int(shown.width * scale)), max(1, int(shown.height * scale))
        shown = shown.resize(size, Image.Resampling.LANCZOS)
    return PagePicture(shown.width, shown.height, png_of(shown))


def png_of(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=_QUICK)
    return buffer.getvalue()
