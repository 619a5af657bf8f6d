"""The calls that components send to workers of the ``pdf`` pool. Engines are loaded inside them, in the worker."""

from __future__ import annotations

from collections.abc import Sequence

from stepflow_assets.errors import PageError
from stepflow_assets.pages.page_bytes import PageBytes
from stepflow_assets.pages.profile import MOST_PICTURE_BYTES


def prepare_pages(
    path: str,
    format: str,
    pages: Sequence[int],
    passwords: Sequence[str],
    most_picture_bytes: int = MOST_PICTURE_BYTES,
) -> list[PageBytes | PageError]:
    """One entry per page number (from 1), in order; a page that cannot be prepared is its error. ``format``: pdf or image.

    Raises DocumentDamaged, DocumentEncrypted, DocumentTooLarge where the file itself is the problem.
    """
    from stepflow_assets.pages.reading import read_pages

    return read_pages(path, format, pages, passwords, most_picture_bytes)


def count_pages(path: str, format: str, passwords: Sequence[str]) -> int:
    """Pages of a PDF, frames of a TIFF, 1 for any other image. Raises DocumentDamaged, DocumentEncrypted."""
    from stepflow_assets.pages.reading import page_count

    return page_count(path, format, passwords)
