"""Marking a place on a picture: the text stays legible under a light tint, one line runs around neighbouring boxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stepflow_assets.evidence.fonts import Colour

if TYPE_CHECKING:
    from PIL.Image import Image

Polygon = Sequence[tuple[float, float]]

TINT: Colour = (255, 236, 130)
OUTLINE: Colour = (209, 52, 20)
GAP = 2  # pixels between box and outline
BRIDGE = 5  # boxes closer than twice that share one outline
THICKNESS = 2


def mark(picture: Image, polygons: Sequence[Polygon]) -> None:
    """Tint the polygons (pixel coordinates) and outline them, in place."""
    from PIL import Image as Images
    from PIL import ImageChops, ImageDraw, ImageFilter

    if not polygons:
        return
    reach = BRIDGE + THICKNESS + 1
    left = max(0, int(min(x for polygon in polygons for x, _ in polygon)) - reach)
    top = max(0, int(min(y for polygon in polygons for _, y in polygon)) - reach)
    right = min(picture.width, int(max(x for polygon in polygons for x, _ in polygon)) + reach + 1)
    bottom = min(picture.height, int(max(y for polygon in polygons for _, y in polygon)) + reach + 1)
    if left >= right or top >= bottom:
        return
    box = (left, top, right, bottom)
    mask = Images.new("L", (right - left, bottom - top), 0)
    pen = ImageDraw.Draw(mask)
    for polygon in polygons:
        pen.polygon([(x - left, y - top) for x, y in polygon], fill=255, outline=255)
    part = picture.crop(box)
    tinted = ImageChops.multiply(part, Images.new("RGB", part.size, TINT))
    part.paste(tinted, mask=mask)
    bridged = mask.filter(ImageFilter.MaxFilter(2 * BRIDGE + 1))
    near = bridged.filter(ImageFilter.MinFilter(2 * (BRIDGE - GAP) + 1))
    far = near.filter(ImageFilter.MaxFilter(2 * THICKNESS + 1))
    part.paste(OUTLINE, mask=ImageChops.subtract(far, near))
    picture.paste(part, box)
