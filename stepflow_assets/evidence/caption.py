"""The strip under a picture: which place it shows, and whether it is a rendering or a drawing of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepflow_assets.evidence.fonts import Colour, Face
from stepflow_assets.evidence.text_lines import wrap

if TYPE_CHECKING:
    from PIL.Image import Image

INK: Colour = (40, 44, 52)
PALE: Colour = (128, 134, 145)
PAPER: Colour = (255, 255, 255)
STRIP: Colour = (240, 242, 245)
RULE: Colour = (198, 203, 210)
NARROWEST = 720  # pixels, so that the sentence has room under a small crop
_PADDING = 16


def with_caption(picture: Image, sentence: str, missing: set[str] | None = None) -> Image:
    """The picture with the sentence under it, and a note on characters that no font could draw."""
    from PIL import Image as Images
    from PIL import ImageDraw

    face = Face(18)
    if missing:
        count = f"{len(missing)} character{'s' if len(missing) > 1 else ''}"
        sentence = f"{sentence}  {count} shown as boxes: no installed font has them."
    width = max(picture.width, NARROWEST)
    lines = wrap(sentence, face, width - 2 * _PADDING)
    height = len(lines) * face.line_height + 2 * _PADDING
    whole = Images.new("RGB", (width, picture.height + height), PAPER)
    whole.paste(picture, (0, 0))
    pen = ImageDraw.Draw(whole)
    pen.rectangle((0, picture.height, width, picture.height + height), fill=STRIP)
    pen.line((0, picture.height, width, picture.height), fill=RULE)
    for index, line in enumerate(lines):
        y = picture.height + _PADDING + index * face.line_height
        face.draw(pen, (_PADDING, y), sentence[line.start : line.end], INK)
    return whole
