"""Lines cut out of a page: upright pixels, and corners that remember where the text starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

Corners = tuple[tuple[float, float], ...]
"""Four points (x, y) in pixels, clockwise from where the text starts."""

_TALL = 1.5  # a box this much higher than wide holds a line that runs up or down …
_ONE_LETTER = 1.4  # … unless it is hardly higher than a line is thick: then it is a narrow letter, such as 1 or I


@dataclass(frozen=True)
class Crop:
    """``pixels`` show the line horizontally. ``tall``: it stands upright on the page."""

    pixels: Any
    corners: Corners
    tall: bool

    def overturned(self) -> Crop:
        """The same line read from the other end."""
        return Crop(np.ascontiguousarray(np.rot90(self.pixels, 2)), self.corners[2:] + self.corners[:2], self.tall)


def usual_thickness(boxes: Any) -> float:
    """Median of the shorter sides, in pixels: how thick a line is on this page, whichever way it runs."""
    return float(np.median(np.linalg.norm(boxes - np.roll(boxes, -1, axis=1), axis=2).min(axis=1)))


def cut(page: Any, box: Any, thickness: float) -> Crop | None:
    """The line in ``box`` (4 × 2, clockwise from its top left corner); None for a box without extent.

    ``thickness`` is that of a line of this page.
    """
    sides = np.linalg.norm(box - np.roll(box, -1, axis=0), axis=1)
    width, height = int(max(sides[0], sides[2])), int(max(sides[1], sides[3]))
    if width < 2 or height < 2:
        return None
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(box, target)
    pixels = cv2.warpPerspective(page, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE, flags=cv2.INTER_CUBIC)
    corners = tuple((float(x), float(y)) for x, y in box)
    if height < max(_TALL * width, _ONE_LETTER * thickness):
        return Crop(pixels, corners, False)
    return Crop(np.ascontiguousarray(np.rot90(pixels)), corners[1:] + corners[:1], True)


def turned_back(corners: Corners, turn: int, size: tuple[int, int]) -> Corners:
    """Points of a page that was turned ``turn`` quarters counter-clockwise, on the page of ``size`` (width, height)."""
    width, height = size
    match turn % 4:
        case 1:
            return tuple((width - y, x) for x, y in corners)
        case 2:
            return tuple((width - x, height - y) for x, y in corners)
        case 3:
            return tuple((y, height - x) for x, y in corners)
        case _:
            return corners
