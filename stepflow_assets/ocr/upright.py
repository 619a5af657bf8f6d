"""A page's picture turned upright and straight, for engines that read along pixel rows, and the way back for what they found.

Tesseract loses most of a page that is turned and more and more of one that is skewed (notes/ocr 2.5); a recogniser that
follows the lines itself does not need this.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

Pixels = Any  # numpy array, height x width, uint8
Point = tuple[float, float]

_LOOK = 1000  # pixels on the long side: enough to see lines of text
_WIDEST = 8.0  # degrees that are looked for
_COARSE, _FINE = 0.5, 0.1
_STRAIGHT = 0.3  # degrees below which nothing is gained by turning
_CLEARER = 1.15  # times as clear as the picture as it is
_FEET = 15_000  # are looked at
_FEW = 50  # say nothing


@dataclass(frozen=True)
class Upright:
    """``pixels`` to read; ``turned`` degrees (quarter turns) and ``skew`` degrees, both counter-clockwise, that it took."""

    pixels: Pixels
    turned: int
    skew: float
    _back: tuple[tuple[float, float, float], tuple[float, float, float]]

    def back(self, point: Point) -> Point:
        """A point of ``pixels`` as a point of the picture that was given."""
        (a, b, c), (d, e, f) = self._back
        x, y = point
        return a * x + b * y + c, d * x + e * y + f


def upright(picture: Pixels, quarter_turns: int) -> Upright:
    """The picture after so many quarter turns counter-clockwise, and then its own skew."""
    turned = np.ascontiguousarray(np.rot90(picture, quarter_turns))
    height, width = picture.shape[:2]
    back = _QUARTERS[quarter_turns % 4](width, height)
    skew = skew_of(turned)
    if abs(skew) < _STRAIGHT:
        return Upright(turned, 90 * (quarter_turns % 4), 0.0, back)
    straight, onto = straightened(turned, skew)
    return Upright(straight, 90 * (quarter_turns % 4), skew, _after(back, cv2.invertAffineTransform(onto)))


def lies_sideways(picture: Pixels) -> bool:
    """Whether the lines of text run along the columns of pixels: then the edges of letters stand in line there."""
    ink = _ink(_small(picture))
    (ys, xs), (sideways_ys, sideways_xs) = _feet(ink), _feet(ink.T)
    if min(len(xs), len(sideways_xs)) < _FEW:
        return False
    upright = _clearness(xs, ys, 0.0) * ink.shape[0] / len(xs) ** 2
    sideways = _clearness(sideways_xs, sideways_ys, 0.0) * ink.shape[1] / len(sideways_xs) ** 2
    return bool(sideways > _CLEARER * upright)


def skew_of(picture: Pixels) -> float:
    """Degrees, counter-clockwise, by which the picture has to be turned so that its lines lie along the pixel rows.

    The feet of letters stand on few rows then: the angle at which they do so most clearly is taken.
    """
    ys, xs = _feet(_ink(_small(picture)))
    if len(xs) < _FEW:
        return 0.0
    coarse = max(np.arange(-_WIDEST, _WIDEST + _COARSE / 2, _COARSE), key=lambda angle: _clearness(xs, ys, angle))
    near = np.arange(coarse - _COARSE, coarse + _COARSE + _FINE / 2, _FINE)
    best = float(max(near, key=lambda angle: _clearness(xs, ys, angle)))
    clearer = _clearness(xs, ys, best) > _CLEARER * _clearness(xs, ys, 0.0)
    return round(best, 2) if clearer else 0.0


def _small(picture: Pixels) -> Pixels:
    scale = _LOOK / max(picture.shape[:2])
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else picture


def _ink(picture: Pixels) -> Any:
    if min(picture.shape[:2]) < 3:
        return np.zeros(picture.shape[:2], bool)
    return cv2.adaptiveThreshold(picture, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 31, 15) > 0


def _feet(ink: Any) -> tuple[Any, Any]:
    """Rows and columns of dark pixels with light below."""
    ys, xs = np.nonzero(ink[:-1] > ink[1:])
    step = max(1, len(xs) // _FEET)
    return ys[::step].astype(np.float64), xs[::step].astype(np.float64)


def _clearness(xs: Any, ys: Any, angle: float) -> float:
    """Sum of squares over rows of the feet that stand on each."""
    radians = math.radians(angle)
    rows = ys * math.cos(radians) - xs * math.sin(radians)
    counts = np.bincount((rows - rows.min()).astype(np.int64))
    return float(np.square(counts.astype(np.float64)).sum())


def straightened(picture: Pixels, skew: float) -> tuple[Pixels, Any]:
    """Turned counter-clockwise on a canvas that holds all of it, and the transform that did it."""
    height, width = picture.shape[:2]
    onto = cv2.getRotationMatrix2D((width / 2, height / 2), skew, 1.0)
    cosine, sine = abs(onto[0, 0]), abs(onto[0, 1])
    new_width, new_height = math.ceil(width * cosine + height * sine), math.ceil(width * sine + height * cosine)
    onto[0, 2] += (new_width - width) / 2
    onto[1, 2] += (new_height - height) / 2
    paper = float(np.median(picture))
    straight = cv2.warpAffine(
        picture, onto, (new_width, new_height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=paper
    )
    return straight, onto


def _after(outer: Any, inner: Any) -> Any:
    """First ``inner``, then ``outer``."""
    whole = np.vstack([np.asarray(outer), [0, 0, 1]]) @ np.vstack([inner, [0, 0, 1]])
    return tuple(tuple(float(value) for value in row) for row in whole[:2])


_QUARTERS = {
    0: lambda width, height: ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
    1: lambda width, height: ((0.0, -1.0, float(width)), (1.0, 0.0, 0.0)),
    2: lambda width, height: ((-1.0, 0.0, float(width)), (0.0, -1.0, float(height))),
    3: lambda width, height: ((0.0, 1.0, 0.0), (-1.0, 0.0, float(height))),
}
