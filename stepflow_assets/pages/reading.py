"""Reading pages of one file: text cells, signals, route, and the picture that recognition reads. Worker processes only."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import replace

import pypdfium2

from stepflow_assets.errors import PageError
from stepflow_assets.pages import opening, pictures
from stepflow_assets.pages.appearance import appearance
from stepflow_assets.pages.cells import cells_of, to_json
from stepflow_assets.pages.form_fields import field_cells
from stepflow_assets.pages.frame import PageFrame
from stepflow_assets.pages.image_frames import frame_of_image
from stepflow_assets.pages.images_on_page import placed_images
from stepflow_assets.pages.page_bytes import PageBytes
from stepflow_assets.pages.profile import render_profile
from stepflow_assets.pages.route import needs_picture, route_of
from stepflow_assets.pages.signals import ink_signals, text_signals
from stepflow_assets.pages.words import page_text, words_of


def read_pages(path: str, format: str, pages: Sequence[int], passwords: Sequence[str]) -> list[PageBytes | PageError]:
    """One entry per page, in order; a page that cannot be prepared is its error. ``format``: pdf or image.

    Raises DocumentDamaged, DocumentEncrypted, DocumentTooLarge where the file itself is the problem.
    """
    prepared: list[PageBytes | PageError] = []
    for page in pages:
        began = time.perf_counter()
        try:
            found = _image_page(path, page) if format == "image" else _pdf_page(path, page, passwords)
        except PageError as error:
            prepared.append(error)
        except pypdfium2.PdfiumError:
            prepared.append(opening.damaged_page("PDFium cannot read it"))
        else:
            prepared.append(replace(found, milliseconds=round((time.perf_counter() - began) * 1000, 2)))
    return prepared


def _pdf_page(path: str, number: int, passwords: Sequence[str]) -> PageBytes:
    opened = opening.open_pdf_page(opening.open_pdf(path, passwords), number)
    try:
        return _read(opened, number)
    finally:
        opened.close()


def _read(opened: opening.PdfPage, number: int) -> PageBytes:
    frame = PageFrame.of(opened.page)
    text = page_text(opened.textpage)
    cells = cells_of(words_of(opened.textpage, text), frame)
    cells += field_cells(opened.page, opened.form, frame)
    images = placed_images(opened.page)
    seen = appearance(opened, frame, text_signals(opened.textpage, text), [cell.box for cell in cells], images)
    signals = seen.signals
    route, reason = route_of(signals)
    picture, long_side = None, 0
    if needs_picture(route):
        scale = pictures.picture_scale(frame, images, signals["cov"])
        picture = pictures.page_picture(opened.page, opened.form, frame, scale)
        long_side = round(max(frame.width, frame.height) * scale)
    cells_json = to_json(cells) if cells else None
    looks = hashlib.sha256(picture).digest() if picture else seen.digest
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
        picture=picture,
        picture_px=long_side,
    )


def _image_page(path: str, number: int) -> PageBytes:
    frame = frame_of_image(opening.open_image(path), path, number)
    signals = {"chars": 0.0, **ink_signals(frame.small_grey(), [], [(0.0, 0.0, 1.0, 1.0)])}
    blank = signals["ink"] < 0.0008
    route, reason = ("blank", "an image without ink") if blank else ("ocr", "an image has no text layer")
    picture = frame.picture()
    return PageBytes(
        page=number,
        page_id=page_id(hashlib.sha256(picture).digest(), None, frame.width_pt, frame.height_pt),
        width_pt=frame.width_pt,
        height_pt=frame.height_pt,
        rotation=0,
        route=route,
        reason=reason,
        signals=signals,
        cells=None,
        picture=None if blank else picture,
        picture_px=0 if blank else frame.picture_px,
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
