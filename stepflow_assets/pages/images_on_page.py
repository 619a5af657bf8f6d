"""Pictures placed on a PDF page, with those inside form XObjects: where they are and how many pixels they have."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium

_DEPTH = 5
_MOST_OBJECTS = 50_000  # a page of a million strokes is a drawing: what follows is not looked at

Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class PlacedImage:
    """``box`` is left, bottom, right, top in user space; ``density`` the picture's own pixels per point."""

    box: tuple[float, float, float, float]
    density: float


def placed_images(page: Any) -> list[PlacedImage]:
    return list(_images(page, pdfium.FPDFPage_CountObjects, pdfium.FPDFPage_GetObject, _IDENTITY, 0))


def _images(container: Any, count: Any, get: Any, outer: Matrix, depth: int) -> Iterator[PlacedImage]:
    for index in range(min(count(container), _MOST_OBJECTS)):
        item = get(container, index)
        kind = pdfium.FPDFPageObj_GetType(item)
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            yield _placed(item, _times(_matrix(item), outer))
        elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < _DEPTH:
            inner = _times(_matrix(item), outer)
            yield from _images(item, pdfium.FPDFFormObj_CountObjects, pdfium.FPDFFormObj_GetObject, inner, depth + 1)


def _placed(item: Any, matrix: Matrix) -> PlacedImage:
    """An image fills the unit square of its own space."""
    a, b, c, d, e, f = matrix
    xs, ys = (e, e + a, e + c, e + a + c), (f, f + b, f + d, f + b + d)
    width, height = ctypes.c_uint(), ctypes.c_uint()
    pdfium.FPDFImageObj_GetImagePixelSize(item, width, height)
    across, up = math.hypot(a, b), math.hypot(c, d)
    density = max(width.value / across if across else 0.0, height.value / up if up else 0.0)
    return PlacedImage((min(xs), min(ys), max(xs), max(ys)), density)


def _matrix(item: Any) -> Matrix:
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(item, matrix)
    return matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f


def _times(first: Matrix, then: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u
