"""A page that takes its worker down, or never ends: what native libraries do now and then, on demand."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from stepflow_assets.errors import PageError
from stepflow_assets.pages.page_bytes import PageBytes
from stepflow_assets.pages.prepare import prepare_pages

POISONED_PAGE = 2


def crash_on_page_2(
    path: str, format: str, pages: Sequence[int], passwords: Sequence[str]
) -> list[PageBytes | PageError]:
    if POISONED_PAGE in pages:
        os.abort()
    return prepare_pages(path, format, pages, passwords)


def hang_on_page_2(
    path: str, format: str, pages: Sequence[int], passwords: Sequence[str]
) -> list[PageBytes | PageError]:
    while POISONED_PAGE in pages:
        time.sleep(3600)
    return prepare_pages(path, format, pages, passwords)
