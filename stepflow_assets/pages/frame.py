"""The displayed page: its size in points and the map from PDF user space to 0..1, top-left origin.

PDFium does the mapping (``FPDF_PageToDevice``), so crop boxes and /Rotate come out right; it is affine, so three
points determine it and the rest is arithmetic.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium

_DEVICE = 1_000_000  # PageToDevice answers in whole pixels: this many keep six digits


@dataclass(frozen=True)
class PageFrame:
    """``width`` and ``height`` in points, as displayed; ``rotation`` is the page's /Rotate in degrees."""

    width: float
    height: float
    rotation: int
    _x: tuple[float, float, float]
    _y: tuple[float, float, float]

    @classmethod
    def of(cls, page: Any) -> PageFrame:
        """From an open FPDF_PAGE."""
        width, height = pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
        reach = max(width, height, 1.0)
        (ox, oy), (ax, ay), (bx, by) = (_device(page, *point) for point in ((0.0, 0.0), (reach, 0.0), (0.0, reach)))
        return cls(
            width,
            height,
            90 * pdfium.FPDFPage_GetRotation(page),
            ((ax - ox) / reach, (bx - ox) / reach, ox),
            ((ay - oy) / reach, (by - oy) / reach, oy),
        )

    def to_page(self, x: float, y: float) -> tuple[float, float]:
        """A point of user space on the displayed page; outside 0..1 where it is cropped away."""
        (a, b, c), (d, e, f) = self._x, self._y
        return a * x + b * y + c, d * x + e * y + f

    def box(self, left: float, bottom: float, right: float, top: float) -> tuple[float, float, float, float]:
        """(left, top, right, bottom) on the displayed page of a box in user space."""
        x0, y0 = self.to_page(left, bottom)
        x1, y1 = self.to_page(right, top)
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _device(page: Any, x: float, y: float) -> tuple[float, float]:
    dx, dy = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(page, 0, 0, _DEVICE, _DEVICE, 0, x, y, dx, dy)
    return dx.value / _DEVICE, dy.value / _DEVICE
