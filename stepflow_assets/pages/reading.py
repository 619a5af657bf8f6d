"""Reading pages of one file: text cells, signals, route, and the picture that recognition reads. Worker processes only."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import replace

import pypdfium2

from stepflow_assets.documents.page import Route
from stepflow_assets.errors import PageError
from stepflow_assets.pages import opening, pictures
from stepflow_assets.pages.appearance import appearance
from stepflow_assets.pages.cells import cells_of, to_json
from stepflow_assets.pages.encoding import encoded
from stepflow_assets.pages.form_fields import field_cells
from stepflow_assets.pages.frame import PageFrame
from stepflow_assets.pages.image_frames import frame_of_image
from stepflow_assets.pages.images_on_page import placed_images
from stepflow_assets.pages.page_bytes import PageBytes
from stepflow_assets.pages.profile import MOST_PICTURE_BYTES, render_profile
from stepflow_assets.pages.regions import only_regions, regions_of
from stepflow_assets.pages.route import needs_picture, route_of
from stepflow_assets.pages.signals import Box, ink_signals, text_signals
from stepflow_assets.pages.words import page_text, words_of


def read_pages(
    path: str,
    format: str,
    pages: Sequence[int],
    passwords: Sequence[str],
    most_picture_bytes: int = MOST_PICTURE_BYTES,
) -> list[PageBytes | PageError]:
    """One entry per page, in order; a page that cannot be prepared is its error. ``format``: pdf or image.

    Raises DocumentDamaged, DocumentEncrypted, DocumentTooLarge where the file itself is the problem.
    """
    prepared: list[PageBytes | PageError] = []
    for page in pages:
        began = time.perf_counter()
        try:
            if format == "image":
                found = _image_page(path, page, most_picture_bytes)
            else:
                found = _pdf_page(path, page, passwords, most_picture_bytes)
        except PageError as error:
            prepared.append(error)
        except pypdfium2.PdfiumError:
            prepared.append(opening.damaged_page("PDFium cannot read it"))
        else:
            prepared.append(replace(found, milliseconds=round((time.perf_counter() - began) * 1000, 2)))
    return prepared


def _pdf_page(path: str, number: int, passwords: Sequence[str], most_picture_bytes: int) -> PageBytes:
    opened = opening.open_pdf_page(opening.open_pdf(path, passwords), number)
    try:
        return _read(opened, number, most_picture_bytes)
    finally:
        opened.close()


def _read(opened: opening.PdfPage, number: int, most_picture_bytes: int) -> PageBytes:
    frame = PageFrame.of(opened.page)
    text = page_text(opened.textpage)
    cells = cells_of(words_of(opened.textpage, text), frame)
    cells += field_cells(opened.page, opened.form, frame)
    boxes, images = [cell.box for cell in cells], placed_images(opened.page)
    seen = appearance(opened, frame, text_signals(opened.textpage, text), boxes, images)
    signals = seen.signals
    route, reason = route_of(signals)
    regions: tuple[Box, ...] = ()
    if route is Route.HYBRID:
        regions = regions_of(seen.grey, boxes, [frame.box(*image.box) for image in images])
    picture = None
    if needs_picture(route):
        scale = pictures.picture_scale(frame, images, signals["cov"])
        shown = pictures.colour_image(opened.page, opened.form, frame, scale)
        picture = encoded(only_regions(shown, regions, boxes) if regions else shown, most_picture_bytes)
        signals = {**signals, **picture.signals}
    cells_json = to_json(cells) if cells else None
    looks = hashlib.sha256(picture.data).digest() if picture else seen.digest
    if regions:  # the picture does not show all of the page
        looks = hashlib.sha256(looks + seen.digest).digest()
    return PageBytes(
        page=number,
        page_id=page_id(looks, cells_json, frame.width, frame.height),
        width_pt=round(frame.width, 2),
        height_pt=round(frame.height, 2),
        rotation=frame.rotation,
        route=route.value,
        reason=reason,
        signals=signals,
        cells=cells_json,
        picture=picture.data if picture else None,
        picture_px=picture.long_side if picture else 0,
        regions=regions,
    )


def _image_page(path: str, number: int, most_picture_bytes: int) -> PageBytes:
    frame = frame_of_image(opening.open_image(path), path, number)
    signals = {"chars": 0.0, **ink_signals(frame.small_grey(), [], [(0.0, 0.0, 1.0, 1.0)])}
    blank = signals["ink"] < 0.0008
    route, reason = ("blank", "an image without ink") if blank else ("ocr", "an image has no text layer")
    picture = frame.picture(most_picture_bytes)
    return PageBytes(
        page=number,
        page_id=page_id(hashlib.sha256(picture.data).digest(), None, frame.width_pt, frame.height_pt),
        width_pt=frame.width_pt,
        height_pt=frame.height_pt,
        rotation=0,
        route=route,
        reason=reason,
        signals={**signals, **picture.signals},
        cells=None,
        picture=None if blank else picture.data,
        picture_px=0 if blank else picture.long_side,
    )


def page_id(picture: bytes, cells: bytes | None, width: float, height: float) -> str:
    """Names a page by its content: digest of its picture, text cells and size under the render profile."""
    digest = hashlib.sha256(f"{render_profile()}\0{width:.2f}x{height:.2f}\0".encode())
    digest.update(picture)
    digest.update(hashlib.sha256(cells or b"").digest())
    return digest.hexdigest()


def page_count(path: str, format: str, passwords: Sequence[str]) -> int:
    """Pages of a PDF, frames of a TIFF, 1 for any other image. Raises DocumentDamaged, DocumentEncrypted."""
    if format == "image":
        return opening.image_pages(opening.open_image(path))
    return len(opening.open_pdf(path, passwords))
