"""Pictures placed on a PDF page, with those inside form XObjects: where they are, their pixels and their bytes.

Decoding a photograph costs more than everything else on its page together. Where the page's route does not depend on
what it shows, the page is drawn without it, and its stored bytes say which picture it is.
"""

from __future__ import annotations

import ctypes
import hashlib
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium

from stepflow_assets.pages.opening import MOST_IMAGE_PIXELS, too_large_page

_DEPTH = 5
_MOST_OBJECTS = 50_000  # a page of a million strokes is a drawing: what follows is not looked at
_FEWEST_BITS = 0.125  # stored, a pixel: fewer are an empty picture, whose mask draws what is seen

Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class PlacedImage:
    """``box`` is left, bottom, right, top in user space, ``matrix`` its unit square there; ``density`` its own pixels per
    point, ``pixels`` how many across and down; ``handle`` the open page object."""

    box: tuple[float, float, float, float]
    matrix: Matrix
    density: float
    pixels: tuple[int, int]
    handle: Any


def placed_images(page: Any) -> list[PlacedImage]:
    return list(_images(page, pdfium.FPDFPage_CountObjects, pdfium.FPDFPage_GetObject, _IDENTITY, 0))


@contextmanager
def left_out(images: Sequence[PlacedImage]) -> Iterator[None]:
    """Inside, PDFium draws the page without these images and does not decode them."""
    try:
        for image in images:
            pdfium.FPDFPageObj_SetIsActive(image.handle, False)
        yield
    finally:
        for image in images:
            pdfium.FPDFPageObj_SetIsActive(image.handle, True)


def refuse_huge(images: Sequence[PlacedImage]) -> None:
    """Raises PageError ``page.too_large`` for pixels that PDFium would need a gigabyte for: a few bytes can ask for that."""
    for image in images:
        width, height = image.pixels
        if width * height > MOST_IMAGE_PIXELS:
            raise too_large_page(f"it shows an image of {width} × {height} pixels")


def stored_content(images: Sequence[PlacedImage]) -> bytes | None:
    """A digest of which pictures stand where, from their bytes as they are stored. None where these do not tell: what
    an image of one colour shows is its mask, and PDFium gives no access to that one's bytes."""
    digest = hashlib.sha256()
    for image in images:
        data = _stored_bytes(image.handle)
        width, height = image.pixels
        if 8 * len(data) < _FEWEST_BITS * width * height or not data:
            return None
        place = ",".join(f"{number:.2f}" for number in image.matrix)
        digest.update(f"{place} {width}x{height} {_filters(image.handle)}\0".encode())
        digest.update(hashlib.sha256(data).digest())
    return digest.digest()


def _stored_bytes(item: Any) -> bytes:
    size = pdfium.FPDFImageObj_GetImageDataRaw(item, None, 0)
    buffer = ctypes.create_string_buffer(size)
    pdfium.FPDFImageObj_GetImageDataRaw(item, buffer, size)
    return buffer.raw


def _filters(item: Any) -> str:
    names = []
    for index in range(pdfium.FPDFImageObj_GetImageFilterCount(item)):
        name = ctypes.create_string_buffer(64)
        pdfium.FPDFImageObj_GetImageFilter(item, index, name, len(name))
        names.append(name.value.decode("latin-1"))
    return "+".join(names)


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
    box = (min(xs), min(ys), max(xs), max(ys))
    return PlacedImage(box, matrix, density, (width.value, height.value), item)


def _matrix(item: Any) -> Matrix:
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(item, matrix)
    return matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f


def _times(first: Matrix, then: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u
