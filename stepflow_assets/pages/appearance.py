"""What a page looks like, at 50 dpi: the ink signals of its route, and a digest that tells it from any other page.

Photographs are most of the cost, and where a text layer is complete they decide nothing. Such a page is drawn without
them, and the bytes they are stored as take their place in the digest. Whatever they show, its route is the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stepflow_assets.pages import pictures
from stepflow_assets.pages.frame import PageFrame
from stepflow_assets.pages.images_on_page import PlacedImage, left_out, refuse_huge, stored_content
from stepflow_assets.pages.opening import PdfPage
from stepflow_assets.pages.route import is_text_whatever_pictures_show
from stepflow_assets.pages.signals import Box, Grey, coverage, has_plain_ground, ink_signals

_NOTHING_ODD = {"ink": 0.0, "unx": 0.0, "unx_noimg": 0.0}


@dataclass(frozen=True)
class Appearance:
    """``signals`` are the text's and the ink's together; ``grey`` is the small picture they were read from."""

    signals: dict[str, float]
    digest: bytes
    grey: Grey


def appearance(
    opened: PdfPage, frame: PageFrame, text: Mapping[str, float], boxes: Sequence[Box], images: Sequence[PlacedImage]
) -> Appearance:
    """``text`` are the signals of the text layer, ``boxes`` its cells on the displayed page. Raises PageError
    ``page.too_large`` where a picture that has to be looked at is too big to be."""
    placed = [frame.box(*image.box) for image in images]
    if images:
        covered = coverage(pictures.small_shape(frame), placed)
        if is_text_whatever_pictures_show({**text, "cov": covered, **_NOTHING_ODD}):
            found = _without_images(opened, frame, text, boxes, images)
            if found is not None:
                return found
    refuse_huge(images)
    grey = pictures.small_grey(opened.page, opened.form, frame)
    return Appearance({**text, **ink_signals(grey, boxes, placed)}, _digest(grey), grey)


def _without_images(
    opened: PdfPage, frame: PageFrame, text: Mapping[str, float], boxes: Sequence[Box], images: Sequence[PlacedImage]
) -> Appearance | None:
    """None where they have to be looked at after all."""
    content = stored_content(images)
    if content is None:
        return None
    with left_out(images):
        grey = pictures.small_grey(opened.page, opened.form, frame)
    placed = [frame.box(*image.box) for image in images]
    signals = {**text, **ink_signals(grey, boxes, placed, seen=False)}
    if not has_plain_ground(grey, placed) or not is_text_whatever_pictures_show(signals):
        return None
    return Appearance(signals, hashlib.sha256(_digest(grey) + content).digest(), grey)


def _digest(grey: Grey) -> bytes:
    return hashlib.sha256(str(grey.shape).encode() + grey.tobytes()).digest()
