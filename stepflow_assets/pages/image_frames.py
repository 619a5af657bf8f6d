"""One frame of an image file as a page: upright, on white, in 8-bit colour or grey."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageOps

from stepflow_assets.pages import pictures
from stepflow_assets.pages.encoding import Encoded, encoded
from stepflow_assets.pages.opening import damaged_page, image_pages

_PLAUSIBLE_DPI = (50, 1200)
_USUAL_DPI = 96.0  # where the file says nothing believable
_SMALL_LONG_SIDE = 585  # an A4 page at 50 dpi
_ORIENTATION = 0x0112
_PASSED_ON = {"JPEG": ("L", "RGB"), "PNG": ("1", "L", "RGB")}


@dataclass(frozen=True)
class ImageFrame:
    """``width_pt`` and ``height_pt`` follow from the resolution the file names."""

    image: PIL.Image.Image
    width_pt: float
    height_pt: float
    original: Path | None

    def upright(self) -> PIL.Image.Image:
        return self.image

    def small_grey(self) -> np.ndarray[Any, np.dtype[np.uint8]]:
        grey = self.image.convert("L")
        grey.thumbnail((_SMALL_LONG_SIDE, _SMALL_LONG_SIDE), reducing_gap=2.0)
        return np.asarray(grey)

    @property
    def _picture_px(self) -> int:
        long_side, short_side = max(self.image.size), min(self.image.size)
        return round(pictures.fitted(long_side, short_side / long_side))

    def picture(self, most_bytes: int) -> Encoded:
        """The file itself where recognition can read it as it is; otherwise JPEG within the limits of pictures.

        Raises PageError ``page.too_large``."""
        long_side, wanted = max(self.image.size), self._picture_px
        if wanted < long_side:
            ratio = wanted / long_side
            size = (max(1, round(self.image.width * ratio)), max(1, round(self.image.height * ratio)))
            return encoded(self.image.resize(size, PIL.Image.Resampling.LANCZOS, reducing_gap=3.0), most_bytes)
        if self.original is not None and self.original.stat().st_size <= most_bytes:
            return Encoded(self.original.read_bytes(), long_side)
        return encoded(self.image, most_bytes)


def frame_of_image(opened: PIL.Image.Image, path: str, number: int) -> ImageFrame:
    """Frame ``number`` (from 1). Raises PageError ``page.damaged`` when its pixels cannot be decoded."""
    if not 1 <= number <= image_pages(opened):
        raise damaged_page(f"the image has no frame {number}")
    try:
        opened.seek(number - 1)
        opened.load()
        turned = PIL.ImageOps.exif_transpose(opened) or opened
        flat = _flat(turned)
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise damaged_page(f"its pixels cannot be decoded ({type(error).__name__})") from None
    dpi = _dpi(opened)
    return ImageFrame(
        flat,
        round(flat.width * pictures.POINTS_PER_INCH / dpi, 2),
        round(flat.height * pictures.POINTS_PER_INCH / dpi, 2),
        Path(path) if _readable_as_it_is(opened) else None,
    )


def _readable_as_it_is(opened: PIL.Image.Image) -> bool:
    turned = opened.getexif().get(_ORIENTATION, 1) != 1
    transparent = "transparency" in opened.info
    single = int(getattr(opened, "n_frames", 1)) == 1
    return single and not turned and not transparent and opened.mode in _PASSED_ON.get(opened.format or "", ())


def _flat(image: PIL.Image.Image) -> PIL.Image.Image:
    if image.mode.startswith(("I", "F")):  # more than 8 bits: spread what is used over 0..255
        values = np.asarray(image, dtype=np.float32)
        low, high = float(values.min()), float(values.max())
        scaled = (values - low) * (255.0 / (high - low)) if high > low else np.full_like(values, 255.0)
        return PIL.Image.fromarray(scaled.astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        layer = image.convert("RGBA")
        white = PIL.Image.new("RGBA", layer.size, "white")
        return PIL.Image.alpha_composite(white, layer).convert("RGB")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _dpi(image: PIL.Image.Image) -> float:
    given = image.info.get("dpi")
    try:
        value = float(given[0]) if given else 0.0
    except (TypeError, ValueError, ZeroDivisionError):  # TIFF rationals may be 0/0
        value = 0.0
    return value if _PLAUSIBLE_DPI[0] <= value <= _PLAUSIBLE_DPI[1] else _USUAL_DPI
